"""What drivers have in common whose labs are planned node by node: nobody else makes such labs."""

from __future__ import annotations

from typing import TYPE_CHECKING, NoReturn

from lab.errors import NotCapableError
from lab.sentence import sentence

if TYPE_CHECKING:
    from lab.runtime.request import ClusterRequest

SWAPS = "swapped-addresses"
NO_SWAPS = sentence(
    "planned-addresses",
    "the addresses of its nodes are planned, and stand in the commands of their components",
)


class PlannedLabs:
    """`name`: of the runtime."""

    name: str

    def expected(self, request: ClusterRequest) -> None:
        """Its labs are planned. Raises ValueError where somebody else's is asked for."""
        if request.attach:
            raise ValueError(f"attach: {request.attach} is no cluster of this runtime")

    def describe(self, cluster: str) -> NoReturn:
        """Nobody else makes clusters of such nodes. Raises NotCapableError."""
        raise NotCapableError(
            sentence(
                "nothing-to-attach",
                "{cluster} cannot be attached: labs of {runtime} are halab's own",
                cluster=cluster,
                runtime=self.name,
            )
        )
