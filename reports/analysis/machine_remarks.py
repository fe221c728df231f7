"""What a trial owes to the machine that it ran on, and not to the fault."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reports.history.events import MachineCpu
from reports.locale.message import message

if TYPE_CHECKING:
    from reports.history.trial import TrialHistory
    from reports.locale.message import Message

# Kills of the leader of a cluster of kubeadm on 2 cores (docs/measurements.md): writes were out for
# 1.0 to 1.8 s at 0.86 to 0.90, 1.6 to 2.0 s at 0.93, 2.4 to 2.8 s at 0.94, and 14 s at 0.98.
SCARCE_SHARE = 0.92


def processors_scarce(trial: TrialHistory) -> list[Message]:
    """Return that the processors of the machine hardly sufficed, nothing when they did."""
    return [
        message("machine-processors-scarce", percent=100 * event.share)
        for event in trial.all_of(MachineCpu)
        if event.share >= SCARCE_SHARE
    ]
