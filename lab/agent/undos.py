"""The undos of what is in, each held here with its owner and its expiry.

An undo belongs to the session that asked for it (it is healed when the last channel of that
session closes, or when none of them has said anything for a while) or to the lab (it stays until
it is healed by hand or until its time is up).
"""

from __future__ import annotations

import subprocess
import threading
import time
from dataclasses import dataclass
from typing import Any, Callable, Dict, Iterable, List, Optional, Set

# What a request that is wrong, or cannot be done, may end in; it ends no thread of the agent.
FAILURES = (
    *(OSError, ValueError, LookupError, TypeError, AttributeError, OverflowError),
    subprocess.SubprocessError,
)
SILENCE_S = 10.0
POLL_S = 0.2


@dataclass
class Undo:
    """One thing to be undone: how, for whom (a session, or None for the lab), until when."""

    heal: Callable[[], None]
    session: Optional[str]
    expires_s: Optional[float]


class Undos:
    """Undoes what it is asked to, and by itself what nobody holds any more: the dead man's switch.

    `lock` is held by who injects: nothing is undone half-way in. `ended` is told of every session
    that has ended, with the lock held.
    """

    def __init__(self) -> None:
        self.lock = threading.RLock()
        self.ended: Callable[[str], None] = lambda _: None
        self._undos: Dict[str, Undo] = {}
        self._fired: Set[str] = set()
        # a fault that takes long to inject must not keep anybody from being heard
        self._hearing = threading.Lock()
        self._sessions: Dict[int, str] = {}
        self._heard_s: Dict[str, float] = {}
        threading.Thread(target=self._watch, daemon=True).start()

    def heard(self, channel: int, session: str) -> None:
        """Note that a session is alive, and that a channel is one of it."""
        with self._hearing:
            self._heard_s[session] = time.monotonic()
            self._sessions[channel] = session

    def closed(self, channel: int) -> None:
        """Heal what belongs to a session whose last channel has ended."""
        with self._hearing:
            session = self._sessions.pop(channel, None)
            if session is None or session in self._sessions.values():
                return
            self._heard_s.pop(session, None)
        self._end(session)

    def register(
        self, name: str, heal: Callable[[], None], session: Optional[str], for_s: Optional[float]
    ) -> None:
        """Keep an undo, before what it undoes is done.

        Raises ValueError for a name that is taken, and for a session that was never heard.
        """
        with self._hearing:
            if session is not None and session not in self._heard_s:
                raise ValueError(f"nobody is here of session {session}")
        expires_s = None if for_s is None else time.monotonic() + for_s
        with self.lock:
            if name in self._undos:
                raise ValueError(f"{name} is in already")
            self._undos[name] = Undo(heal, session, expires_s)

    def heal(self, names: Optional[Iterable[str]] = None) -> Dict[str, Any]:
        """Undo the named faults (all when None), newest first; one that fails stops no other.

        `fired` names those that the dead man's switch had undone before anyone asked.
        """
        with self.lock:
            wanted = [n for n in self._undos if names is None or n in names]
            fired = sorted(self._fired if names is None else self._fired.intersection(names))
            healed, errors = [], {}
            for name in reversed(wanted):
                try:
                    self._undos[name].heal()
                except FAILURES as error:
                    errors[name] = str(error)
                else:
                    del self._undos[name]
                    healed.append(name)
            self._fired.difference_update(fired)
            return {"healed": healed, "errors": errors, "fired": fired, "at_s": time.monotonic()}

    def active(self) -> List[str]:
        """Return the names of the faults that are in, oldest first."""
        with self.lock:
            return list(self._undos)

    def _end(self, session: str) -> None:
        with self.lock:
            self.ended(session)
            self._fire_switch([n for n, undo in self._undos.items() if undo.session == session])

    def _fire_switch(self, names: List[str]) -> None:
        if not names:
            return
        self._fired.update(self.heal(names)["healed"])
        for name in names:
            if name in self._undos:  # it failed: tried again, as one whose time is up
                self._undos[name].expires_s = time.monotonic()

    def _silent(self) -> List[str]:
        """Return the sessions that have just been silent for too long."""
        now_s = time.monotonic()
        with self._hearing:
            silent = [s for s, heard_s in self._heard_s.items() if now_s - heard_s > SILENCE_S]
            for session in silent:
                del self._heard_s[session]
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
