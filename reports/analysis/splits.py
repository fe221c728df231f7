"""From measured splits to verdicts. Pure; no measurement depends on a prediction."""

from __future__ import annotations

from dataclasses import dataclass
from functools import reduce
from itertools import combinations
from string import ascii_lowercase
from typing import TYPE_CHECKING

import pandas as pd

from reports.analysis.planned_rows import rows_of_plan, sizes_of
from reports.analysis.served import ServedState, as_stated, is_served, kept, serves_anything
from reports.history.survey_plan import BRIDGE
from reports.locale.message import joined, message
from reports.verdict import Verdict, worst

if TYPE_CHECKING:
    from collections.abc import Sequence

    from reports.history.surveys import SideRecord, SplitRecord, SurveyRecord
    from reports.locale.message import Message
    from reports.verdict import VerdictValue


@dataclass(frozen=True)
class SplitsAnalysis:
    """Measured splits, judged.

    `splits`: all that were planned, each with all its sides. `sentences`: what was measured in
    each. `states`: of each side of each. `tables`: by name.
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
        count = split.member_counts.get(side.name, len(side.members))
        return "served" if count >= majority else "not-served"
    if split.leader_in is None:
        return "served"
    led = split.groups[split.leader_in] + 1 >= majority
    with_leader = side.name in (BRIDGE, ascii_lowercase[split.leader_in])
    return "served" if led and with_leader else "not-served"


def judge_side(split: SplitRecord, side: SideRecord) -> VerdictValue:
    """Judge whether a side served as predicted."""
    return as_stated(side, serve=predicted_side(split, side) == "served")


def state_of(split: SplitRecord) -> ServedState:
    """Whether any side was served; unknown only when that could change the answer."""
    states = {is_served(side) for side in split.sides}
    if "served" in states:
        return "served"
    return "unknown" if "unknown" in states else "not-served"


def disjoint_served(split: SplitRecord) -> bool | None:
    """Whether two sides without a common member both served anything; None: they may have.

    What the halves of a bridged cluster serve has the bridge in common.
    """
    if split.bridge:
        return False
    serving = [side for side in split.sides if serves_anything(side)]
    if any(set(one.members).isdisjoint(two.members) for one, two in combinations(serving, 2)):
        return True
    possible = [side for side in split.sides if as_stated(side, serve=False) != "holds"]
    return None if len(possible) > 1 else False


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
    served = [side for side in split.sides if serves_anything(side)]
    if not served and state_of(split) == "unknown":
        return message("split-not-measured", split=title, reason=_reason(split))
    if not served:
        sent_s = min((side.sent_s for side in split.sides), default=0.0)
        return message("split-not-served", split=title, sent_s=sent_s)
    sides = reduce(
        lambda first, second: message("listed", first=first, second=second),
        map(_served_side, served),
    )
    return message("split-served", split=title, sides=sides)


def _served_side(side: SideRecord) -> Message:
    key = "bridge-served" if side.name == BRIDGE else "side-served"
    write_s = side.write_s or 0.0
    return message(key, name=side.name, count=len(side.members), write_s=write_s)


def _reason(split: SplitRecord) -> Message:
    return split.reason or message("nothing-measured")


def _judge_size(size: int, splits: Sequence[SplitRecord]) -> Verdict:
    of_size = [split for split in splits if split.size == size]
    identity = f"splits-of-{size}"
    judged = [(judge_side(split, side), split, side) for split in of_size for side in split.sides]
    verdict = worst(result for result, _, _ in judged)
    if not judged:
        return Verdict(identity, "splits", "unknown", message("nothing-measured"))
    _, split, side = next(entry for entry in judged if entry[0] == verdict)
    if verdict == "violated":
        wanted = message(predicted_side(split, side))
        prediction = message("side-should-be", name=side.name, wanted=wanted)
        return Verdict(identity, "splits", "violated", joined(split_sentence(split), prediction))
    if verdict == "unknown":
        note = message("labelled", name=_title(split), text=_reason(split))
        return Verdict(identity, "splits", "unknown", note)
    serving = sum(state_of(split) == "served" for split in of_size)
    note = message("splits-as-predicted", size=size, count=len(of_size), serving=serving)
    return Verdict(identity, "splits", "holds", note)


def _disjoint(splits: Sequence[SplitRecord]) -> Verdict:
    identity = "never-two-disjoint-sides"
    served = [(disjoint_served(split), split) for split in splits]
    if wrong := [split for both, split in served if both]:
        return Verdict(identity, "safety", "violated", split_sentence(wrong[0]))
    if undecided := [split for both, split in served if both is None]:
        note = message("labelled", name=_title(undecided[0]), text=_reason(undecided[0]))
        return Verdict(identity, "safety", "unknown", note)
    if not splits:
        return Verdict(identity, "safety", "unknown", message("nothing-measured"))
    bridged = sum(split.bridge and split.leader_in is None for split in splits)
    note = message("no-disjoint-sides-served", count=len(splits), bridged=bridged)
    return Verdict(identity, "safety", "holds", note)


def analyse_splits(record: SurveyRecord, recorded: Sequence[SplitRecord]) -> SplitsAnalysis:
    """Compute the table and verdicts of a survey from the splits that were recorded."""
    splits = rows_of_plan(record.planned, recorded)
    ordered = sorted(
        splits, key=lambda split: (split.size, split.bridge, len(split.groups), split.trial)
    )
    sentences = [split_sentence(split) for split in ordered]
    states = [[is_served(side) for side in split.sides] for split in ordered]
    verdicts = [_judge_size(size, ordered) for size in sizes_of(record, ordered) if size > 1]
    verdicts += [_disjoint(ordered), kept(ordered, split_sentence, "kept-in-splits")]
    return SplitsAnalysis(record, ordered, sentences, states, verdicts, {"splits": _table(ordered)})


def _table(splits: Sequence[SplitRecord]) -> pd.DataFrame:
    rows = [
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
            "predicted": predicted_side(split, side),
            "verdict": judge_side(split, side),
        }
        for split in splits
        for side in split.sides
    ]
    return pd.DataFrame(rows)
