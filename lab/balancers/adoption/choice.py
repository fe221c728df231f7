"""Which of several ways through a balancer is that to the apiservers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, TypeVar

from lab.balancers.adoption.addresses import are_apiservers, other_service
from lab.nodes import APISERVER_PORT

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lab.balancers.fitting import Notes

T = TypeVar("T")


@dataclass(frozen=True)
class Way(Generic[T]):
    """A listener and where it leads. `names`: those that --lb-server may give.

    `ports`: of its servers; `listens`: its own. Ways with the same `destination` are as one.
    """

    listener: T
    line: int
    text: str
    names: frozenset[str]
    destination: str
    ports: tuple[int, ...]
    listens: tuple[int, ...]


def choose(ways: Sequence[Way[T]], server: str, notes: Notes) -> Way[T] | None:
    """Return the way to the apiservers; None when it cannot be known, which is noted."""
    if server:
        return _named(ways, server, notes)
    several = len({way.destination for way in ways}) > 1
    fitting = list(ways)
    for is_api in (_leads_there, _listens_there):
        if several and any(map(is_api, fitting)):
            fitting = list(filter(is_api, fitting))
            break
    if len({way.destination for way in fitting}) > 1:
        listed = "; ".join(f"line {way.line}: {way.text}" for way in ways)
        notes.refuse(
            fitting[1].line,
            f"{fitting[1].text} is not the only way to servers with the port {APISERVER_PORT} "
            f"({listed}); keep that of the apiservers, or name it by --lb-server",
        )
        return None
    way = fitting[0]
    if several:
        others = dict.fromkeys(each.text for each in ways if each.text != way.text)
        notes.remark("chosen", way.line, way.text, ", ".join(others))
    elif service := other_service(way.ports):
        notes.refuse(
            way.line,
            f"{way.text}: port {way.ports[0]} is that of {service}, not of an apiserver; "
            "if it is, name it by --lb-server",
        )
    elif not are_apiservers(way.ports):
        ports = ", ".join(str(port) for port in sorted(set(way.ports)) if port)
        if ports:
            notes.remark("other-port", way.line, way.text, ports)
    return way


def _named(ways: Sequence[Way[T]], server: str, notes: Notes) -> Way[T] | None:
    for way in ways:
        if server in way.names:
            notes.remark("chosen", way.line, way.text)
            return way
    known = ", ".join(dict.fromkeys(name for way in ways for name in sorted(way.names)))
    notes.refuse(0, f"--lb-server {server}: there is no such server; there are {known}")
    return None


def _leads_there(way: Way[T]) -> bool:
    return are_apiservers(way.ports)


def _listens_there(way: Way[T]) -> bool:
    return APISERVER_PORT in way.listens
