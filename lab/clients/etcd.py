"""Requests to etcd through its JSON gateway: members, hashes, versions. No retries."""

from __future__ import annotations

import base64
import functools
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

from lab.errors import LabError
from lab.sentence import sentence

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from lab.clients.https import HttpsEndpoint

WATCH_TIMEOUT_S = 10.0
P = ParamSpec("P")
R = TypeVar("R")


def encode(text: str) -> str:
    """Return text as bytes are encoded for the gateway."""
    return base64.b64encode(text.encode()).decode()


def decode(text: str) -> str:
    """Return the text of bytes from the gateway; bytes that are no text are replaced."""
    return base64.b64decode(text).decode(errors="replace")


def reads_answers(read: Callable[P, R]) -> Callable[P, R]:
    """Let a function that reads an answer of another form than etcd's raise LabError."""

    @functools.wraps(read)
    def reading(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return read(*args, **kwargs)
        except (LookupError, TypeError, ValueError, AttributeError) as error:
            another = sentence(
                "answer-not-etcds",
                "{request}: an answer that is not etcd's: {error}",
                request=read.__name__,
                error=repr(error),
            )
            raise LabError(another) from error

    return reading


class RefusedError(LabError):
    """etcd has refused a request."""


@dataclass(frozen=True)
class MemberStatus:
    """The status of a member as it reports it; `leader_id` is "" without a leader."""

    member_id: str
    leader_id: str
    term: int

    @property
    def leads(self) -> bool:
        """Whether it reports itself as the leader."""
        return self.leader_id == self.member_id


@dataclass(frozen=True)
class Member:
    """A member of a cluster; its name is "" when it was added and has not started yet."""

    id: str
    name: str
    peer_urls: tuple[str, ...]
    learner: bool


def ask(endpoint: HttpsEndpoint, path: str, body: dict[str, Any], timeout_s: float = 5.0) -> Any:
    """Return etcd's answer. Raises RefusedError when it is an error, LabError when none came."""
    status, answer = endpoint.request("POST", f"/v3/{path}", body, timeout_s)
    if status != 200:
        reason = answer.get("message", answer) if isinstance(answer, dict) else answer
        raise RefusedError(
            sentence(
                "etcd-refused",
                "{path}: {status} {reason}",
                path=path,
                status=status,
                reason=str(reason),
            )
        )
    return answer


def status_of(answer: Any) -> MemberStatus:
    """Read the answer to /v3/maintenance/status. Raises LabError for any other answer."""
    try:
        member_id = str(answer["header"]["member_id"])
        leader_id = str(answer.get("leader", "0"))
        term = int(answer.get("raftTerm", 0))
    except (LookupError, TypeError, ValueError, AttributeError) as error:
        no_status = sentence("no-status", "no status of a member: {answer}", answer=str(answer))
        raise LabError(no_status) from error
    return MemberStatus(member_id, "" if leader_id == "0" else leader_id, term)


@reads_answers
def member_status(endpoint: HttpsEndpoint, timeout_s: float) -> MemberStatus:
    """Ask one member for its status. Raises LabError."""
    return status_of(ask(endpoint, "maintenance/status", {}, timeout_s))


@reads_answers
def members(endpoint: HttpsEndpoint) -> list[Member]:
    """Return the members of the cluster, by a linearizable read."""
    answer = ask(endpoint, "cluster/member/list", {"linearizable": True})
    return [
        Member(
            member["ID"],
            member.get("name", ""),
            tuple(member.get("peerURLs", ())),
            bool(member.get("isLearner", False)),
        )
        for member in answer["members"]
    ]


@reads_answers
def add_member(endpoint: HttpsEndpoint, peer_url: str, *, learner: bool) -> str:
    """Add a member and return its id."""
    body = {"peerURLs": [peer_url], "isLearner": learner}
    return str(ask(endpoint, "cluster/member/add", body)["member"]["ID"])


def remove_member(endpoint: HttpsEndpoint, identity: str) -> None:
    """Remove a member."""
    ask(endpoint, "cluster/member/remove", {"ID": identity})


def promote_member(endpoint: HttpsEndpoint, identity: str) -> None:
    """Give a learner its vote; refused until it has caught up."""
    ask(endpoint, "cluster/member/promote", {"ID": identity})


@reads_answers
def put(endpoint: HttpsEndpoint, key: str, value: str) -> int:
    """Write a key and return the revision."""
    answer = ask(endpoint, "kv/put", {"key": encode(key), "value": encode(value)})
    return int(answer["header"]["revision"])


@reads_answers
def hash_at(endpoint: HttpsEndpoint, revision: int, timeout_s: float = 5.0) -> tuple[int, int]:
    """Return a member's own revision and the hash of its data up to a revision (0: its own)."""
    answer = ask(endpoint, "maintenance/hashkv", {"revision": str(revision)}, timeout_s)
    return int(answer["header"]["revision"]), int(answer["hash"])


@reads_answers
def newest_revision(endpoint: HttpsEndpoint, prefix: str) -> int:
    """Return the revision of the newest version below a prefix, 0 where there is none."""
    request = {**_range_of(prefix), "sort_order": "DESCEND", "sort_target": "MOD", "limit": "1"}
    keys = ask(endpoint, "kv/range", {**request, "keys_only": True}).get("kvs", ())
    return max((int(key["mod_revision"]) for key in keys), default=0)


@reads_answers
def keys_below(endpoint: HttpsEndpoint, prefix: str) -> set[str]:
    """Return the keys below a prefix, by a linearizable read; those that were deleted are none."""
    answer = ask(endpoint, "kv/range", {**_range_of(prefix), "keys_only": True})
    return {decode(entry["key"]) for entry in answer.get("kvs", ())}


def _range_of(prefix: str) -> dict[str, str]:
    """Return the range of all keys with a prefix, as requests have it."""
    return {
        "key": encode(prefix),
        "range_end": encode(prefix[:-1] + chr(ord(prefix[-1]) + 1)),
    }


@reads_answers
def versions_below(
    endpoint: HttpsEndpoint, prefix: str, last: int, first: int = 1
) -> list[tuple[str, str, int]]:
    """Return key, value and revision of every version below a prefix, from `first` to `last`.

    `last` must be the revision of such a version: reading ends with it. Raises LabError.
    """
    create = {**_range_of(prefix), "start_revision": str(first)}
    versions: list[tuple[str, str, int]] = []
    lines = endpoint.lines("/v3/watch", {"create_request": create}, WATCH_TIMEOUT_S)
    for line in lines:
        result = json.loads(line).get("result", {})
        if result.get("canceled"):
            raise RefusedError(
                sentence("watch-cancelled", "the watch was cancelled: {answer}", answer=str(result))
            )
        versions += _versions_of(result.get("events", ()))
        if versions and versions[-1][2] >= last:
            return versions
    raise LabError(
        sentence("watch-ended", "the watch ended before revision {revision}", revision=last)
    )


def _versions_of(events: Sequence[dict[str, Any]]) -> list[tuple[str, str, int]]:
    return [
        (
            decode(event["kv"]["key"]),
            decode(event["kv"].get("value", "")),
            int(event["kv"]["mod_revision"]),
        )
        for event in events
    ]
