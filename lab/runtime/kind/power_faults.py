"""Faults of the power of nodes of kind, as an agent on this machine executes them."""

from __future__ import annotations

import contextlib
import functools
import time
from typing import TYPE_CHECKING, Any

from lab.agent.fault import AgentFault
from lab.agent.refusal import RefusalError
from lab.errors import LabError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from lab.runtime.kind.power import PowerSupply
    from lab.sentence import Words


class PowerFault(AgentFault):
    """A fault of a node's power; its heal is a boot with the node's own address."""

    def __init__(self, supply: PowerSupply, undo: str, node: str) -> None:
        super().__init__(undo)
        self._supply = supply
        self._node = node

    def heal(self) -> None:
        """Switch the power on; idempotent."""
        with _as_refusals():
            self._supply.switch_on(self._node)


class PowerOff(PowerFault):
    """No power until the heal."""

    def check(self) -> None:
        """Refuse a node that has no power, or is no node."""
        with _as_refusals():
            if not self._supply.is_on(self._supply.node(self._node)):
                raise RefusalError("kind-power-off", "{node} has no power", node=self._node)

    def inject(self) -> dict[str, Any]:
        """Switch the power off."""
        sent_s = time.monotonic()
        with _as_refusals():
            self._supply.switch_off(self._node)
        return {"sent_s": sent_s, "gone_s": time.monotonic()}


class OtherAddress(PowerFault):
    """A loss of power after which a node comes back with the address of another one.

    That one loses its power for it, unless it has lost it already.
    """

    def __init__(self, supply: PowerSupply, undo: str, node: str, address: str) -> None:
        super().__init__(supply, undo, node)
        self._address = address
        self._holder = ""

    def check(self) -> None:
        """Refuse what is no node, or no address of a node."""
        with _as_refusals():
            self._supply.node(self._node)
            self._supply.check_address(self._address)

    def inject(self) -> dict[str, Any]:
        """Switch the node off unless another one has done so for its address, and boot it."""
        sent_s = time.monotonic()
        with _as_refusals():
            self._holder = self._supply.holder(self._address)
            if self._supply.is_on(self._supply.node(self._node)):
                self._supply.switch_off(self._node)
            gone_s = time.monotonic()
            self._supply.switch_on_as(self._node, self._address)
        return {"sent_s": sent_s, "gone_s": gone_s}

    def heal(self) -> None:
        """Switch on the node, and who lost its power for it: its own request may never have come.

        Idempotent.
        """
        super().heal()
        with _as_refusals():
            if self._holder:
                self._supply.switch_on(self._holder)


def power_faults(supply: PowerSupply) -> dict[str, Callable[..., AgentFault]]:
    """Return kind -> constructor of such faults, for the agent that switches the power."""
    return {
        "power-off": functools.partial(PowerOff, supply),
        "other-address": functools.partial(OtherAddress, supply),
    }


@contextlib.contextmanager
def _as_refusals() -> Iterator[None]:
    """Turn errors of the lab into those by which an agent refuses or fails a request."""
    try:
        yield
    except LabError as error:
        raise _refusal(error.why) from error


def _refusal(why: Words) -> ValueError:
    if isinstance(why, str):
        return ValueError(why)
    plain = {n: v if isinstance(v, (int, float)) else str(v) for n, v in why.values.items()}
    return RefusalError(why.code, why.text, **plain)
