"""Values of demands as formulas over a lab's settings, restricted to arithmetic."""

from __future__ import annotations

import math
import warnings
from dataclasses import asdict
from typing import TYPE_CHECKING

from simpleeval import InvalidExpression, simple_eval

from chaos.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lab.plan import LabPlan

FORMULA_ERRORS = (
    *(ValueError, TypeError, SyntaxError, ArithmeticError, LookupError),
    *(RecursionError, MemoryError, InvalidExpression),
    Warning,  # simpleeval's answer to several formulas in one
)


def evaluate(formula: str, settings: Mapping[str, float]) -> float:
    """Compute a formula. Raises InputError with the formula and the names that it may use."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            value = float(simple_eval(formula, names=dict(settings), functions={}))
        if not math.isfinite(value):
            raise ValueError("is not finite")
    except FORMULA_ERRORS as error:
        names = ", ".join(sorted(settings))
        raise InputError(f"formula {formula!r}: {error}; names: {names}") from error
    return value


def settings_of(plan: LabPlan) -> dict[str, float]:
    """Return the names that formulas may use, in seconds and counts.

    fail_timeout: nginx's default. proxy_connect_timeout: kubespray's. Leases: Kubernetes' defaults,
    which kubespray keeps (component-base/config/v1alpha1, leader election); two tries to take a
    lease are at most retry_period * (1 + 1.2) apart (client-go, JitterFactor). balancer_...: how
    late the lab's own balancer reacts, at most (lab.balancers.base.Reaction).
    """
    spec, reaction = plan.spec, plan.reaction
    return {
        "heartbeat_s": spec.timeouts.heartbeat_ms / 1000,
        "election_s": spec.timeouts.election_ms / 1000,
        "proxy_connect_timeout_s": 1.0,
        "proxy_fail_timeout_s": 10.0,
        **{f"balancer_{name}": value for name, value in asdict(reaction).items()},
        "lease_duration_s": 15.0,
        "renew_deadline_s": 10.0,
        "retry_period_s": 2.0,
        "node_status_s": 10.0,
        "node_monitor_grace_s": float(spec.timeouts.node_monitor_grace_s),
        "etcd": float(spec.etcd),
        "masters": float(spec.masters),
    }
