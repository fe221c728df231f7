"""Kill labs at seeded moments, and compare the machine before and after.

Needs root and a Docker daemon. Labs that others have on this machine meanwhile do not count.
"""

from __future__ import annotations

import argparse
import ctypes
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from pathlib import Path

from lab.binaries.resolve import resolve
from lab.binaries.versions import BINARIES
from lab.runtime.drivers import DRIVERS
from tests.torture import counts
from tests.torture.machine import snapshot
from tests.torture.one_run import PR_SET_CHILD_SUBREAPER, Result
from tests.torture.plan import SHORT, WHOLE, Run, planned
from tests.torture.snapshot import Difference, Snapshot, differences

SEED = 20261126
BATCH = 12
WIDTH = 3
RUN_TIMEOUT_S = 420
SETTLE_S = 15.0
POLL_S = 0.5


def main() -> None:
    """Do what the command line asks for; exit code 1 where anything was wrong."""
    parser = argparse.ArgumentParser(prog="python -m tests.torture", description=__doc__)
    parser.add_argument("--short", action="store_true")
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--run", default="", help="one run alone, or a group: root, docker, ...")
    parser.add_argument("--first", type=int, default=0, help="only so many of each group")
    parser.add_argument("--width", type=int, default=WIDTH, help="how many runs at a time")
    options = parser.parse_args()
    if os.geteuid() != 0:
        sys.exit("torture needs root: it makes labs as root and as an ordinary user")
    runs = planned(SHORT if options.short else WHOLE, options.seed)
    chosen = [run for run in runs if is_chosen(run, options.run, options.first)]
    if not chosen:
        sys.exit(f"no run is named {options.run}: a group and a number, as root-17")
    sys.exit(torture(chosen, options.seed, options.width, short=options.short))


def is_chosen(run: Run, wanted: str, first: int) -> bool:
    """Whether a run is wanted: by its name, its group, or its number in the group."""
    group, _, number = run.name.rpartition("-")
    return wanted in ("", run.name, group) and (not first or int(number) < first)


def torture(runs: list[Run], seed: int, width: int, *, short: bool) -> int:
    """Do the runs, print what became of each, and the counts; return the exit code."""
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    docker = any(run.runtime == "docker" for run in runs)
    resolve(BINARIES, progress=print)
    if docker:
        DRIVERS["docker"].prepare(print)
    root = Path(tempfile.mkdtemp(prefix="halab-torture-"))
    root.chmod(0o755)
    begun_s, results, changed = time.monotonic(), [], []
    again = f"make torture SEED={seed} {'SHORT=1 ' if short else ''}RUN="
    try:
        for at in range(0, len(runs), BATCH):
            batch = runs[at : at + BATCH]
            before = snapshot(root, docker=docker)
            with ThreadPoolExecutor(width) as pool:
                for run, result in zip(
                    batch, pool.map(lambda run: in_a_process(run, root), batch), strict=True
                ):
                    results.append(result)
                    print(counts.line(run, result, again), flush=True)
            for difference in lasting_differences(before, root, docker=docker):
                changed.append(difference)
                print(f"WRONG after {batch[0].name} to {batch[-1].name}: {difference}", flush=True)
    finally:
        shutil.rmtree(root, ignore_errors=True)
    counts.print_counts(runs, results)
    wrong = [result for result in results if result.wrong]
    print(
        f"\n{len(results) - len(wrong)} of {len(results)} runs without anything wrong, "
        f"{len(changed)} changes of the machine, in {time.monotonic() - begun_s:.0f} s; seed {seed}"
    )
    for result in wrong:
        print(f"again: {again}{result.name}")
    return 1 if wrong or changed else 0


def in_a_process(run: Run, root: Path) -> Result:
    """Do a run in a process of its own, which adopts the orphans among its descendants."""
    home = root / run.name
    argv = [sys.executable, "-P", "-m", "tests.torture.one_run", json.dumps(asdict(run)), str(home)]
    try:
        done = subprocess.run(
            argv, capture_output=True, text=True, check=False, timeout=RUN_TIMEOUT_S
        )
        return Result(**json.loads(done.stdout.splitlines()[-1]))
    except subprocess.TimeoutExpired:
        return Result(run.name, "wrong", wrong=[f"not ended after {RUN_TIMEOUT_S} s"])
    except (IndexError, ValueError):
        return Result(run.name, "wrong", wrong=[f"no result: {done.stdout}{done.stderr}"])


def lasting_differences(before: Snapshot, root: Path, *, docker: bool) -> list[Difference]:
    """Return what differs and does not go away by itself: others come and go meanwhile."""
    until_s = time.monotonic() + SETTLE_S
    lasting: set[Difference] | None = None
    while lasting is None or (lasting and time.monotonic() < until_s):
        if lasting is not None:
            time.sleep(POLL_S)
        now = set(differences(before, snapshot(root, docker=docker)))
        lasting = now if lasting is None else lasting & now
    return sorted(lasting, key=str)


if __name__ == "__main__":
    main()
