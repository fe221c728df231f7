"""Faults: one file a family, one frozen dataclass a fault."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chaos.errors import InputError
from chaos.faults.base import Fault, Injection
from chaos.faults.component import Hang, Kill
from chaos.faults.cut import Cut
from chaos.faults.isolate import Isolate
from chaos.faults.power import PowerOff
from chaos.targets import check_kind, parse

if TYPE_CHECKING:
    import random

    from chaos.experiment.schema import FaultSpec
    from lab.lab import Lab

__all__ = ["Cut", "Fault", "Hang", "Injection", "Isolate", "Kill", "PowerOff", "choose"]


def choose(spec: FaultSpec, lab: Lab, chance: random.Random) -> Fault:
    """Resolve the targets against the running lab and make the fault.

    Raises InputError for a target that the lab does not have, LabError when no leader is known.
    """
    selector = parse(spec.target, lab.plan)
    check_kind(spec.kind, spec.target, selector)
    targets = selector.resolve(lab, chance)
    if spec.kind == "cut":
        others = parse(spec.others or "", lab.plan).resolve(lab, chance)
        if not {one.node for one in others} - {one.node for one in targets}:
            raise InputError(f"a cut of {spec.target} from {spec.others} has no other side")
        return Cut(targets, others)
    kinds: dict[str, type[Kill | Hang | PowerOff | Isolate]] = {
        "isolate": Isolate,
        "kill": Kill,
        "hang": Hang,
        "power-off": PowerOff,
    }
    return kinds[spec.kind](targets)
