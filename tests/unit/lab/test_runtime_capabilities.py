"""The table of capabilities."""

from __future__ import annotations

from pathlib import Path

from lab.runtime.capabilities import CAPABILITIES
from lab.runtime.drivers import DRIVERS, capability_table


def test_every_runtime_answers_for_every_capability():
    assert all(set(driver.capabilities) == set(CAPABILITIES) for driver in DRIVERS.values())


def test_the_table_in_the_documents_is_the_codes_own():
    heading, *rows = [f"| {' | '.join(row)} |" for row in capability_table()]
    table = "\n".join([heading, f"|{'---|' * (len(DRIVERS) + 2)}", *rows, ""])
    assert table in (Path(__file__).parents[3] / "DESIGN.md").read_text()
