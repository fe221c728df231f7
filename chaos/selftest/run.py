"""Runs the self-test: the statements one after the other, most of them on one small lab."""

from __future__ import annotations

import contextlib
import time
import uuid
from functools import cache
from typing import TYPE_CHECKING

from chaos.errors import ChaosError, message_of
from chaos.selftest.clean_up import check_clean_up
from chaos.selftest.known_outage import check_known_outages
from chaos.selftest.planted_loss import check_planted_loss
from chaos.selftest.recorded_work import work_on
from chaos.selftest.silent_fault import TARGET, check_silent_fault
from chaos.selftest.stale_read import check_stale_read
from chaos.selftest.statements import STATEMENTS, verdict
from lab.errors import CleanupError, LabError
from lab.lab import Lab
from lab.runtime.drivers import DRIVERS
from lab.spec import LabSpec
from reports.locale.catalogue import text_of
from reports.locale.message import message, verbatim

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from chaos.selftest.recorded_work import RecordedWork
    from chaos.selftest.statements import Statement
    from lab.progress import Progress
    from reports.locale.message import Message
    from reports.verdict import Verdict

RUNTIME = "netns"


def run_selftest(progress: Progress) -> list[Verdict]:
    """Try every statement and return their verdicts, in the order of STATEMENTS.

    What cannot be had on this machine makes an unknown. The lab is taken down however it ends.
    """
    if reason := DRIVERS[RUNTIME].unavailable(()):
        return _unknown(STATEMENTS, message("selftest-no-namespaces", reason=verbatim(reason)))
    return [_tried("known-outage", check_known_outages, progress), *_on_lab(progress)]


def _on_lab(progress: Progress) -> list[Verdict]:
    spec = LabSpec(
        name=f"selftest-{uuid.uuid4().hex[:6]}", runtime=RUNTIME, etcd=1, masters=0, workers=1
    )
    try:
        lab = Lab.up(spec, owned=True, progress=progress)
    except (LabError, OSError) as error:
        of_labs = [statement for statement in STATEMENTS if statement != "known-outage"]
        return _unknown(of_labs, message("selftest-no-lab", reason=message_of(error)))
    member = lab.etcd(TARGET.node)

    @cache
    def work() -> RecordedWork:
        return work_on(lab)

    checks: dict[Statement, Callable[[], Verdict]] = {
        "planted-stale-read": lambda: check_stale_read(work(), member),
        "planted-loss": lambda: check_planted_loss(work(), member),
        "silent-fault": lambda: check_silent_fault(lab),
    }
    with contextlib.ExitStack() as afterwards:
        afterwards.callback(lab.down)
        verdicts = [_tried(statement, check, progress) for statement, check in checks.items()]
        afterwards.pop_all()  # the last check is to take it down
        return [*verdicts, _tried("clean-up", lambda: check_clean_up(lab), progress)]


def _unknown(statements: Iterable[Statement], reason: Message) -> list[Verdict]:
    return [verdict(statement, "unknown", reason) for statement in statements]


def _tried(statement: Statement, check: Callable[[], Verdict], progress: Progress) -> Verdict:
    """Try a statement; where that fails it is unknown, but what cannot be removed is violated."""
    begun_s = time.monotonic()
    place = list(STATEMENTS).index(statement) + 1
    text = text_of(message(STATEMENTS[statement]), "en")
    progress(f"{place} of {len(STATEMENTS)}: {text}")
    try:
        tried = check()
    except CleanupError as error:
        tried = verdict(statement, "violated", message_of(error))
    except (ChaosError, LabError, OSError) as error:
        tried = verdict(statement, "unknown", message_of(error))
    progress(f"{tried.verdict} after {time.monotonic() - begun_s:.1f} s")
    return tried
