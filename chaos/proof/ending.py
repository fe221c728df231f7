"""The end of every proof: a last write through each member, what is there, and who agrees."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chaos.errors import ChaosError
from lab.clients.etcd import hash_at, put, versions
from lab.errors import LabError
from lab.readiness import wait_until
from reports.history.final import FinalState, MemberState, Version

if TYPE_CHECKING:
    from lab.clients.https import Endpoint

AGREE_TIMEOUT_S = 20.0
LAST = "last"
END = "~end"


def final_state(endpoints: dict[str, Endpoint], prefix: str) -> FinalState:
    """Ask every member; the versions are those that the majority has. Raises ChaosError, LabError.

    That a member does not answer or differs is part of the state.
    """
    states = last_writes(endpoints)
    serving = [name for name, state in states.items() if not state.last_write]
    witness = endpoints[serving[0]]
    # acknowledged, so a majority has it, and all that came before it
    last = put(witness, prefix + END, "end")
    found = [Version(*one) for one in versions(witness, prefix, last)]
    compare_members(endpoints, states)
    kept = [one for one in found if one.key != prefix + END]
    return FinalState(members=states, compacted=0, versions=kept)


def last_writes(endpoints: dict[str, Endpoint]) -> dict[str, MemberState]:
    """Write once through each member. Raises ChaosError where none takes it."""
    states = {
        name: MemberState(last_write=_last_write(name, endpoints[name])) for name in endpoints
    }
    if all(state.last_write for state in states.values()):
        raise ChaosError(f"no member takes a last write: {states}")
    return states


def compare_members(
    endpoints: dict[str, Endpoint], states: dict[str, MemberState], at: int = 0
) -> None:
    """Ask every member for its hash at a revision; 0 is its own, for a store that nobody writes."""
    _await_agreement(endpoints, at)
    for name, state in states.items():
        try:
            state.revision, state.hash = _state(endpoints[name], at)
        except LabError as error:
            state.error = str(error)


def _last_write(name: str, endpoint: Endpoint) -> str:
    try:
        put(endpoint, f"{LAST}/{name}", "written at the end")
    except LabError as error:
        return str(error)
    return ""


def _state(endpoint: Endpoint, at: int) -> tuple[int, int]:
    revision, found = hash_at(endpoint, at)
    return at or revision, found


def _await_agreement(endpoints: dict[str, Endpoint], at: int) -> None:
    """Give members that are behind their time; who still differs then, differs."""

    def check() -> str:
        seen = {name: _state(endpoint, at) for name, endpoint in endpoints.items()}
        return "" if len(set(seen.values())) == 1 else str(seen)

    try:
        wait_until("one revision and one hash", check, AGREE_TIMEOUT_S)
    except LabError:
        return  # each member's own state says so
