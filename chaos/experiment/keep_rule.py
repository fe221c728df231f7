"""What a timeline must never take away, whichever nodes its selectors turn out to be. Pure.

A hit node counts for every role that it has, so stacked members are counted with their masters.
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
    """Whether the promise holds when `candidates` are hit too; both are names of nodes.

    `hit`: nodes that a running injection hit, or that are not yet healthy again.
    """
    gone = {*hit, *candidates}
    return _kept(keep, plan, lambda role: len(gone.intersection(_nodes(role, plan))))


def kept_at_worst(keep: Keep, plan: LabPlan, selectors: Iterable[Selector]) -> bool:
    """Whether the promise holds while all of these are hit, whichever nodes they choose."""
    chosen = list(selectors)

    def most_hit(role: str) -> int:
        nodes = _nodes(role, plan)
        certain = {node for selector in chosen for node in selector.certain(plan)}
        count = len(nodes & certain)
        for selector in (selector for selector in chosen if not selector.certain(plan)):
            count += min(size(selector, plan), len(nodes.intersection(selector.possible(plan))))
        return count

    return _kept(keep, plan, most_hit)


def original(selector: Selector) -> Selector:
    """Return the selector that a `step:ID` stands for in the end, or the selector itself."""
    while selector.role == STEP and selector.earlier is not None:
        selector = selector.earlier
    return selector


def size(selector: Selector, plan: LabPlan) -> int:
    """Return how many nodes a selector chooses."""
    selector = original(selector)
    if certain := selector.certain(plan):
        return len(certain)
    return len(selector.possible(plan)) // 2 + 1 if selector.pick == "majority" else selector.count


def _nodes(role: str, plan: LabPlan) -> set[str]:
    return {node.name for node in plan.with_role(role)}


def _kept(keep: Keep, plan: LabPlan, hit: Callable[[str], int]) -> bool:
    """`hit`: how many nodes of a role are hit. A lab without masters is its etcd alone."""
    members, masters = len(plan.with_role("etcd")), len(plan.with_role("master"))
    if keep == "quorum" and members - hit("etcd") <= members // 2:
        return False
    return keep == "nothing" or masters == 0 or hit("master") < masters
