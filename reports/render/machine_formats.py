"""Output for other programs: CSV tables, JUnit XML, OpenMetrics text."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from junitparser import Error, Failure, JUnitXml, TestCase, TestSuite
from prometheus_client import CollectorRegistry, Gauge
from prometheus_client.openmetrics.exposition import generate_latest

from reports.locale.catalogue import text_of
from reports.locale.printable import printable, printable_line
from reports.render.grade_metrics import register_grades

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pandas as pd

    from reports.analysis.fault_grades import FaultGrade
    from reports.verdict import Verdict

OUTCOMES = {"violated": Failure, "unknown": Error}
FORMULA_SIGNS = ("=", "+", "-", "@")
LABELS = ("experiment", "injection", "probe", "connection")
METRICS = {
    "n": "Trials that were measured",
    "left_out": "Trials that were not measured",
    "outage_median_lower_s": "Longest outage of a trial, lower end of its bracket",
    "outage_median_upper_s": "Longest outage of a trial, upper end of its bracket",
    "degraded_median_lower_s": "From the first to the last bad request of a trial, lower end",
    "degraded_median_upper_s": "From the first to the last bad request of a trial, upper end",
    "all_good_after_heal_median_lower_s": "From the heal until all was good, lower end",
    "all_good_after_heal_median_upper_s": "From the heal until all was good, upper end",
    "good_share_during_median": "Share of good requests while the fault was in",
    "availability_min": "Share of good requests from the injection on, the worst trial",
}
UNITS = {"n": "trials", "left_out": "trials"}


def table_files(tables: Mapping[str, pd.DataFrame]) -> dict[str, bytes]:
    """Return every table as CSV and Parquet, by the files' names.

    An end that was not observed (censored) is infinite, "inf" in CSV; a value that was not observed
    is empty in CSV, and null in Parquet.
    """
    files = {}
    for name, table in tables.items():
        texts = table.select_dtypes(exclude=["number", "bool"])
        safe = table.assign(**{str(column): texts[column].map(_csv_cell) for column in texts})
        files[f"{name}.csv"] = safe.to_csv(index=False, float_format="%.6g").encode()
        files[f"{name}.parquet"] = table.to_parquet(index=False)
    return files


def _csv_cell(value: object) -> object:
    """Return a cell that no spreadsheet computes, and no terminal obeys: it is a text or a number.

    Texts that a spreadsheet takes for a formula get an apostrophe, which it does not show.
    """
    if not isinstance(value, str):
        return value
    text = printable_line(value)
    return f"'{text}" if text.startswith(FORMULA_SIGNS) else text


def junit_of(name: str, verdicts: Sequence[Verdict]) -> bytes:
    """Return JUnit XML: one case an expectation; violated is a failure, unknown an error."""
    suite = TestSuite(printable(name))
    for verdict in verdicts:
        case = TestCase(printable(verdict.id), classname=printable(verdict.experiment))
        if verdict.verdict in OUTCOMES:
            note = printable(text_of(verdict.note, "en"))
            case.result = [OUTCOMES[verdict.verdict](note)]
        suite.add_testcase(case)
    document = JUnitXml()
    document.add_testsuite(suite)
    text: bytes = document.tostring()
    return text


def metrics(recovery: pd.DataFrame, grades: Sequence[FaultGrade]) -> bytes:
    """Return the recovery table and grades as OpenMetrics text, one gauge a figure.

    An upper end that was not observed is +Inf; what was not observed at all has no sample.
    """
    registry = CollectorRegistry()
    register_grades(registry, grades)
    for column, meaning in METRICS.items():
        unit = UNITS.get(column, "seconds" if column.endswith("_s") else "ratio")
        name = f"halab_{column.removesuffix('_s')}_{unit}"
        gauge = Gauge(name, meaning, LABELS, registry=registry)
        for row in recovery.to_dict("records"):
            if not math.isnan(row[column]):
                gauge.labels(*(printable(row[label]) for label in LABELS)).set(row[column])
    text: bytes = generate_latest(registry)
    return text
