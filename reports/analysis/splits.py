"""From measured splits to verdicts. Pure; nothing measured knows what is predicted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pandas as pd

from reports.analysis.tolerance import ServedState, is_served, kept
from reports.verdict import Verdict

if TYPE_CHECKING:
    from collections.abc import Sequence

    from reports.history.tolerance import SideRecord, SplitRecord, SurveyRecord


@dataclass(frozen=True)
class SplitsAnalysis:
    """Measured splits, judged. `tables`: name -> data frame."""

    record: SurveyRecord
    splits: list[SplitRecord]
    verdicts: list[Verdict]
    tables: dict[str, pd.DataFrame]


def predicted_side(split: SplitRecord, side: SideRecord) -> ServedState:
    """Say whether a side should serve: it must hear a leader who hears a majority.

    Without a bridge a majority elects one. Over a bridge nobody is elected while a leader is
    heard (pre-vote): on the bridge it is heard by all, in a half by that half and the bridge.
    """
    majority = split.size // 2 + 1
    if not split.bridge:
        return "served" if len(side.members) >= majority else "not-served"
    if split.leader_in is None:
        return "served"
    led = split.groups[split.leader_in] + 1 >= majority
    others = "bridge" not in side.name and split.leader not in side.members
    return "served" if led and not others else "not-served"


def state_of(split: SplitRecord) -> ServedState:
    """Whether some side was served; unknown only when that could change the answer."""
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


def title(split: SplitRecord) -> str:
    """Return for example `7 = 3+2+2, leader among the 3`."""
    parts = "+".join(str(count) for count in split.groups)
    bridge = " with a bridge" if split.bridge else ""
    where = "on the bridge"
    if split.leader_in is not None:
        where = f"among the {split.groups[split.leader_in]}"
    return f"{split.size} = {parts}{bridge}, leader {where}"


def shown(split: SplitRecord) -> str:
    """Say in a sentence what was seen."""
    if not split.sides:
        return f"{title(split)}: not measured: {split.reason}"
    served = [one for one in split.sides if is_served(one) == "served"]
    if not served:
        offered_s = min(side.offered_s for side in split.sides)
        return f"{title(split)}: no side served in {offered_s:.1f} s"
    sides = ", ".join(
        f"{'the bridge' if one.name == 'bridge' else f'side {one.name} of {len(one.members)}'}"
        f" after {one.write_s or 0:.2f} s"
        for one in served
    )
    return f"{title(split)}: served {sides}"


def _judge_size(size: int, splits: Sequence[SplitRecord]) -> Verdict:
    mine = [one for one in splits if one.size == size]
    identity = f"splits-of-{size}"
    pairs = [(split, side) for split in mine for side in split.sides]
    for split, side in pairs:
        if is_served(side) not in ("unknown", predicted_side(split, side)):
            wanted = predicted_side(split, side).replace("-", " ")
            note = f"{shown(split)}; side {side.name} should be {wanted}"
            return Verdict(identity, "splits", "violated", note)
    unknown = [split for split in mine if "unknown" in map(is_served, split.sides)]
    unknown += [split for split in mine if not split.sides]
    if unknown or not mine:
        note = f"{title(unknown[0])}: {unknown[0].reason}" if unknown else "nothing was measured"
        return Verdict(identity, "splits", "unknown", note)
    serving = sum(state_of(split) == "served" for split in mine)
    note = f"{size} members: as predicted in {len(mine)} splits; {serving} left a side that serves"
    return Verdict(identity, "splits", "holds", note)


def _disjoint(splits: Sequence[SplitRecord]) -> Verdict:
    identity = "never-two-disjoint-sides"
    measured = [split for split in splits if split.sides]
    if wrong := [split for split in measured if disjoint_served(split)]:
        return Verdict(identity, "safety", "violated", shown(wrong[0]))
    bridged = sum(split.bridge and split.leader_in is None for split in measured)
    note = (
        f"in {len(measured)} splits no two disjoint sides served; a leader on the bridge "
        f"({bridged} splits) may serve both halves, for it is in both majorities"
    )
    return Verdict(identity, "safety", "holds" if measured else "unknown", note)


def analyse_splits(record: SurveyRecord, splits: Sequence[SplitRecord]) -> SplitsAnalysis:
    """Compute the table and verdicts of measured splits."""
    ordered = sorted(splits, key=lambda one: (one.size, one.bridge, len(one.groups), one.trial))
    verdicts = [_judge_size(size, ordered) for size in record.sizes if size > 1]
    measured = [split for split in ordered if split.sides]
    verdicts += [_disjoint(ordered), kept(measured, shown, "splits")]
    return SplitsAnalysis(record, ordered, verdicts, {"splits": _table(ordered)})


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
