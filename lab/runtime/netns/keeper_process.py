"""The keeper of a lab: as the process that starts it sees it, and as later commands find it.

It answers `ready` on its standard output, and ends with its standard input unless it is released.
"""

from __future__ import annotations

import os
import selectors
import subprocess
import time
from typing import TYPE_CHECKING

from lab.agent.supervision import RELEASE
from lab.errors import AgentError, CleanupError, RuntimeUnavailableError
from lab.owner_lock import hold
from lab.runtime.netns.keeper_identity import LOCK, is_locked, recorded, write_record
from lab.sentence import sentence

if TYPE_CHECKING:
    import socket
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from lab.runtime.netns.keeper_identity import ProcessIdentity
    from lab.sentence import Sentence

READY = "ready"
LOG = "keeper.log"
START_TIMEOUT_S = 60.0
END_TIMEOUT_S = 15.0
POLL_S = 0.02


class KeeperProcess:
    """The keeper of the lab in a directory, found by its lock and its record."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._process: subprocess.Popen[bytes] | None = None
        self._identity: ProcessIdentity | None = None  # where this process has started it

    def start(
        self,
        argv: Sequence[str],
        listeners: Iterable[socket.socket],
        environment: Mapping[str, str],
    ) -> None:
        """Start it with listeners that it inherits, and wait until it is ready.

        Raises RuntimeUnavailableError, after it has ended.
        """
        log_path = self._directory / LOG
        log_path.touch(mode=0o600)
        with log_path.open("ab") as log, os.fdopen(hold(self._directory / LOCK)) as lock:
            self._process = subprocess.Popen(
                argv,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                env=dict(environment),
                pass_fds=[lock.fileno(), *(listener.fileno() for listener in listeners)],
                start_new_session=True,
            )
            self._identity = write_record(self._directory, self._process.pid)
        self._await_ready(self._process)

    def _await_ready(self, process: subprocess.Popen[bytes]) -> None:
        assert process.stdout is not None
        line = b""
        # not select(), which takes no descriptor above 1023
        with selectors.DefaultSelector() as waiting:
            waiting.register(process.stdout, selectors.EVENT_READ)
            if waiting.select(START_TIMEOUT_S):
                line = process.stdout.readline()
        answer = line.decode(errors="replace").strip()
        if answer == READY:
            return
        output = answer + (self._directory / LOG).read_text(errors="replace")
        self.end()
        raise RuntimeUnavailableError(
            sentence(
                "keeper-did-not-start",
                "the keeper of the lab did not start: {output}",
                output=output.strip() or sentence("no-answer", "no answer"),
            )
        )

    def release(self) -> None:
        """Let it, and the lab, outlive this process. Raises AgentError."""
        assert self._process is not None
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(RELEASE)
            self._process.stdin.flush()
        except OSError as error:
            raise AgentError(
                sentence(
                    "node-not-released", "a node could not be released: {error}", error=str(error)
                )
            ) from error

    def runs(self) -> bool:
        """Whether it runs."""
        return is_locked(self._directory)

    def end(self) -> None:
        """Kill it, and wait until it is gone. Raises CleanupError."""
        identity = self._identity or recorded(self._directory)
        if self._process is not None and self._process.stdin is not None:
            self._process.stdin.close()  # a keeper that has no record yet ends with this
        until_s = time.monotonic() + END_TIMEOUT_S
        # a zombie counts as gone: its parent may be a command that still runs
        while (identity is not None and identity.runs()) or self.runs():
            if identity is not None:
                _kill(identity)
            if time.monotonic() > until_s:
                raise CleanupError(_still_there(identity))
            time.sleep(POLL_S)
        if self._process is not None:
            self._process.wait()
            if self._process.stdout is not None:
                self._process.stdout.close()


def _kill(outer: ProcessIdentity) -> None:
    """Kill a keeper: it is the child of `outer`, which ends with it, or `outer` itself."""
    try:
        if not outer.kill_children():
            outer.kill()
    except PermissionError as error:
        raise CleanupError(
            sentence("process-of-another", "process {pid} belongs to another user", pid=outer.pid)
        ) from error


def _still_there(keeper: ProcessIdentity | None) -> Sentence:
    if keeper is None or not keeper.runs():
        return sentence(
            "keeper-not-visible",
            "something holds {lock} of the lab, and no process that is visible here is its "
            "keeper; where the lab was made in a container, take it down from there",
            lock=LOCK,
        )
    return sentence(
        "keeper-survives",
        "still there {timeout_s:g} s after SIGKILL: process {pid} and "
        "below; they wait for the kernel, `halab gc` removes the rest when they are gone",
        timeout_s=END_TIMEOUT_S,
        pid=keeper.pid,
    )
