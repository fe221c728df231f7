"""Is a stale read noticed? A recorded read gets the answer that the store has for an old revision.

That is what a member answers that lags behind.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from chaos.errors import ChaosError
from chaos.selftest.recorded_work import checked, judged
from lab.clients.etcd import ask, decode, encode
from reports.locale.message import message

if TYPE_CHECKING:
    from chaos.selftest.recorded_work import RecordedWork
    from lab.clients.https import HttpsEndpoint
    from reports.history.operations import Operation
    from reports.verdict import Verdict


def check_stale_read(work: RecordedWork, member: HttpsEndpoint) -> Verdict:
    """Serve a recorded read an old revision: it must be reported as gone back.

    Raises ChaosError, LabError.
    """
    read, old = superseded(work)
    stale = _served_at(member, read, old.revision)
    history = [stale if operation is read else operation for operation in work.operations]
    honest = checked(work.operations, work.final_state)
    planted = checked(history, work.final_state)
    return judged("planted-stale-read", honest, planted, "order", stale)


def superseded(work: RecordedWork) -> tuple[Operation, Operation]:
    """Return the last read that began after two writes of its key had ended, and the first of them.

    Raises ChaosError when there is none.
    """
    for read in reversed(work.answered("read")):
        before = [
            write
            for write in work.answered("write")
            if write.key == read.key and write.complete_s < read.invoke_s
        ]
        if len(before) > 1:
            return read, min(before, key=lambda write: write.revision)
    raise ChaosError(message("selftest-no-old-version"))


def _served_at(member: HttpsEndpoint, read: Operation, revision: int) -> Operation:
    """Return the read with the answer of the store at a revision."""
    answer = ask(member, "kv/range", {"key": encode(read.key), "revision": str(revision)})
    stored = answer["kvs"][0]
    return replace(
        read,
        value=decode(stored["value"]),
        mod_revision=int(stored["mod_revision"]),
        revision=revision,
    )
