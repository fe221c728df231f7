"""What can be wrong with the containers of a lab, and what to do."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lab.errors import AgentError, CleanupError, LabError, RuntimeUnavailableError
from lab.sentence import sentence

if TYPE_CHECKING:
    from collections.abc import Iterable

    from lab.nodes import Node
    from lab.sentence import Words


def node_gone(node: str, lab: str) -> AgentError:
    """Return the error of a node whose container does not run any more."""
    return AgentError(
        sentence(
            "node-gone",
            "node {node} is gone: its container was stopped or removed from outside; "
            "`halab down {lab}` removes the rest of the lab",
            node=node,
            lab=lab,
        )
    )


def node_elsewhere(node: Node, addresses: Iterable[str]) -> LabError:
    """Return the error of a node that has not the address that was asked for."""
    return LabError(
        sentence(
            "node-elsewhere",
            "node {node} was to have {address} and has {addresses}: "
            "this engine does not give containers the addresses that are asked for",
            node=node.name,
            address=node.address,
            addresses=", ".join(addresses),
        )
    )


def no_network(refusal: str) -> LabError:
    """Return the error of a network that the daemon refuses."""
    return LabError(
        sentence("no-network", "the network of the lab cannot be made: {refusal}", refusal=refusal)
    )


def no_free_range(refusal: str) -> RuntimeUnavailableError:
    """Return the error of a machine all of whose ranges of addresses are taken."""
    return RuntimeUnavailableError(
        sentence(
            "no-free-range",
            "no range of addresses in 10.83.0.0 to 10.90.255.255 is free for a lab; "
            "`docker network ls` shows who has them. {refusal}",
            refusal=refusal,
        )
    )


def not_removed(lab: str, why: Words) -> CleanupError:
    """Return the error of a lab that is left while the daemon is away."""
    return CleanupError(
        sentence(
            "lab-not-removed",
            "lab {lab} could not be removed: {why}; `halab gc` does it when Docker is back",
            lab=lab,
            why=why,
        )
    )


def still_there(lab: str, remaining: Iterable[str], timeout_s: float) -> CleanupError:
    """Return the error of things of a lab that the daemon does not remove."""
    return CleanupError(
        sentence(
            "docker-still-has",
            "Docker still has {remaining} of lab {lab} after {timeout_s:g} s; "
            "`halab gc` tries again",
            remaining=", ".join(remaining),
            lab=lab,
            timeout_s=timeout_s,
        )
    )
