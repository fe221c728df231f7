"""What the harness asks of etcd through its JSON gateway: members, hashes, versions. No retries."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from lab.errors import LabError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lab.clients.https import HttpsEndpoint

WATCH_TIMEOUT_S = 10.0


def encode(text: str) -> str:
    """Return text as the gateway wants bytes."""
    return base64.b64encode(text.encode()).decode()


def decode(text: str) -> str:
    """Return the text that the gateway gave as bytes; what is no text is replaced."""
    return base64.b64decode(text).decode(errors="replace")


class RefusedError(LabError):
    """etcd answered that it will not do it."""


@dataclass(frozen=True)
class MemberStatus:
    """What one member says of itself; `leader_id` is "" where it knows of no leader."""

    member_id: str
    leader_id: str
    term: int

    @property
    def leads(self) -> bool:
        """Whether it says that it leads."""
        return self.leader_id == self.member_id


@dataclass(frozen=True)
class Member:
    """One member of a cluster; one that was added and never started has no name."""

    id: str
    name: str
    peer_urls: tuple[str, ...]
    learner: bool


def ask(endpoint: HttpsEndpoint, path: str, body: dict[str, Any], timeout_s: float = 5.0) -> Any:
    """Return etcd's answer. Raises RefusedError when it is an error, LabError when none came."""
    status, answer = endpoint.request("POST", f"/v3/{path}", body, timeout_s)
    if status != 200:
        said = answer.get("message", answer) if isinstance(answer, dict) else answer
        raise RefusedError(f"{path}: {status} {said}")
    return answer


def status_of(answer: Any) -> MemberStatus:
    """Read the answer to /v3/maintenance/status. Raises LabError when it is none."""
    try:
        member_id = str(answer["header"]["member_id"])
        leader_id = str(answer.get("leader", "0"))
        term = int(answer.get("raftTerm", 0))
    except (LookupError, TypeError, ValueError, AttributeError) as error:
        raise LabError(f"no status of a member: {answer}") from error
    return MemberStatus(member_id, "" if leader_id == "0" else leader_id, term)


def member_status(endpoint: HttpsEndpoint, timeout_s: float) -> MemberStatus:
    """Ask one member for its status. Raises LabError."""
    return status_of(ask(endpoint, "maintenance/status", {}, timeout_s))


def members(endpoint: HttpsEndpoint) -> list[Member]:
    """Return the members of the cluster, as its majority knows them."""
    answer = ask(endpoint, "cluster/member/list", {"linearizable": True})
    return [
        Member(
            one["ID"],
            one.get("name", ""),
            tuple(one.get("peerURLs", ())),
            bool(one.get("isLearner", False)),
        )
        for one in answer["members"]
    ]


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


def put(endpoint: HttpsEndpoint, key: str, value: str) -> int:
    """Write a key and return the revision."""
    answer = ask(endpoint, "kv/put", {"key": encode(key), "value": encode(value)})
    return int(answer["header"]["revision"])


def hash_at(endpoint: HttpsEndpoint, revision: int, timeout_s: float = 5.0) -> tuple[int, int]:
    """Return one member's own revision and the hash of its data up to a revision (0: its own)."""
    answer = ask(endpoint, "maintenance/hashkv", {"revision": str(revision)}, timeout_s)
    return int(answer["header"]["revision"]), int(answer["hash"])


def newest(endpoint: HttpsEndpoint, prefix: str) -> int:
    """Return the revision of the newest version below a prefix, 0 where there is none."""
    wanted = {**_below(prefix), "sort_order": "DESCEND", "sort_target": "MOD", "limit": "1"}
    found = ask(endpoint, "kv/range", {**wanted, "keys_only": True}).get("kvs", ())
    return max((int(one["mod_revision"]) for one in found), default=0)


def _below(prefix: str) -> dict[str, str]:
    return {
        "key": encode(prefix),
        "range_end": encode(prefix[:-1] + chr(ord(prefix[-1]) + 1)),
    }


def versions(
    endpoint: HttpsEndpoint, prefix: str, last: int, first: int = 1
) -> list[tuple[str, str, int]]:
    """Return key, value and revision of every version below a prefix, from `first` to `last`.

    `last` must be the revision of such a version: it is how the end is known. Raises LabError.
    """
    create = {**_below(prefix), "start_revision": str(first)}
    found: list[tuple[str, str, int]] = []
    lines = endpoint.lines("/v3/watch", {"create_request": create}, WATCH_TIMEOUT_S)
    for line in lines:
        result = json.loads(line).get("result", {})
        if result.get("canceled"):
            raise RefusedError(f"the watch was cancelled: {result}")
        found += _versions(result.get("events", ()))
        if found and found[-1][2] >= last:
            return found
    raise LabError(f"the watch ended before revision {last}")


def _versions(events: Sequence[dict[str, Any]]) -> list[tuple[str, str, int]]:
    return [
        (
            decode(one["kv"]["key"]),
            decode(one["kv"].get("value", "")),
            int(one["kv"]["mod_revision"]),
        )
        for one in events
    ]
