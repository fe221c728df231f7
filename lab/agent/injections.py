"""Prepares, injects and heals faults; the undo is registered before the fault is injected."""

from __future__ import annotations

import importlib
import pkgutil
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Callable, Dict, Iterable, Optional

from lab.agent import faults
from lab.agent.nft import delete_our_tables

if TYPE_CHECKING:
    from lab.agent.fault import AgentFault, Host
    from lab.agent.undos import Undos


def agent_faults() -> Dict[str, Callable[..., AgentFault]]:
    """Return kind -> constructor of such faults, from the FAULTS of every file of the folder."""
    constructors: Dict[str, Callable[..., AgentFault]] = {}
    for module in pkgutil.iter_modules(faults.__path__, faults.__name__ + "."):
        constructors.update(importlib.import_module(module.name).FAULTS)
    return constructors


@dataclass(frozen=True)
class Prepared:
    """A fault that can be injected at once, and the session that has prepared it."""

    kind: str
    parameters: Dict[str, Any]
    fault: AgentFault
    session: Optional[str]


class Injections:
    """Injects faults on this node. A fresh agent first removes the rules of its predecessor."""

    def __init__(self, host: Host, undos: Undos) -> None:
        self._host = host
        self._undos = undos
        self._constructors = agent_faults()
        self._prepared: Dict[str, Prepared] = {}  # by the names of their undos
        undos.session_ended = self._drop_of_session
        delete_our_tables()

    def _new(self, undo: str, kind: str, parameters: Dict[str, Any]) -> AgentFault:
        if kind not in self._constructors:
            raise ValueError("unknown fault " + kind)
        return self._constructors[kind](self._host, undo, **parameters)

    def prepare(self, undo: str, kind: str, parameters: Dict[str, Any], session: str) -> None:
        """Prepare a fault; `inject` of the same undo, kind and parameters injects it.

        It is discarded when the session ends before that.
        """
        fault = self._new(undo, kind, parameters)
        with self._undos.lock:
            self._drop([undo])
            self._prepared[undo] = Prepared(kind, parameters, fault, session)
            fault.prepare()

    def inject(
        self,
        undo: str,
        kind: str,
        parameters: Dict[str, Any],
        session: Optional[str],
        for_s: Optional[float],
    ) -> Dict[str, Any]:
        """Inject a fault and return its times; `session` owns the undo, None: the lab."""
        fault = self._new(undo, kind, parameters)
        with self._undos.lock:
            prepared = self._prepared.get(undo)
            if prepared is not None:
                planned = (prepared.kind, prepared.parameters)
                if planned != (kind, parameters):
                    raise ValueError(f"{undo} was prepared as {planned}")
                fault = prepared.fault
            fault.check()
            self._undos.register(undo, fault.heal, session, for_s)
            self._prepared.pop(undo, None)
            return fault.inject()

    def heal(self, names: Optional[Iterable[str]] = None) -> Dict[str, Any]:
        """Undo the named faults, all when None; discard those that were only prepared."""
        with self._undos.lock:
            self._drop(self._prepared if names is None else names)
            return self._undos.heal(names)

    def _drop_of_session(self, session: str) -> None:
        prepared = self._prepared.items()
        self._drop([undo for undo, fault in prepared if fault.session == session])

    def _drop(self, names: Iterable[str]) -> None:
        for name in list(names):
            if name in self._prepared:
                self._prepared.pop(name).fault.drop()
