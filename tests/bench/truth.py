"""Is the truth in the bracket? Known outages of six kinds, 50 ms to 10 s, many side by side.

What was measured becomes a run directory under runs/, with the true spans as events and
report/tables/truth.csv beside the tables that every run has.
"""

from __future__ import annotations

import tempfile
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd
from rich.table import Table

from chaos.provenance import RunOrder
from chaos.selftest.known_outages.comparison import WIDEST_PERIODS, rows_of
from chaos.selftest.known_outages.lanes import MODES, measured
from chaos.selftest.known_outages.spans import (
    CLIENT_TIMEOUT_S,
    DEADLINE_S,
    KINDS,
    PERIOD_S,
    RATE_HZ,
    drawn_lanes,
)
from reports.history.events import ObserveBegin, ProbingEnd, UnknownEvent
from reports.history.schema import (
    Expectation,
    ExperimentRecord,
    SeriesRecord,
    SuiteRecord,
    TrialRecord,
)
from reports.history.text import Text
from reports.history.writer import RunWriter
from reports.kinds.registry import judge
from reports.kinds.report import write_report

if TYPE_CHECKING:
    from chaos.selftest.known_outages.comparison import Row
    from chaos.selftest.known_outages.spans import Span
    from reports.history.samples import Sample

LANES, COUNT, SEED = 8, 25, "truth"


def table(runs_dir: Path = Path("runs")) -> Table:
    """Measure 200 spans, write their run directory, and return the table of all kinds."""
    with tempfile.TemporaryDirectory() as folder:
        samples, spans = measured(Path(folder), drawn_lanes(SEED, LANES, COUNT))
    rows, strays = rows_of(pd.DataFrame(samples), spans)
    directory = _written(runs_dir, samples, spans, rows)
    title = (
        f"{len(spans)} known outages at {RATE_HZ:g} Hz, deadline {DEADLINE_S:g} s; "
        f"{strays} outages where there was none; {directory}"
    )
    made = Table(title=title)
    for column in ("kind", "conn.", "judged", "disturbed", "missed", "invented", "inside as is"):
        made.add_column(column)
    for column in ("inside with S", f"over {WIDEST_PERIODS:g} P", "widest, P", "S max, ms"):
        made.add_column(column)
    for kind in (*KINDS, "all"):
        for mode in MODES:
            part = [r for r in rows if kind in (r.span.kind, "all") and r.connection == mode]
            made.add_row(kind, mode, *_cells(part))
    return made


def _cells(rows: list[Row]) -> list[str]:
    clear = [one for one in rows if not one.disturbed]
    if not clear:
        return ["0", str(len(rows))]
    return [
        str(len(clear)),
        str(len(rows) - len(clear)),
        str(sum(one.missed for one in clear)),
        str(sum(one.invented for one in clear)),
        str(sum(one.strictly_inside for one in clear)),
        str(sum(one.inside for one in clear)),
        str(sum(one.width_periods > WIDEST_PERIODS for one in clear)),
        f"{max(one.width_periods for one in clear):.2f}",
        f"{1000 * max(one.service_s for one in clear):.1f}",
    ]


def _written(runs_dir: Path, samples: list[Sample], spans: list[Span], rows: list[Row]) -> Path:
    """Write the run directory and its report."""
    lanes = sorted({one.lane for one in spans})
    versions = {"halab": version("halab")}
    order = RunOrder(trials=1, seed=0, runtime="none", runs_dir=runs_dir, command="make bench")
    record = SuiteRecord(
        **order.header("truth", versions),
        deadline_s=DEADLINE_S,
        client_timeout_s=CLIENT_TIMEOUT_S,
        experiments=[_experiment(lanes)],
        trials=[TrialRecord(index=0, experiment="truth", number=0, status="complete")],
    )
    record.status = "complete"
    writer = RunWriter(runs_dir / record.id, record)
    writer.save()
    history = writer.trial(0)
    zero_s = min(one.scheduled_s for one in samples)
    history.event(ObserveBegin(0.0, "servers of the project's own"))
    for span in sorted(spans, key=lambda one: one.begin_s):
        moments = {key: value - zero_s for key, value in span.as_dict().items() if key[-2:] == "_s"}
        fields = {"lane": span.lane, "span": span.kind, **moments}
        history.event(UnknownEvent(moments["begin_s"], "true_span", fields))
    for sample in samples:
        history.sample(sample.since(zero_s))
    history.event(ProbingEnd(max(one.scheduled_s for one in samples) - zero_s))
    history.close()
    write_report(writer.directory, judge(writer.directory), "en")
    truth = pd.DataFrame([_flat(one, zero_s) for one in rows])
    truth.to_csv(writer.directory / "report" / "tables" / "truth.csv", index=False)
    return writer.directory


def _experiment(lanes: list[str]) -> ExperimentRecord:
    return ExperimentRecord(
        id="truth",
        title=Text.model_validate("Outages that are exactly known"),
        hypothesis=Text.model_validate("The truth lies in the bracket."),
        lab={"url": "servers of the project's own", "address": "a namespace of their own"},
        workers=lanes,
        members=[],
        series=[
            SeriesRecord(probe="read", connection=mode, rate_hz=RATE_HZ, workers=lanes)
            for mode in MODES
        ],
        steps=[],
        expect=[
            Expectation(
                id=f"{mode}-answered",
                metric="answers",
                probe="read",
                connection="new" if mode == "new" else "reused",
                op="at_least",
                value=1,
            )
            for mode in MODES
        ],
        settings={"period_s": PERIOD_S},
        supervision=Text.model_validate("each server is switched by itself, or by a packet filter"),
        bound_s=0.0,
        baseline_s=0.0,
    )


def _flat(row: Row, zero_s: float) -> dict[str, object]:
    return {
        "worker": row.span.lane,
        "kind": row.span.kind,
        "connection": row.connection,
        "begin_s": row.span.began_s - zero_s,
        "truth_least_s": row.least_s,
        "truth_most_s": row.most_s,
        "found": row.outages,
        "lower_s": row.lower_s,
        "upper_s": row.upper_s,
        "service_s": row.service_s,
        "disturbed": row.disturbed,
        "missed": row.missed,
        "invented": row.invented,
        "inside": row.inside,
        "strictly_inside": row.strictly_inside,
        "width_periods": row.width_periods,
    }
