"""Repeats a mutation: python -m tests.fuzz BASE NUMBER DIRECTORY (which it leaves there)."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from reports.kinds.registry import judge
from reports.locale.catalogue import text_of
from tests.fuzz.bases import made_bases, saved_bases
from tests.fuzz.property import faults_of, mutated, verdicts_of


def main(name: str, number: int, copy: Path) -> None:
    """Print what was done, and every verdict that changed with its note."""
    with tempfile.TemporaryDirectory() as folder:
        every = [*made_bases(Path(folder)), *saved_bases(Path(folder))]
        base = next(base for base in every if base.name == name)
        before = verdicts_of(base)
        done, after = mutated(base, number, copy)
    print(done)
    for fault in faults_of(before, after):
        print(f"  {fault}")
    for verdict in judge(copy).verdicts:
        key = (verdict.experiment, verdict.id)
        if before.get(key) != verdict.verdict:
            note = text_of(verdict.note, "en")
            print(f"  {'/'.join(key)}: {before.get(key)} -> {verdict.verdict}: {note}")


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), Path(sys.argv[3]))
