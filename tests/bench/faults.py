"""How quickly a fault is in: from the decision to the signal, to the group gone; the skew of a cut.

Agents, engine and this program share one monotonic clock, so the moments can be subtracted.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from rich.table import Table

from chaos.faults.injection import Injection
from chaos.faults.registry import fault_of
from chaos.targets import Target
from lab.health import lab_problem
from lab.readiness import wait_until

if TYPE_CHECKING:
    from lab.lab import Lab

ROUNDS = 5


def _milliseconds(values: list[float]) -> list[str]:
    return [
        f"{1000 * value:.1f}"
        for value in (min(values), sorted(values)[len(values) // 2], max(values))
    ]


def kills(lab: Lab) -> Table:
    """Kill an idle apiserver and an etcd member several times."""
    runtime = lab.plan.spec.runtime
    table = Table("what", "min", "median", "max", title=f"kill, {runtime}, ms over {ROUNDS} rounds")
    for node, component in (("master-1", "kube-apiserver"), ("etcd-1", "etcd")):
        signal_s, gone_s = [], []
        for _ in range(ROUNDS):
            injection = Injection(lab, "bench", fault_of("kill", {}), (Target(node, component),))
            injection.choose_observers()
            decided_s = time.monotonic()
            times = injection.begin()[node]
            signal_s.append(times["sent_s"] - decided_s)
            gone_s.append(times["gone_s"] - decided_s)
            injection.end()
            injection.confirm_undone()
            wait_until("the lab to be healthy", lambda: lab_problem(lab), 60)
        table.add_row(f"{component}: decision to signal", *_milliseconds(signal_s))
        table.add_row(f"{component}: decision to group gone", *_milliseconds(gone_s))
    return table


def cuts(lab: Lab) -> Table:
    """Cut one member from two others: three nodes, first to last rule."""
    table = Table(
        "what", "min", "median", "max", title=f"cut across 3 nodes, ms over {ROUNDS} rounds"
    )
    skew_s, all_in_s = [], []
    others = (Target("etcd-2", "etcd"), Target("etcd-3", "etcd"))
    for _ in range(ROUNDS):
        cut = fault_of("cut", {"from": "etcd:all"})
        injection = Injection(lab, "bench", cut, (Target("etcd-1", "etcd"),), others)
        injection.choose_observers()
        decided_s = time.monotonic()
        done_s = [times["gone_s"] for times in injection.begin().values()]
        skew_s.append(max(done_s) - min(done_s))
        all_in_s.append(max(done_s) - decided_s)
        injection.end()
        injection.confirm_undone()
    table.add_row("first to last rule in force", *_milliseconds(skew_s))
    table.add_row("decision to last rule in force", *_milliseconds(all_in_s))
    return table
