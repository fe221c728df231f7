"""From the history of a proof to its verdicts and figures. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pandas as pd

from reports.analysis.consistency import SHOWN, Consistency, check
from reports.analysis.figures import Figure, exact, unknown
from reports.analysis.verdict import Verdict

if TYPE_CHECKING:
    from collections.abc import Sequence

    from reports.analysis.verdict import Kind
    from reports.history.proof import ProofHistory


@dataclass(frozen=True)
class ProofAnalysis:
    """A proof, judged. `tables`: name -> data frame."""

    history: ProofHistory
    consistency: Consistency
    figures: dict[str, Figure]
    verdicts: list[Verdict]
    tables: dict[str, pd.DataFrame]


def analyse_proof(history: ProofHistory) -> ProofAnalysis:
    """Check the history, and measure every step."""
    found = check(history.ops, history.final)
    figures = _proof_figures(history, found)
    for step in history.record.steps:
        figures |= _step_figures(history, str(step["id"]))
    rejoined = [one for name, one in figures.items() if name.endswith("_rejoined_s")]
    if rejoined:
        figures["rejoined_s"] = max(
            rejoined, key=lambda figure: (bool(figure.unknown), figure.upper)
        )
    verdicts = [
        _verdict("nothing-lost", figures["lost"], 0, found.lost),
        _verdict("no-stale-read", figures["stale"], 0, found.stale),
        _verdict("members-agree", figures["differing"], 0, []),
        _verdict("a-last-write", figures["last_write"], 1, []),
    ]
    rows = [
        {"figure": name, "value": one.lower, "evidence": one.evidence, "unknown": one.unknown}
        for name, one in figures.items()
    ]
    return ProofAnalysis(history, found, figures, verdicts, {"proof": pd.DataFrame(rows)})


def _proof_figures(history: ProofHistory, found: Consistency) -> dict[str, Figure]:
    thin = history.record.reason or found.thin or _missing(history)
    writes = f"{found.writes} acknowledged writes, {found.reads} reads"
    hashes = _last(history.events, "hashes")
    last = [one for one in history.events if one["kind"] == "last_write"]
    figures = {
        "acknowledged": exact(found.writes, writes),
        "lost": exact(len(found.lost), _counted(found.lost, f"none lost of {writes}")),
        "stale": exact(len(found.stale), _counted(found.stale, f"none of {writes} out of order")),
    }
    if hashes is not None:
        values = [tuple(one) for one in hashes["hashes"].values()]
        shown = f"at revision {hashes['revision']}: {hashes['hashes']}"
        figures["differing"] = exact(len(set(values)) - 1, shown)
        wrote = [str(one["member"]) for one in last if one["ok"]]
        all_wrote = len(wrote) == len(hashes["hashes"])
        figures["last_write"] = exact(all_wrote, f"a last write through {', '.join(wrote)}")
    names = ("lost", "stale", "differing", "last_write")
    if thin:
        figures |= {name: unknown(thin) for name in names}
    return {"acknowledged": figures.pop("acknowledged"), **figures}


def _missing(history: ProofHistory) -> str:
    if history.record.status != "complete":
        return f"the run is {history.record.status}"
    return "" if _last(history.events, "hashes") else "the members' hashes were not compared"


def _counted(found: Sequence[str], none: str) -> str:
    more = f" and {len(found) - SHOWN} more" if len(found) > SHOWN else ""
    return "; ".join(found[:SHOWN]) + more if found else none


def _last(events: Sequence[dict[str, Any]], kind: str) -> dict[str, Any] | None:
    return next((one for one in reversed(events) if one["kind"] == kind), None)


def _step_figures(history: ProofHistory, step: str) -> dict[str, Figure]:
    """Return what a step shows: ID_served, ID_rejoined_s, ID_refused, as far as it has them."""
    mine = {one["kind"]: one for one in history.events if one.get("step") == step}
    figures = {}
    if "effect_confirmed" in mine and "heal_begin" in mine:
        begin_s, end_s = float(mine["effect_confirmed"]["t_s"]), float(mine["heal_begin"]["t_s"])
        figures[f"{step}_served"] = _served(history, begin_s, end_s, mine["effect_confirmed"])
    if "heal_begin" in mine and "rejoined" in mine:
        took_s = float(mine["rejoined"]["t_s"]) - float(mine["heal_begin"]["t_s"])
        shown = f"{step}: {took_s:.2f} s from the heal to {mine['rejoined']['evidence']}"
        figures[f"{step}_rejoined_s"] = exact(took_s, shown)
    elif "heal_begin" in mine:
        figures[f"{step}_rejoined_s"] = unknown(history.record.reason or "did not join again")
    if "add" in mine:
        shown = str(mine["add"]["answer"])
        figures[f"{step}_refused"] = exact(not mine["add"]["accepted"], shown)
    return figures


def _served(
    history: ProofHistory, begin_s: float, end_s: float, confirmed: dict[str, Any]
) -> Figure:
    """Whether a write was acknowledged that was invoked and completed within [begin_s, end_s]."""
    hit = set(confirmed.get("hit", []))
    within = [
        one
        for one in history.ops
        if one.op == "write" and begin_s <= one.invoke_s <= end_s and one.member not in hit
    ]
    done = [one for one in within if one.outcome == "ok" and one.complete_s <= end_s]
    if not within:
        return unknown("no write was offered while the fault was in")
    first = min(done, key=lambda one: one.complete_s, default=None)
    after = f", the first after {first.complete_s - begin_s:.2f} s" if first else ""
    shown = f"{len(done)} of {len(within)} writes acknowledged in {end_s - begin_s:.1f} s{after}"
    return exact(bool(done), f"{', '.join(sorted(hit)) or 'nobody'} hit: {shown}")


def _verdict(identity: str, figure: Figure, wanted: float, found: Sequence[str]) -> Verdict:
    if figure.unknown:
        return Verdict(identity, "proof", "unknown", figure.unknown)
    kind: Kind = "holds" if figure.lower == wanted else "violated"
    return Verdict(identity, "proof", kind, _counted(found, figure.evidence))
