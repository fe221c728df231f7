"""The members of one small etcd cluster, as a client on another node reaches them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lab.clients.etcd import decode, encode, reads_answers, status_of
from lab.clients.kept_connections import KeptConnections
from lab.errors import LabError
from lab.sentence import sentence

if TYPE_CHECKING:
    from lab.lab import Lab

CLIENT = "worker-1"
ASK_TIMEOUT_S = 2.0


class Members:
    """Sends each request to the named member only, without failover."""

    def __init__(self, lab: Lab) -> None:
        self.names = [node.name for node in lab.plan.with_role("etcd")]
        self._kept = {name: KeptConnections(lab.etcd_from(CLIENT, name)) for name in self.names}

    def ask(self, member: str, path: str, body: Any, timeout_s: float = ASK_TIMEOUT_S) -> Any:
        """Post one request to one member. Raises LabError."""
        return self._kept[member].post(path, body, timeout_s)

    def leader(self) -> str:
        """Return the leader that all members name. Raises LabError when they do not agree."""
        names: dict[str, str] = {}
        leaders: set[str] = set()
        for name in self.names:
            status = status_of(self.ask(name, "/v3/maintenance/status", {}))
            names[status.member_id] = name
            leaders.add(status.leader_id)
            # the caller asks again soon, so the first contradiction is enough
            if len(leaders) > 1 or "" in leaders:
                raise LabError(
                    sentence(
                        "leaders-differ",
                        "the members do not agree on a leader: {leaders}",
                        leaders=", ".join(leader or "-" for leader in sorted(leaders)),
                    )
                )
        [leader] = leaders
        if leader not in names:
            raise LabError(
                sentence(
                    "leader-of-none",
                    "the leader {leader} is none of {members}",
                    leader=leader,
                    members=", ".join(self.names),
                )
            )
        return names[leader]

    @reads_answers
    def differing(self) -> str:
        """Return "" when all members have one revision with one hash (HashKV), else all."""
        states: dict[str, tuple[str, int]] = {}
        for name in self.names:
            answer = self.ask(name, "/v3/maintenance/hashkv", {"revision": "0"})
            states[name] = (answer["header"]["revision"], answer["hash"])
            if len(set(states.values())) > 1:
                return str(states)
        return ""

    @reads_answers
    def read_back(self, prefix: str) -> dict[str, str]:
        """Read every key below a prefix, linearizably. Raises LabError."""
        end = prefix[:-1] + chr(ord(prefix[-1]) + 1)
        body = {"key": encode(prefix), "range_end": encode(end)}
        answer = self.ask(self.names[0], "/v3/kv/range", body, 5.0)
        pairs = answer.get("kvs", [])
        return {decode(pair["key"]): decode(pair.get("value", "")) for pair in pairs}

    def close(self) -> None:
        """Close the connections."""
        for kept in self._kept.values():
            kept.close()
