"""Prepares, injects and heals faults; the undo is registered before the fault is injected."""

from __future__ import annotations

import functools
import importlib
import pkgutil
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Callable, Dict, Iterable, Mapping, Optional

from lab.agent import faults

if TYPE_CHECKING:
    from lab.agent.fault import AgentFault, Host
    from lab.agent.undos import Undos


def node_faults(host: Host) -> Dict[str, Callable[..., AgentFault]]:
    """Return kind -> constructor of such faults of a node, from the FAULTS of every file there."""
    constructors: Dict[str, Callable[..., AgentFault]] = {}
    for module in pkgutil.iter_modules(faults.__path__, faults.__name__ + "."):
        for kind, constructor in importlib.import_module(module.name).FAULTS.items():
            constructors[kind] = functools.partial(constructor, host)
    return constructors


@dataclass(frozen=True)
class Prepared:
    """A fault that can be injected at once, and the session that has prepared it."""

    kind: str
    parameters: Dict[str, Any]
    fault: AgentFault
    session: Optional[str]


class Injections:
    """Injects faults. `constructors`: kind -> what makes such a fault, of its undo's name and its
    parameters.
    """

    def __init__(self, undos: Undos, constructors: Mapping[str, Callable[..., AgentFault]]) -> None:
        self._undos = undos
        self._constructors = constructors
        self._prepared: Dict[str, Prepared] = {}  # by the names of their undos
        undos.session_ended = self._drop_of_session

    def _new(self, undo: str, kind: str, parameters: Dict[str, Any]) -> AgentFault:
        if kind not in self._constructors:
            raise ValueError("unknown fault " + kind)
        return self._constructors[kind](undo, **parameters)

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
