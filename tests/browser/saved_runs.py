"""Copies of the saved histories, with as many trials as wanted."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

HISTORIES = Path(__file__).parents[1] / "histories"


def copied(name, folder, trials=1):
    """Copy a saved history, with as many trials of it."""
    run = folder / name
    shutil.copytree(HISTORIES / name, run)
    record = json.loads((run / "run.json").read_text())
    record["trials"] = [
        record["trials"][0] | {"index": index, "number": index} for index in range(trials)
    ]
    record["trial_count"] = trials
    (run / "run.json").write_text(json.dumps(record))
    for index in range(1, trials):
        shutil.copytree(run / "trials/0000", run / f"trials/{index:04d}")
    return run
