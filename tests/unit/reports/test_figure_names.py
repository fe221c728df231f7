"""Every figure of a real run has a name that its plan foretells."""

from __future__ import annotations

import pytest

from reports.analysis.figure_names import OF_SPLITS, suite_names, tolerance_names
from reports.kinds.registry import judge
from tests.net.convert import convert
from tests.net.saved import NAMES, run_of


def names_of(record):
    if record.kind == "suite":
        return {*suite_names(record.experiments), *(it.id for it in record.experiments)}
    return set(OF_SPLITS if record.kind == "splits" else tolerance_names(record.sizes))


@pytest.mark.parametrize("name", [name for name in NAMES if name != "claims"])
def test_every_figure_of_a_saved_run_has_a_name_of_its_plan(name, tmp_path):
    run = judge(convert(run_of(name), tmp_path / "run"))
    assert set(run.figures) - names_of(run.record) == set()
    if run.record.kind != "suite":
        assert set(run.figures) == names_of(run.record)
