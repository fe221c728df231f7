"""A number that a component had and another process gets, in a PID namespace of its own.

Prints what the agent's `Processes` report: whether it runs, and whether a kill hits the other.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, sys.argv[1])

from lab.agent.processes import Processes

processes = Processes(tempfile.mkdtemp())


def start_with(pid: int) -> subprocess.Popen[bytes]:
    Path("/proc/sys/kernel/ns_last_pid").write_text(str(pid - 1))
    return subprocess.Popen(["sleep", "1000"], start_new_session=True)


def wait_for_child(pid: int) -> None:
    """Kill the only process that is left of a group, and reap it, as its parent is gone."""
    children = Path(f"/proc/{os.getpid()}/task/{os.getpid()}/children").read_text().split()
    (child,) = [int(child) for child in children if os.getpgid(int(child)) == pid]
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)


def report_of(name: str, command: list[str]) -> dict[str, bool]:
    pid = processes.start(name, command)
    if name == "killed":
        processes.signal(name, "KILL")
    else:
        while processes.listing()[name]["exit_code"] is None:
            time.sleep(0.01)
        assert processes.listing()[name]["alive"], "its child is left"
        wait_for_child(pid)
    with start_with(pid) as other:
        assert other.pid == pid
        alive = processes.listing()[name]["alive"]
        try:
            processes.signal(name, "KILL")
            signalled = True
        except ValueError:
            signalled = False
        again = processes.start(name, ["sleep", "1000"])
        survives = other.poll() is None
        with contextlib.suppress(ValueError):
            processes.signal(name, "KILL")
        other.kill()
    return {
        "alive": alive,
        "signalled": signalled,
        "survives": survives,
        "started_again": again != pid,
    }


print(
    json.dumps(
        {
            "killed": report_of("killed", ["sleep", "1000"]),
            "ended unseen": report_of("ended unseen", ["sh", "-c", "sleep 1000 &"]),
        }
    )
)
