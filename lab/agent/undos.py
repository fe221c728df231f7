"""The undos of the faults that are injected, each with its owner and its expiry.

An undo belongs to a session (the fault is healed when the last channel of the session closes, or
when no request came on any of them for a while) or to the lab (it stays until it is healed by hand
or until its time is up).
"""

from __future__ import annotations

import subprocess
import threading
import time
from dataclasses import dataclass
from typing import Any, Callable, Dict, Iterable, List, Optional, Set

from lab.agent.refusal import RefusalError, answer_of

# What a wrong or impossible request may raise; none of these ends a thread of the agent.
FAILURES = (
    *(OSError, ValueError, LookupError, TypeError, AttributeError, OverflowError),
    subprocess.SubprocessError,
)
SILENCE_S = 10.0
POLL_S = 0.2


@dataclass
class Undo:
    """How a fault is undone, who owns it (a session, None: the lab), and when it expires."""

    heal: Callable[[], None]
    session: Optional[str]
    expires_s: Optional[float]


class Undos:
    """Undoes faults on request, and by itself those without an owner: the dead man's switch.

    `lock` is held during an injection, so that no fault is undone half-way. `session_ended` is
    called with every session that has ended, while the lock is held.
    """

    def __init__(self) -> None:
        self.lock = threading.RLock()
        self.session_ended: Callable[[str], None] = lambda _: None
        self._undos: Dict[str, Undo] = {}
        self._fired: Set[str] = set()
        # not `lock`: during a slow injection requests of every session still count
        self._sessions_lock = threading.Lock()
        self._sessions: Dict[int, str] = {}
        self._last_request_s: Dict[str, float] = {}
        threading.Thread(target=self._watch, daemon=True).start()

    def note_request(self, channel: int, session: str) -> None:
        """Note that a session is alive, and that a channel belongs to it."""
        with self._sessions_lock:
            self._last_request_s[session] = time.monotonic()
            self._sessions[channel] = session

    def channel_closed(self, channel: int) -> None:
        """Heal the faults of a session whose last channel has ended."""
        with self._sessions_lock:
            session = self._sessions.pop(channel, None)
            if session is None or session in self._sessions.values():
                return
            self._last_request_s.pop(session, None)
        self._end(session)

    def register(
        self, name: str, heal: Callable[[], None], session: Optional[str], for_s: Optional[float]
    ) -> None:
        """Keep the undo of a fault that is about to be injected.

        Raises ValueError for a name that is taken, and for a session without a request.
        """
        with self._sessions_lock:
            if session is not None and session not in self._last_request_s:
                raise RefusalError(
                    "session-gone", "nobody is here of session {session}", session=session
                )
        expires_s = None if for_s is None else time.monotonic() + for_s
        with self.lock:
            if name in self._undos:
                raise RefusalError("undo-exists", "{undo} is in already", undo=name)
            self._undos[name] = Undo(heal, session, expires_s)

    def heal(self, names: Optional[Iterable[str]] = None) -> Dict[str, Any]:
        """Undo the named faults (all when None), newest first; a failure does not stop the rest.

        `fired` names those that the dead man's switch had undone before.
        """
        with self.lock:
            wanted = [n for n in self._undos if names is None or n in names]
            fired = sorted(self._fired if names is None else self._fired.intersection(names))
            healed, errors = [], {}
            for name in reversed(wanted):
                try:
                    self._undos[name].heal()
                except FAILURES as error:
                    errors[name] = answer_of(error)
                else:
                    del self._undos[name]
                    healed.append(name)
            self._fired.difference_update(fired)
            return {"healed": healed, "errors": errors, "fired": fired, "at_s": time.monotonic()}

    def active(self) -> List[str]:
        """Return the names of the faults that are injected, oldest first."""
        with self.lock:
            return list(self._undos)

    def _end(self, session: str) -> None:
        with self.lock:
            self.session_ended(session)
            self._fire_switch([n for n, undo in self._undos.items() if undo.session == session])

    def _fire_switch(self, names: List[str]) -> None:
        if not names:
            return
        self._fired.update(self.heal(names)["healed"])
        for name in names:
            if name in self._undos:  # it failed: tried again, like an undo that has expired
                self._undos[name].expires_s = time.monotonic()

    def _silent(self) -> List[str]:
        """Return the sessions without a request for too long, each only once."""
        now_s = time.monotonic()
        with self._sessions_lock:
            silent = [s for s, last_s in self._last_request_s.items() if now_s - last_s > SILENCE_S]
            for session in silent:
                del self._last_request_s[session]
        return silent

    def _watch(self) -> None:
        while True:
            time.sleep(POLL_S)
            for session in self._silent():
                self._end(session)
            with self.lock:
                now_s = time.monotonic()
                self._fire_switch(
                    [n for n, u in self._undos.items() if u.expires_s and u.expires_s < now_s]
                )
