"""Runs the self-test: the statements one after the other, most of them on one small lab."""

from __future__ import annotations

import time
import uuid
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING

from chaos.errors import ChaosError, message_from, message_of
from chaos.selftest.clean_up import check_clean_up
from chaos.selftest.known_outage import check_known_outages
from chaos.selftest.planted_loss import check_planted_loss
from chaos.selftest.recorded_work import work_on
from chaos.selftest.silent_fault import TARGET, check_silent_fault
from chaos.selftest.stale_read import check_stale_read
from chaos.selftest.statements import STATEMENTS, verdict
from lab.afterwards import if_it_fails
from lab.errors import CleanupError, LabError
from lab.lab import Lab
from lab.runtime.drivers import DRIVERS
from lab.spec import LabSpec
from reports.locale.catalogue import text_of
from reports.locale.message import message

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from chaos.selftest.recorded_work import RecordedWork
    from chaos.selftest.statements import Statement
    from lab.progress import Progress
    from reports.locale.message import Message
    from reports.verdict import Verdict

RUNTIME = "netns"


@dataclass(frozen=True)
class Tried:
    """The verdicts on statements, and what the self-test could not remove itself."""

    verdicts: list[Verdict]
    left: list[CleanupError] = field(default_factory=list)

    def with_more(self, more: Tried) -> Tried:
        """Return these, and more."""
        return Tried(self.verdicts + more.verdicts, self.left + more.left)


def run_selftest(progress: Progress) -> Tried:
    """Try every statement; the verdicts are in the order of STATEMENTS.

    What cannot be had on this machine makes an unknown. The lab is taken down however it ends.
    """
    if reason := DRIVERS[RUNTIME].unavailable(()):
        return _unknown(STATEMENTS, message("selftest-no-namespaces", reason=message_from(reason)))
    return _tried("known-outage", check_known_outages, progress).with_more(_on_lab(progress))


def _on_lab(progress: Progress) -> Tried:
    spec = LabSpec(
        name=f"selftest-{uuid.uuid4().hex[:6]}", runtime=RUNTIME, etcd=1, masters=0, workers=1
    )
    try:
        lab = Lab.up(spec, owned=True, progress=progress)
    except (LabError, OSError) as error:
        of_labs = [statement for statement in STATEMENTS if statement != "known-outage"]
        untried = _unknown(of_labs, message("selftest-no-lab", reason=message_of(error)))
        return untried.with_more(Tried([], [error] if isinstance(error, CleanupError) else []))

    @cache
    def work() -> RecordedWork:
        return work_on(lab)

    with if_it_fails(lab.down):
        member = lab.etcd(TARGET.node)
        checks: dict[Statement, Callable[[], Verdict]] = {
            "planted-stale-read": lambda: check_stale_read(work(), member),
            "planted-loss": lambda: check_planted_loss(work(), member),
            "silent-fault": lambda: check_silent_fault(lab),
            "clean-up": lambda: check_clean_up(lab),  # it takes the lab down
        }
        tried = Tried([])
        for statement, check in checks.items():
            tried = tried.with_more(_tried(statement, check, progress))
    return tried


def _unknown(statements: Iterable[Statement], reason: Message) -> Tried:
    return Tried([verdict(statement, "unknown", reason) for statement in statements])


def _tried(statement: Statement, check: Callable[[], Verdict], progress: Progress) -> Tried:
    """Try a statement; where that fails it is unknown, but what cannot be removed is violated."""
    begun_s = time.monotonic()
    place = list(STATEMENTS).index(statement) + 1
    text = text_of(message(STATEMENTS[statement]), "en")
    progress(f"{place} of {len(STATEMENTS)}: {text}")
    left = []
    try:
        tried = check()
    except CleanupError as error:
        tried = verdict(statement, "violated", message_of(error))
        left = [error]
    except (ChaosError, LabError, OSError) as error:
        tried = verdict(statement, "unknown", message_of(error))
    progress(f"{tried.verdict} after {time.monotonic() - begun_s:.1f} s")
    return Tried([tried], left)
