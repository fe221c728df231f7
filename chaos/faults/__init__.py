"""Faults: one file a family, one frozen dataclass a fault."""

from __future__ import annotations

from chaos.faults.base import Fault, Injection
from chaos.faults.component import Hang, Kill
from chaos.faults.cut import Cut
from chaos.faults.power import PowerOff

__all__ = ["Cut", "Fault", "Hang", "Injection", "Kill", "PowerOff"]
