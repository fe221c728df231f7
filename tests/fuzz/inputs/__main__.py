"""Repeats an input: python -m tests.fuzz.inputs KIND NUMBER."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import pytest

from tests.fuzz.inputs.command import call, keep_labs_away, problems_of
from tests.fuzz.inputs.kinds import KINDS, input_of
from tests.fuzz.inputs.run_directories import bases


def main(kind: str, number: int) -> None:
    """Print an input, how it ended, and what is wrong about that."""
    with tempfile.TemporaryDirectory() as made, pytest.MonkeyPatch.context() as patch:
        folder = Path(made)
        runs = bases(folder / "bases") if KINDS[kind].make is None else []
        keep_labs_away(patch, folder)
        given = input_of(kind, number, runs, folder)
        ended = call(given.argv)
    print(given.done, *map(repr, given.argv), sep="\n  ")
    print(f"ended in {ended.code} after {ended.cpu_s:.2f} s", ended.out, ended.err, sep="\n")
    print(ended.failure, *problems_of(given, ended), sep="\n")


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
