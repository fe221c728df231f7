"""Output for other programs: CSV tables, JUnit XML, OpenMetrics text."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from junitparser import Error, Failure, JUnitXml, TestCase, TestSuite
from prometheus_client import CollectorRegistry, Gauge
from prometheus_client.openmetrics.exposition import generate_latest

from reports.locale.catalogue import text_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    import pandas as pd

    from reports.verdict import Verdict

OUTCOMES = {"violated": Failure, "unknown": Error}
LABELS = ("experiment", "injection", "probe", "connection")
METRICS = {
    "outage_median_lower_s": "Longest outage of a trial, lower end of its bracket",
    "outage_median_upper_s": "Longest outage of a trial, upper end of its bracket",
    "degraded_median_s": "From the first to the last bad request of a trial",
    "availability_min": "Share of good requests from the injection on, the worst trial",
}


def write_tables(tables: Mapping[str, pd.DataFrame], folder: Path) -> None:
    """Write every table as CSV and Parquet.

    An infinite (censored) value or one that was not observed is empty in CSV, and infinite or
    null in Parquet.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for name, table in tables.items():
        finite = table.replace(math.inf, math.nan)
        finite.to_csv(folder / f"{name}.csv", index=False, float_format="%.6g", errors="replace")
        table.to_parquet(folder / f"{name}.parquet", index=False)


def junit_of(name: str, verdicts: Sequence[Verdict]) -> bytes:
    """Return JUnit XML: one case an expectation; violated is a failure, unknown an error."""
    suite = TestSuite(name)
    for verdict in verdicts:
        case = TestCase(verdict.id, classname=verdict.experiment)
        if verdict.verdict in OUTCOMES:
            case.result = [OUTCOMES[verdict.verdict](text_of(verdict.note, "en"))]
        suite.add_testcase(case)
    document = JUnitXml()
    document.add_testsuite(suite)
    text: bytes = document.tostring()
    return text


def metrics(recovery: pd.DataFrame) -> bytes:
    """Return the recovery table as OpenMetrics text, one gauge a figure."""
    registry = CollectorRegistry()
    for column, meaning in METRICS.items():
        unit = "seconds" if column.endswith("_s") else "ratio"
        name = f"halab_{column.removesuffix('_s')}_{unit}"
        gauge = Gauge(name, meaning, LABELS, registry=registry)
        for row in recovery.to_dict("records"):
            gauge.labels(*(row[label] for label in LABELS)).set(row[column])
    text: bytes = generate_latest(registry)
    return text
