"""The end of every trial with operations: a last write through each member, and who agrees."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chaos.errors import ChaosError
from lab.clients.etcd import hash_at, newest, put, versions
from lab.errors import LabError
from lab.readiness import wait_until
from reports.history.final_state import FinalState, MemberState, Version

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from lab.clients.https import HttpsEndpoint

AGREE_TIMEOUT_S = 20.0
LAST = "last"


def final_state(
    endpoints: Mapping[str, HttpsEndpoint],
    below: str,
    first: int = 1,
    *,
    busy: bool = False,
    version: Callable[[str, str, int], Version] = Version,
) -> FinalState:
    """Ask every member; the versions below a prefix are those that the majority has.

    `first`: the revision from which they are asked for. `busy`: others write all the time, as
    those who renew leases do; members can be compared at one revision only then. `version` reads
    key, value and revision. That a member does not answer or differs is part of the state. Raises
    ChaosError where none takes a last write, LabError.
    """
    states = {
        name: MemberState(last_write=_last_write(name, endpoint))
        for name, endpoint in endpoints.items()
    }
    # who took a write has all that was acknowledged before it
    witness = next((endpoints[one] for one, it in states.items() if not it.last_write), None)
    if witness is None:
        raise ChaosError(f"no member takes a last write: {states}")
    last = newest(witness, below)
    found = versions(witness, below, last, first) if last else []
    _compare(endpoints, states, last if busy else 0)
    return FinalState(members=states, compacted=0, versions=[version(*one) for one in found])


def _compare(
    endpoints: Mapping[str, HttpsEndpoint], states: Mapping[str, MemberState], revision: int
) -> None:
    """Ask every member for its hash at a revision; 0 is its own, for a store that is quiet."""
    _await_agreement(endpoints, revision)
    for name, state in states.items():
        try:
            state.revision, state.hash = _state(endpoints[name], revision)
        except LabError as error:
            state.error = str(error)


def _last_write(name: str, endpoint: HttpsEndpoint) -> str:
    try:
        put(endpoint, f"{LAST}/{name}", "written at the end")
    except LabError as error:
        return str(error)
    return ""


def _state(endpoint: HttpsEndpoint, revision: int) -> tuple[int, int]:
    own, found = hash_at(endpoint, revision)
    return revision or own, found


def _await_agreement(endpoints: Mapping[str, HttpsEndpoint], revision: int) -> None:
    """Give members that are behind their time; who still differs then, differs."""

    def check() -> str:
        states = {name: _state(endpoint, revision) for name, endpoint in endpoints.items()}
        return "" if len(set(states.values())) == 1 else str(states)

    try:
        wait_until("one revision and one hash", check, AGREE_TIMEOUT_S)
    except LabError:
        return  # each member's own state shows it
