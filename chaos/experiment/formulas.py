"""Values of demands as formulas over a lab's settings: numbers, names, and arithmetic alone.

A formula is what somebody else may have written: whatever it says, it costs nothing to compute.
All is computed in floating point, so that no power grows beyond 8 bytes.
"""

from __future__ import annotations

import ast
import math
import operator
import warnings
from dataclasses import asdict
from typing import TYPE_CHECKING

from chaos.errors import InputError
from chaos.experiment.supervision import supervision_settings

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from lab.plan import LabPlan

LONGEST = 200  # characters
_BINARY: Mapping[type[ast.operator], Callable[[float, float], float]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.Pow: math.pow,  # refuses what has no real result
}
_UNARY: Mapping[type[ast.unaryop], Callable[[float], float]] = {
    ast.UAdd: operator.pos,
    ast.USub: operator.neg,
}
_FUNCTIONS: Mapping[str, Callable[[list[float]], float]] = {"min": min, "max": max}
ALLOWED = "numbers, names, + - * / **, min(...) and max(...)"


def evaluate(formula: str, settings: Mapping[str, float]) -> float:
    """Compute a formula. Raises InputError with the formula and the names that it may use."""
    try:
        return _computed(formula, settings)
    except (ValueError, SyntaxError, ArithmeticError, RecursionError, MemoryError) as error:
        names = ", ".join(sorted(settings))
        why = error.msg if isinstance(error, SyntaxError) else error
        text = formula if len(formula) <= LONGEST else f"{formula[:LONGEST]}..."
        raise InputError(f"formula {text!r}: {why}; names: {names}") from error


def _computed(formula: str, settings: Mapping[str, float]) -> float:
    if len(formula) > LONGEST:
        raise ValueError(f"has {len(formula)} characters, at most {LONGEST} are read")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of the parser, which would print them
        parsed = ast.parse(formula.strip(), mode="eval")
    value = _value(parsed.body, settings)
    if not math.isfinite(value):
        raise ValueError("is not finite")
    return value


def _value(node: ast.expr, settings: Mapping[str, float]) -> float:
    """Return the value of a part of a formula. Raises ValueError and ArithmeticError."""
    match node:
        # a truth value is an int, too
        case ast.Constant(value=int() | float() as number) if not isinstance(number, bool):
            return float(number)
        case ast.Name(id=name):
            if name not in settings:
                raise ValueError(f"{name!r} is not defined")
            return settings[name]
        case ast.UnaryOp(op=sign, operand=operand) if type(sign) in _UNARY:
            return _UNARY[type(sign)](_value(operand, settings))
        case ast.BinOp(left=left, op=sign, right=right) if type(sign) in _BINARY:
            values = _value(left, settings), _value(right, settings)
            if isinstance(sign, ast.Div) and values[1] == 0:
                raise ValueError("division by zero")
            return _BINARY[type(sign)](*values)
        case ast.Call(func=ast.Name(id=name), args=[_, *_], keywords=[]) if name in _FUNCTIONS:
            return _FUNCTIONS[name]([_value(argument, settings) for argument in node.args])
    raise ValueError(f"{ast.unparse(node)[:40]!r} is not allowed: {ALLOWED} are")


def settings_of(plan: LabPlan) -> dict[str, float]:
    """Return the names that formulas may use, in seconds and counts.

    fail_timeout: nginx's default. proxy_connect_timeout: kubespray's. Leases: Kubernetes' defaults,
    which kubespray keeps (component-base/config/v1alpha1, leader election); two tries to take a
    lease are at most retry_period * (1 + 1.2) apart (client-go, JitterFactor). balancer_...: how
    late the lab's own balancer reacts, at most (lab.balancers.base.Reaction). Who starts what
    again, and how soon: supervision.py.
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
        **supervision_settings(plan),
        "etcd": float(spec.etcd),
        "masters": float(spec.masters),
    }
