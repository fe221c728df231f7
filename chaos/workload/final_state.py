"""The final state of a store: a last write through each member, their hashes, all versions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chaos.errors import ChaosError, message_of
from lab.clients.etcd import hash_at, keys_below, newest_revision, put, versions_below
from lab.errors import LabError
from lab.readiness import wait_until
from reports.history.final_state import FinalState, MemberState, Version
from reports.locale.message import message

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence

    from lab.clients.https import HttpsEndpoint
    from reports.locale.message import Message

AGREE_TIMEOUT_S = 20.0
LAST_WRITES = "last"


def final_state_of(
    endpoints: Mapping[str, HttpsEndpoint],
    below: str,
    first: int = 1,
    *,
    busy: bool = False,
    version: Callable[[str, str, int], Version] = Version,
) -> FinalState:
    """Read the state of every member, and the versions below a prefix that the majority has.

    `first`: the first revision to read. `busy`: other clients write all the time, for example to
    renew leases, so that members are compared at one revision. `version`: makes a Version of key,
    value and revision. A member that does not answer or differs is part of the state. Raises
    ChaosError when no member accepts a last write, LabError.
    """
    states = {
        name: MemberState(last_write=_last_write(name, endpoint))
        for name, endpoint in endpoints.items()
    }
    # a member that accepts a write has all that was acknowledged before it
    reader = next((endpoints[name] for name, it in states.items() if not it.last_write), None)
    if reader is None:
        refusals = tuple(
            message("labelled", name=name, text=state.last_write)
            for name, state in states.items()
            if state.last_write is not None
        )
        raise ChaosError(message("no-last-write", answers=refusals))
    last = newest_revision(reader, below)
    stored = versions_below(reader, below, last, first) if last else []
    stored = without_deleted(stored, keys_below(reader, below))
    _compare(endpoints, states, last if busy else 0)
    return FinalState(members=states, compacted=0, versions=[version(*entry) for entry in stored])


def without_deleted(
    stored: Sequence[tuple[str, str, int]], existing: Collection[str]
) -> list[tuple[str, str, int]]:
    """Leave out the last value of each key that does not exist any more: the store lost it.

    `stored`: key, value and revision of every version, ascending. Clients delete nothing, and what
    was deleted after the newest version of all is not among them. A deletion has no value.
    """
    last = {key: revision for key, value, revision in stored if value}
    return [
        (key, value, revision)
        for key, value, revision in stored
        if key in existing or revision != last.get(key)
    ]


def _compare(
    endpoints: Mapping[str, HttpsEndpoint], states: Mapping[str, MemberState], revision: int
) -> None:
    """Read the hash of every member at a revision; 0: at its newest, for a store without writes."""
    _await_agreement(endpoints, revision)
    for name, state in states.items():
        try:
            state.revision, state.hash = _state(endpoints[name], revision)
        except LabError as error:
            state.error = message_of(error)


def _last_write(name: str, endpoint: HttpsEndpoint) -> Message | None:
    try:
        put(endpoint, f"{LAST_WRITES}/{name}", "written at the end")
    except LabError as error:
        return message_of(error)
    return None


def _state(endpoint: HttpsEndpoint, revision: int) -> tuple[int, int]:
    newest_revision, hash_ = hash_at(endpoint, revision)
    return revision or newest_revision, hash_


def _await_agreement(endpoints: Mapping[str, HttpsEndpoint], revision: int) -> None:
    """Wait until members that are behind have caught up, or the timeout."""

    def check() -> str:
        states = {name: _state(endpoint, revision) for name, endpoint in endpoints.items()}
        return "" if len(set(states.values())) == 1 else str(states)

    try:
        wait_until("one revision and one hash", check, AGREE_TIMEOUT_S)
    except LabError:
        return  # the states of the members show it
