"""From measured splits to verdicts. Pure; no measurement depends on a prediction."""

from __future__ import annotations

from dataclasses import dataclass
from functools import reduce
from typing import TYPE_CHECKING

import pandas as pd

from reports.analysis.served import ServedState, is_served, kept
from reports.locale.message import joined, message
from reports.verdict import Verdict

if TYPE_CHECKING:
    from collections.abc import Sequence

    from reports.history.surveys import SideRecord, SplitRecord, SurveyRecord
    from reports.locale.message import Message


@dataclass(frozen=True)
class SplitsAnalysis:
    """Measured splits, judged.

    `sentences`: what was measured in each. `states`: of each side of each. `tables`: by name.
    """

    record: SurveyRecord
    splits: list[SplitRecord]
    sentences: list[Message]
    states: list[list[ServedState]]
    verdicts: list[Verdict]
    tables: dict[str, pd.DataFrame]


def predicted_side(split: SplitRecord, side: SideRecord) -> ServedState:
    """Return whether a side should serve: it must reach a leader that reaches a majority.

    Without a bridge a majority elects a leader. With a bridge no leader is elected while there is
    one in reach (pre-vote): all reach a leader on the bridge, and that half and the bridge reach a
    leader in a half.
    """
    majority = split.size // 2 + 1
    if not split.bridge:
        return "served" if len(side.members) >= majority else "not-served"
    if split.leader_in is None:
        return "served"
    led = split.groups[split.leader_in] + 1 >= majority
    apart = "bridge" not in side.name and split.leader not in side.members
    return "served" if led and not apart else "not-served"


def state_of(split: SplitRecord) -> ServedState:
    """Whether any side was served; unknown only when that could change the answer."""
    states = {is_served(side) for side in split.sides} or {"unknown"}
    if "served" in states:
        return "served"
    return "unknown" if "unknown" in states else "not-served"


def disjoint_served(split: SplitRecord) -> list[SideRecord]:
    """Return the sides that served anything, if two of them can have no member in common.

    What the halves of a bridged cluster serve has the bridge in common.
    """
    if split.bridge:
        return []
    serving = [side for side in split.sides if "served" in (side.write, side.read)]
    return serving if len(serving) > 1 else []


def layout(split: SplitRecord) -> Message:
    """Return the groups of a split, for example `7 = 3+2+2`."""
    groups = "+".join(str(count) for count in split.groups)
    key = "split-with-bridge" if split.bridge else "split-without-bridge"
    return message(key, size=split.size, groups=groups)


def _title(split: SplitRecord) -> Message:
    """Return for example `7 = 3+2+2, leader among the 3`."""
    if split.leader_in is None:
        return message("leader-on-bridge", layout=layout(split))
    return message("leader-in-group", layout=layout(split), count=split.groups[split.leader_in])


def split_sentence(split: SplitRecord) -> Message:
    """Return what was measured in a split."""
    title = _title(split)
    if not split.sides:
        return message("split-not-measured", split=title, reason=_reason(split))
    served = [side for side in split.sides if is_served(side) == "served"]
    if not served:
        offered_s = min(side.offered_s for side in split.sides)
        return message("split-not-served", split=title, offered_s=offered_s)
    sides = reduce(
        lambda first, second: message("listed", first=first, second=second),
        map(_served_side, served),
    )
    return message("split-served", split=title, sides=sides)


def _served_side(side: SideRecord) -> Message:
    key = "bridge-served" if side.name == "bridge" else "side-served"
    write_s = side.write_s or 0.0
    return message(key, name=side.name, count=len(side.members), write_s=write_s)


def _reason(split: SplitRecord) -> Message:
    return split.reason or message("nothing-measured")


def _judge_size(size: int, splits: Sequence[SplitRecord]) -> Verdict:
    of_size = [split for split in splits if split.size == size]
    identity = f"splits-of-{size}"
    pairs = [(split, side) for split in of_size for side in split.sides]
    for split, side in pairs:
        wanted = predicted_side(split, side)
        if is_served(side) not in ("unknown", wanted):
            prediction = message("side-should-be", name=side.name, wanted=message(wanted))
            note = joined(split_sentence(split), prediction)
            return Verdict(identity, "splits", "violated", note)
    unknown = [split for split in of_size if "unknown" in map(is_served, split.sides)]
    unknown += [split for split in of_size if not split.sides]
    if not of_size:
        return Verdict(identity, "splits", "unknown", message("nothing-measured"))
    if unknown:
        note = message("labelled", name=_title(unknown[0]), text=_reason(unknown[0]))
        return Verdict(identity, "splits", "unknown", note)
    serving = sum(state_of(split) == "served" for split in of_size)
    note = message("splits-as-predicted", size=size, count=len(of_size), serving=serving)
    return Verdict(identity, "splits", "holds", note)


def _disjoint(splits: Sequence[SplitRecord]) -> Verdict:
    identity = "never-two-disjoint-sides"
    measured = [split for split in splits if split.sides]
    if wrong := [split for split in measured if disjoint_served(split)]:
        return Verdict(identity, "safety", "violated", split_sentence(wrong[0]))
    bridged = sum(split.bridge and split.leader_in is None for split in measured)
    note = message("no-disjoint-sides-served", count=len(measured), bridged=bridged)
    return Verdict(identity, "safety", "holds" if measured else "unknown", note)


def analyse_splits(record: SurveyRecord, splits: Sequence[SplitRecord]) -> SplitsAnalysis:
    """Compute the table and verdicts of measured splits."""
    ordered = sorted(
        splits, key=lambda split: (split.size, split.bridge, len(split.groups), split.trial)
    )
    sentences = [split_sentence(split) for split in ordered]
    states = [[is_served(side) for side in split.sides] for split in ordered]
    verdicts = [_judge_size(size, ordered) for size in record.sizes if size > 1]
    measured = [split for split in ordered if split.sides]
    verdicts += [_disjoint(ordered), kept(measured, split_sentence, "kept-in-splits")]
    return SplitsAnalysis(record, ordered, sentences, states, verdicts, {"splits": _table(ordered)})


def _table(splits: Sequence[SplitRecord]) -> pd.DataFrame:
    rows = []
    for split in splits:
        for side in split.sides:
            state, wanted = is_served(side), predicted_side(split, side)
            verdict = "holds" if state == wanted else "violated"
            rows.append(
                {
                    "size": split.size,
                    "groups": "+".join(str(count) for count in split.groups),
                    "bridge": split.bridge,
                    "leader": split.leader,
                    "trial": split.trial,
                    "side": side.name,
                    "members": " ".join(side.members),
                    "write": side.write,
                    "read": side.read,
                    "first_served_s": side.write_s,
                    "back_after_heal_s": split.back_after_heal_s,
                    "predicted": wanted,
                    "verdict": "unknown" if state == "unknown" else verdict,
                }
            )
    return pd.DataFrame(rows)
