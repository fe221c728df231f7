"""Whatever halab is given, it ends as its table says: a code, one message, no traceback, at once.

`HALAB_INPUTS`: how many inputs of all kinds together; 600 in `make test`, 20,000 in `make fuzz`.
Input NUMBER of a KIND is always the same: python -m tests.fuzz.inputs KIND NUMBER repeats it.
"""

from __future__ import annotations

import os
import tempfile
from collections import Counter
from pathlib import Path

import pytest

from tests.fuzz.inputs.command import call, keep_labs_away, problems_of
from tests.fuzz.inputs.kinds import KINDS, input_of
from tests.fuzz.inputs.run_directories import bases

COUNT = int(os.environ.get("HALAB_INPUTS", "600"))
PARTS = 4


@pytest.fixture(scope="session")
def run_bases(tmp_path_factory):
    return bases(tmp_path_factory.mktemp("bases"))


@pytest.fixture
def folder(monkeypatch, tmp_path):
    """Where inputs are: nothing of a lab is in reach of it."""
    keep_labs_away(monkeypatch, tmp_path)
    # tracebacks and the like
    (tmp_path / "tmp").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "tmp"))
    return tmp_path


@pytest.mark.timeout(3600)
@pytest.mark.parametrize("part", range(PARTS))
@pytest.mark.parametrize("kind", KINDS)
def test_every_input_ends_as_the_table_of_exit_codes_says(
    kind, part, run_bases, folder, record_property
):
    codes, faults = Counter(), []
    for number in range(part, round(COUNT * KINDS[kind].share), PARTS):
        given = input_of(kind, number, run_bases, folder)
        ended = call(given.argv)
        codes[ended.code] += 1
        if found := problems_of(given, ended):
            again = f"python -m tests.fuzz.inputs {kind} {number}"
            faults.append("\n  ".join([f"{again}: {given.done}", *found]))
    record_property(f"inputs {kind}", dict(codes))
    assert not faults, f"{len(faults)} of {codes.total()}\n" + "\n".join(faults[:20])


def test_every_kind_has_a_share_of_the_inputs_and_all_together_are_one():
    assert sum(kind.share for kind in KINDS.values()) == pytest.approx(1)
    assert Path(__file__).with_name("kinds.py").exists()
