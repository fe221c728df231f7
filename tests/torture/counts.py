"""What is printed of runs: a line each, and the counts of all."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from chaos.cli.tables import print_table

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tests.torture.one_run import Result
    from tests.torture.plan import Run

WIDTH = 110


def line(run: Run, result: Result, again: str) -> str:
    """Return a run with its result, and all that was wrong with how to see it again."""
    what = f"{run.size} {run.command} at {run.moment}+{run.delay:.2f}: {run.blow or 'no signal'}"
    trouble = "" if run.trouble == "none" else f", {run.trouble}"
    lines = [f"{run.name:18} {what}{trouble}: {result.result}, {result.took_s:g} s"]
    lines += [f"  WRONG: {wrong}" for wrong in result.wrong]
    if result.wrong:
        lines += [f"  it printed: {result.output}", f"  again: {again}{run.name}"]
    return "\n".join(lines)


def print_counts(runs: Sequence[Run], results: Sequence[Result]) -> None:
    """Print how many runs ended how: by user and runtime, signal, moment and trouble."""
    kinds: dict[str, Callable[[Run], str]] = {
        "user, runtime": lambda run: f"{run.user}, {run.runtime}",
        "lab": lambda run: "etcd alone" if run.size == "etcd" else "with masters",
        "signal": lambda run: run.blow or "none",
        "command": lambda run: run.command,
        "moment": lambda run: run.moment,
        "trouble": lambda run: run.trouble,
    }
    names = sorted({result.result for result in results})
    rows = [["", "", "runs", *names, "gc had work"]]
    for kind, value_of in kinds.items():
        pairs = [(value_of(run), result) for run, result in zip(runs, results, strict=True)]
        for value in sorted({value for value, _ in pairs}):
            ended = [result for own, result in pairs if own == value]
            by_result = Counter(result.result for result in ended)
            collected = sum(result.gc_had_work for result in ended)
            numbers = [len(ended), *(by_result[name] for name in names), collected]
            rows.append([kind, value, *map(str, numbers)])
    print_table(rows, WIDTH)
