"""The rule `keep`: what a timeline must leave, whichever nodes its selectors choose. Pure.

A hit node counts for every role that it has, so stacked members count with their masters.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from chaos.targets import STEP

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable

    from chaos.experiment.schema import Keep
    from chaos.targets import Selector
    from lab.plan import LabPlan


def still_kept(
    keep: Keep, plan: LabPlan, hit: Collection[str], candidates: Collection[str]
) -> bool:
    """Whether the rule holds when `candidates` are hit too; both are names of nodes.

    `hit`: nodes that a running injection hit, or that are not yet healthy again.
    """
    gone = {*hit, *candidates}
    return _kept(keep, plan, lambda role: len(gone.intersection(_nodes(role, plan))))


def kept_at_worst(keep: Keep, plan: LabPlan, selectors: Iterable[Selector]) -> bool:
    """Whether the rule holds while all selectors are in effect, whichever nodes they choose."""
    concurrent = list(selectors)

    def most_hit(role: str) -> int:
        nodes = _nodes(role, plan)
        certain = {node for selector in concurrent for node in selector.certain(plan)}
        count = len(nodes & certain)
        for selector in (selector for selector in concurrent if not selector.certain(plan)):
            count += min(selector.size(plan), len(nodes.intersection(selector.possible(plan))))
        return count

    return _kept(keep, plan, most_hit)


def original(selector: Selector) -> Selector:
    """Return the selector that a `step:ID` refers to, or the selector itself."""
    while selector.role == STEP and selector.earlier is not None:
        selector = selector.earlier
    return selector


def _nodes(role: str, plan: LabPlan) -> set[str]:
    return {node.name for node in plan.with_role(role)}


def _kept(keep: Keep, plan: LabPlan, hit: Callable[[str], int]) -> bool:
    """`hit`: returns how many nodes of a role are hit. A lab without masters has no such rule."""
    members, masters = len(plan.with_role("etcd")), len(plan.with_role("master"))
    if keep == "quorum" and members - hit("etcd") <= members // 2:
        return False
    return keep == "nothing" or masters == 0 or hit("master") < masters
