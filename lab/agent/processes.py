"""The components of one node, each a process group."""

import os
import signal
import subprocess
import threading
import time
from typing import Dict, List, Optional

SIGNALS = {"KILL": signal.SIGKILL, "STOP": signal.SIGSTOP, "CONT": signal.SIGCONT}


class Group:
    """One component: how it was started, and the group that runs now."""

    def __init__(self, argv: List[str], directory: str, log: str) -> None:
        self.argv = argv
        self.directory = directory
        self.log = log
        self.process: Optional[subprocess.Popen] = None

    def alive(self) -> bool:
        """Whether any process of the group is left (nginx's workers outlive their master)."""
        if self.process is None:
            return False
        self.process.poll()
        try:
            os.killpg(self.process.pid, 0)
        except ProcessLookupError:
            return False
        return True


class Processes:
    """Starts, signals and lists components by name."""

    def __init__(self, directory: str) -> None:
        self._directory = directory
        self._groups: Dict[str, Group] = {}
        self._lock = threading.RLock()

    def start(self, name: str, argv: Optional[List[str]] = None) -> Dict[str, object]:
        """Start a component, or start it again as it was; one that runs is left alone."""
        with self._lock:
            group = self._groups.get(name)
            if argv is not None and (group is None or not group.alive()):
                log = os.path.join(self._directory, "logs", name + ".log")
                group = self._groups[name] = Group(argv, self._directory, log)
            if group is None:
                raise ValueError("component %s was never started here" % name)
            if not group.alive():
                os.makedirs(os.path.dirname(group.log), exist_ok=True)
                with open(group.log, "ab") as log_file:
                    group.process = subprocess.Popen(
                        group.argv,
                        cwd=group.directory,
                        stdin=subprocess.DEVNULL,
                        stdout=log_file,
                        stderr=subprocess.STDOUT,
                        start_new_session=True,
                    )
            assert group.process is not None
            return {"pid": group.process.pid}

    def signal(self, name: str, signal_name: str) -> Dict[str, object]:
        """Signal the whole group; for KILL, wait until it is gone. Times are monotonic seconds."""
        with self._lock:
            group = self._groups.get(name)
            if group is None or group.process is None or not group.alive():
                raise ValueError("component %s does not run here" % name)
            sent_s = time.monotonic()
            os.killpg(group.process.pid, SIGNALS[signal_name])
            gone_s = None
            if signal_name == "KILL":
                while group.alive() and time.monotonic() < sent_s + 5:
                    time.sleep(0.002)
                gone_s = time.monotonic()
                if group.alive():
                    raise ValueError("component %s is still there 5 s after SIGKILL" % name)
            return {"sent_s": sent_s, "gone_s": gone_s}

    def restart_all(self) -> None:
        """Start again every component that was started before, as a booting host does."""
        with self._lock:
            for name in self._groups:
                self.start(name)

    def listing(self) -> Dict[str, object]:
        """Return the state of each component: pid, alive, exit code of its first process."""
        with self._lock:
            states = {}
            for name, group in self._groups.items():
                alive = group.alive()
                process = group.process
                states[name] = {
                    "alive": alive,
                    "pid": process.pid if process else None,
                    "exit_code": process.returncode if process else None,
                }
            return states
