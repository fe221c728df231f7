"""Is a lost write noticed? An acknowledged key is deleted behind the clients' back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chaos.selftest.recorded_work import checked, judged
from lab.clients.etcd import ask, encode

if TYPE_CHECKING:
    from chaos.selftest.recorded_work import RecordedWork
    from lab.clients.https import HttpsEndpoint
    from reports.verdict import Verdict


def check_planted_loss(work: RecordedWork, member: HttpsEndpoint) -> Verdict:
    """Delete a key and read the final state again: its last write must be reported as lost.

    Not the key that was written last: what is missing must not be at the end of what is read.
    Raises ChaosError, LabError.
    """
    newest = {write.key: write for write in work.answered("write")}
    lost = min(newest.values(), key=lambda write: write.revision)
    ask(member, "kv/deleterange", {"key": encode(lost.key)})
    honest = checked(work.operations, work.final_state)
    planted = checked(work.operations, work.load.final_state())
    return judged("planted-loss", honest, planted, "lost", lost)
