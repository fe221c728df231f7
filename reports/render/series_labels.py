"""What series are called in pages: requests by probe and connection, states by their subject."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reports.history.schema import NODE_READY

if TYPE_CHECKING:
    from reports.locale.catalogue import Words


def word_of(name: str, words: Words) -> str:
    """Return the word for a probe or a connection; `livez` and the like are names already."""
    return words.get(name, name)


def request_label(probe: str, connection: str, words: Words) -> str:
    """Return the name of a series of requests, `read new`."""
    return f"{word_of(probe, words)} {word_of(connection, words)}"


def state_label(probe: str, words: Words) -> str:
    """Return the short name of a state."""
    if probe == NODE_READY:
        return words["node_ready"]
    return words["lease_of"].format(holder=probe.removeprefix("lease-kube-"))
