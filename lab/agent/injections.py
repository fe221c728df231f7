"""Faults by their kinds: prepared, injected with the undo registered first, healed."""

from __future__ import annotations

import importlib
import pkgutil
from typing import TYPE_CHECKING, Any, Callable, Dict, Iterable, Optional, Tuple

from lab.agent import faults
from lab.agent.nft import delete_our_tables

if TYPE_CHECKING:
    from lab.agent.fault import AgentFault, Host
    from lab.agent.undos import Undos


def kinds() -> Dict[str, Callable[..., AgentFault]]:
    """Return kind -> what makes such a fault, from the FAULTS of every file of the folder."""
    found: Dict[str, Callable[..., AgentFault]] = {}
    for module in pkgutil.iter_modules(faults.__path__, faults.__name__ + "."):
        found.update(importlib.import_module(module.name).FAULTS)
    return found


class Injections:
    """Injects faults on this node. A fresh agent first removes what a dead one has left."""

    def __init__(self, host: Host, undos: Undos) -> None:
        self._host = host
        self._undos = undos
        self._kinds = kinds()
        # undo -> kind, parameters, the fault, and the session that has prepared it
        self._prepared: Dict[str, Tuple[str, Dict[str, Any], AgentFault, Optional[str]]] = {}
        undos.ended = self._forget
        delete_our_tables()

    def _made(self, undo: str, kind: str, parameters: Dict[str, Any]) -> AgentFault:
        if kind not in self._kinds:
            raise ValueError("unknown fault " + kind)
        return self._kinds[kind](self._host, undo, **parameters)

    def prepare(self, undo: str, kind: str, parameters: Dict[str, Any], session: str) -> None:
        """Get a fault ready; `inject` of the same undo, kind and parameters fires it.

        It is let go of when the session ends before.
        """
        fault = self._made(undo, kind, parameters)
        with self._undos.lock:
            self._drop([undo])
            self._prepared[undo] = (kind, parameters, fault, session)
            fault.prepare()

    def inject(
        self,
        undo: str,
        kind: str,
        parameters: Dict[str, Any],
        session: Optional[str],
        for_s: Optional[float],
    ) -> Dict[str, Any]:
        """Do it; `session` owns the undo, the lab where that is None. Returns its times."""
        made = (kind, parameters, self._made(undo, kind, parameters), session)
        with self._undos.lock:
            prepared = self._prepared.get(undo, made)
            if prepared[:2] != made[:2]:
                raise ValueError(f"{undo} was prepared as {prepared[:2]}")
            fault = prepared[2]
            fault.check()
            self._undos.register(undo, fault.heal, session, for_s)
            self._prepared.pop(undo, None)
            return fault.inject()

    def heal(self, names: Optional[Iterable[str]] = None) -> Dict[str, Any]:
        """Undo the named faults, all when None; let go of those that were only prepared."""
        with self._undos.lock:
            self._drop(self._prepared if names is None else names)
            return self._undos.heal(names)

    def _forget(self, session: str) -> None:
        self._drop([undo for undo, one in self._prepared.items() if one[3] == session])

    def _drop(self, names: Iterable[str]) -> None:
        for name in list(names):
            if name in self._prepared:
                self._prepared.pop(name)[2].drop()
