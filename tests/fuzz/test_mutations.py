"""Nothing that was violated or unknown becomes holds, nothing that held becomes violated.

`HALAB_MUTATIONS`: how many of all bases together; 2,000 in `make test`, 20,000 in `make fuzz`.
"""

from __future__ import annotations

import os

import pytest

from tests.fuzz.bases import made_bases, saved_bases
from tests.fuzz.property import faults_of, mutated, verdicts_of

COUNT = int(os.environ.get("HALAB_MUTATIONS", "2000"))
PARTS = 10


@pytest.fixture(scope="session")
def bases(tmp_path_factory):
    folder = tmp_path_factory.mktemp("bases")
    every = [*made_bases(folder), *saved_bases(folder)]
    return [(base, verdicts_of(base)) for base in every]


@pytest.mark.parametrize("part", range(PARTS))
def test_no_mutation_makes_a_verdict_better_and_none_that_held_violated(part, bases, tmp_path):
    faults = []
    each = -(-COUNT // len(bases))
    for base, before in bases:
        for number in range(part, each, PARTS):
            copy = tmp_path / base.name
            done, after = mutated(base, number, copy)
            if found := faults_of(before, after):
                again = f"python -m tests.fuzz {base.name} {number} DIRECTORY"
                faults.append("\n  ".join([f"{again}: {done}", *found[:4]]))
    assert not faults, f"{len(faults)} faults\n" + "\n".join(faults[:20])
