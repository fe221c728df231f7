"""What series are called in pages: requests by probe and connection, states by their subject."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reports.history.schema import APISERVER_READY, MEMBER_HEALTH, NODE_READY

if TYPE_CHECKING:
    from reports.locale.catalogue import Words

# State of a node -> its name in the catalogue.
OF_NODES = {
    NODE_READY: "node_ready",
    MEMBER_HEALTH: "member_health",
    APISERVER_READY: "apiserver_ready",
}


def word_of(name: str, words: Words) -> str:
    """Return the word for a probe or a connection; `livez` and the like are names already."""
    return words.get(name, name)


def request_label(probe: str, connection: str, words: Words) -> str:
    """Return the name of a series of requests, `read new`."""
    return f"{word_of(probe, words)} {word_of(connection, words)}"


def state_label(probe: str, words: Words) -> str:
    """Return the short name of a state."""
    if probe in OF_NODES:
        return words[OF_NODES[probe]]
    return words["lease_of"].format(holder=probe.removeprefix("lease-kube-"))
