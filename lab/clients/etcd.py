"""One etcd member, asked through its JSON gateway. No retries."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from lab.errors import LabError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lab.clients.https import Endpoint


def encode(text: str) -> str:
    """Return text as the gateway wants bytes."""
    return base64.b64encode(text.encode()).decode()


def decode(text: str) -> str:
    """Return the text of what the gateway gives as bytes."""
    return base64.b64decode(text).decode()


@dataclass(frozen=True)
class Pair:
    """A key as it stood at a revision."""

    key: str
    value: str
    revision: int


class EtcdClient:
    """Requests to one member; each raises LabError when it is not answered with success."""

    def __init__(self, endpoint: Endpoint) -> None:
        self._endpoint = endpoint

    def ask(self, path: str, body: dict[str, Any], timeout_s: float = 5.0) -> dict[str, Any]:
        """Send one request and return its answer."""
        status, answer = self._endpoint.request("POST", path, body, timeout_s)
        if status != 200:
            raise LabError(f"{path}: {status} {answer}")
        found: dict[str, Any] = answer
        return found

    def put(self, key: str, value: str, timeout_s: float = 5.0) -> int:
        """Write a key and return the revision of that."""
        body = {"key": encode(key), "value": encode(value)}
        return int(self.ask("/v3/kv/put", body, timeout_s)["header"]["revision"])

    def revision(self) -> int:
        """Return the revision that this member has applied."""
        return int(self.ask("/v3/maintenance/status", {})["header"]["revision"])

    def hash_at(self, revision: int) -> tuple[int, int]:
        """Return (hash, compacted revision) of all keys at a revision (HashKV)."""
        answer = self.ask("/v3/maintenance/hashkv", {"revision": str(revision)})
        return int(answer["hash"]), int(answer.get("compact_revision", 0))

    def members(self) -> dict[str, str]:
        """Return the members' ids, by peer URL: one that was never started has no name."""
        answer = self.ask("/v3/cluster/member/list", {})
        return {one["peerURLs"][0]: one["ID"] for one in answer["members"]}

    def add_member(self, peer_url: str, *, learner: bool) -> str:
        """Add a member and return its id."""
        body = {"peerURLs": [peer_url], "isLearner": learner}
        return str(self.ask("/v3/cluster/member/add", body)["member"]["ID"])

    def remove_member(self, identity: str) -> None:
        """Remove a member."""
        self.ask("/v3/cluster/member/remove", {"ID": identity})

    def promote_member(self, identity: str) -> None:
        """Make a voting member of a learner that has caught up."""
        self.ask("/v3/cluster/member/promote", {"ID": identity})

    def history(self, prefix: str, timeout_s: float = 20.0) -> list[Pair]:
        """Return every version of every key below a prefix, oldest first, up to now.

        It is what a watch from revision 1 delivers, so nothing may have been compacted.
        """
        end = encode(prefix[:-1] + chr(ord(prefix[-1]) + 1))
        body = {"key": encode(prefix), "range_end": end, "sort_target": "MOD", "limit": "1"}
        newest = self.ask("/v3/kv/range", {**body, "sort_order": "DESCEND"}).get("kvs", [])
        if not newest:
            return []
        last = int(newest[0]["mod_revision"])
        watch = {"key": encode(prefix), "range_end": end, "start_revision": "1"}
        found: list[Pair] = []
        for line in self._endpoint.lines("/v3/watch", {"create_request": watch}, timeout_s):
            found += _delivered(line)
            if found and found[-1].revision >= last:
                return found
        raise LabError(f"the watch of {prefix} ended before revision {last}")


def _delivered(line: bytes) -> Iterator[Pair]:
    result = json.loads(line).get("result", {})
    if result.get("canceled"):
        raise LabError(f"the watch was cancelled: {result}")
    for event in result.get("events", []):
        pair = event["kv"]
        yield Pair(decode(pair["key"]), decode(pair.get("value", "")), int(pair["mod_revision"]))
