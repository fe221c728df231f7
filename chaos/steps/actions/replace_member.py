"""A member of etcd is lost for good with its data, removed, and a new one added in its place."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field
from pydantic.dataclasses import dataclass

from chaos.errors import InputError
from chaos.steps.actions.base import ActionKind
from chaos.steps.actions.member_replacement import MemberReplacement

if TYPE_CHECKING:
    from chaos.steps.actions.base import ActionContext
    from chaos.targets import Selector, Target
    from lab.plan import LabPlan


@dataclass(frozen=True)
class ReplaceMember:
    """Lose a member for good, and add a new one."""

    how: Annotated[
        Literal["learner", "direct", "add-first"],
        Field(
            description="learner: without a vote, promoted when it has caught up; direct: with its "
            "vote; add-first: added before the lost one is removed, which is the unsafe order"
        ),
    ]
    wait_s: Annotated[
        float,
        Field(
            gt=0,
            le=600,
            description="after the loss; add-first: how long the added member is kept waiting",
        ),
    ] = 2.0

    def check(self, target: Selector, plan: LabPlan) -> None:
        """It takes one etcd member; add-first needs a strict and a lenient member beside it."""
        if plan.found:
            raise InputError("replace-member: the members of this cluster are not started by halab")
        possible = target.possible(plan)
        members = [node.name for node in plan.with_role("etcd")]
        single = len(possible) == 1 or (
            target.count == 1 and target.pick not in ("majority", "all", "except")
        )
        if not single or not set(possible) <= set(members):
            raise InputError(f"replace-member {target}: one etcd member at a time")
        strict = members[: len(members) - plan.spec.lenient_etcd]
        if self.how != "add-first":
            return
        if len(strict) == len(members):
            raise InputError("add-first needs a member that takes it: lab.lenient_etcd")
        if len(strict) < 2 or not set(possible) <= set(strict):
            raise InputError(
                f"replace-member {target}: the member must be strict, none of the last "
                f"{plan.spec.lenient_etcd}"
            )

    def run(self, context: ActionContext, targets: tuple[Target, ...]) -> None:
        """Lose it and replace it. Raises LabError, ChaosError."""
        replacement = MemberReplacement(context, targets[0])
        replacement.lose()
        if self.how == "add-first":
            replacement.add_first(self.wait_s)
        else:
            time.sleep(self.wait_s)
            replacement.remove_first(learner=self.how == "learner")


ACTION_KINDS = (
    ActionKind(
        name="replace-member",
        help="Lose an etcd member and its data for good, and add a new one in its place.",
        changes_cluster=True,
        make=ReplaceMember,
    ),
)
