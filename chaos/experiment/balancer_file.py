"""What differs between a user's balancer file and the lab, as sentences."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chaos.probes.series import CLIENT_TIMEOUT_S, can_be_kept
from reports.locale.message import message

if TYPE_CHECKING:
    from collections.abc import Sequence

    from chaos.probes.series import Series
    from lab.balancers.fitting import Remark
    from lab.plan import LabPlan
    from reports.locale.message import Message

_KEYS = {
    "changed": "lb-file-changed",
    "supplied": "lb-file-supplied",
    "chosen": "lb-file-chosen",
    "unused-masters": "lb-file-unused-masters",
    "other-port": "lb-file-other-port",
    "not-utf-8": "lb-file-not-utf-8",
    "no-final-newline": "lb-file-no-final-newline",
}


def remarks_of(remarks: Sequence[Remark]) -> list[Message]:
    """Return the remarks on a file; what was left out together."""
    dropped = [remark for remark in remarks if remark.kind == "dropped"]
    sentences = [
        message(_KEYS[remark.kind], line=remark.line, subject=remark.subject, value=remark.value)
        for remark in remarks
        if remark.kind in _KEYS
    ]
    if not dropped:
        return sentences
    lines: dict[str, list[int]] = {}
    for remark in dropped:
        lines.setdefault(remark.subject, []).append(remark.line)
    settings = tuple(
        message("lb-file-setting", subject=subject, lines=", ".join(map(str, sorted(set(numbers)))))
        for subject, numbers in lines.items()
    )
    return [message("lb-file-dropped", settings=settings), *sentences]


def balancer_file_remarks(plan: LabPlan, series: Sequence[Series]) -> list[Message]:
    """Return all that a reader must know of a user's file in this lab; without one nothing."""
    if not plan.spec.lb_config:
        return []
    sentences, idle_s = remarks_of(plan.spec.lb_config.remarks), plan.reaction.closes_idle_s
    reused = [each for each in series if each.connection == "reused"]
    if any(idle_s and idle_s < CLIENT_TIMEOUT_S + 2 / each.rate_hz for each in reused):
        sentences.append(message("lb-file-closes-idle", idle_s=idle_s))
    lost = [each.probe for each in reused if not can_be_kept(each, idle_s)]
    if lost:
        sentences.append(message("lb-file-series-lost", series=", ".join(lost), idle_s=idle_s))
    return sentences
