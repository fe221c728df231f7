"""Sabotages: what each breaks in the program, and the test of ours that must notice.

As a program it commits each in a process of its own and runs that test.
"""

from __future__ import annotations

import json
import os
import sys
from dataclasses import dataclass, replace
from importlib import import_module
from typing import TYPE_CHECKING, Any

import pytest

from reports.locale.message import verbatim

if TYPE_CHECKING:
    from collections.abc import Callable

# What takes long to import, and is the same in all.
IMPORTED = (
    "pandas",
    "scipy.stats",
    "reports.kinds.registry",
    "chaos.faults.registry",
)
INJECTION = "tests/unit/chaos/test_injection.py"
NET = "tests/net/test_net.py"
FIGURES = f"{NET}::test_every_figure_is_the_same"
TABLES = f"{NET}::test_every_number_of_every_table_is_the_same"
VERDICTS = f"{NET}::test_every_verdict_is_the_same"


@dataclass(frozen=True)
class Sabotage:
    """`places`: MODULE:NAME or MODULE:CLASS.NAME each; `break_it`: what was there -> what is.

    `noticed_by`: the test that must fail, as pytest names it.
    """

    places: tuple[str, ...]
    break_it: Callable[[Any], Any]
    noticed_by: str

    def commit(self, patch: pytest.MonkeyPatch) -> None:
        """Break it."""
        for place in self.places:
            module, _, path = place.partition(":")
            *parents, name = path.split(".")
            owner: Any = import_module(module)
            for parent in parents:
                owner = getattr(owner, parent)
            patch.setattr(owner, name, self.break_it(getattr(owner, name)))


def instead(value: Any) -> Callable[[Any], Any]:
    """Return what puts something else in a place."""
    return lambda _: value


def without_one_write(read: Callable[..., Any]) -> Callable[..., Any]:
    """Read all operations but an acknowledged write in the middle."""

    def sabotaged(*args: Any, **options: Any) -> Any:
        frame = read(*args, **options)
        writes = frame.index[(frame["op"] == "write") & (frame["outcome"] == "ok")]
        return frame.drop(writes[len(writes) // 2]).reset_index(drop=True)

    return sabotaged


def without_a_series(read: Callable[..., Any]) -> Callable[..., Any]:
    """Read the samples of all series but one."""

    def sabotaged(*args: Any, **options: Any) -> Any:
        frame = read(*args, **options)
        return frame[frame["probe"] != "readyz"].reset_index(drop=True)

    return sabotaged


def without_a_heal(read: Callable[..., Any]) -> Callable[..., Any]:
    """Read all events but where the fault was taken back."""

    def sabotaged(*args: Any, **options: Any) -> Any:
        return [event for event in read(*args, **options) if type(event).__name__ != "HealBegin"]

    return sabotaged


def without_censoring(find: Callable[..., Any]) -> Callable[..., Any]:
    """Say that an outage without an end ended with its last bad probe."""

    def sabotaged(*args: Any, **options: Any) -> Any:
        found = find(*args, **options)
        ends_s = found["upper_s"].copy()
        ends_s[found["censored"]] = found["lower_s"][found["censored"]]
        return {**found, "upper_s": ends_s}

    return sabotaged


def to_the_end(during: Callable[..., Any]) -> Callable[..., Any]:
    """Let a fault be in to the end of the trial."""
    return lambda span: replace(during(span), until_s=float("inf"))


SABOTAGES = {
    "an effect is confirmed whatever is seen": Sabotage(
        ("chaos.faults.injection:Injection.confirm",),
        instead(lambda _self: verbatim("refused")),
        f"{INJECTION}::test_a_fault_that_was_not_put_in_is_not_confirmed",
    ),
    "an undo does nothing": Sabotage(
        ("chaos.faults.injection:Injection.end",),
        instead(lambda _self: None),
        f"{INJECTION}::test_a_fault_is_seen_from_outside_and_so_is_its_end",
    ),
    "an undo is confirmed whatever is seen": Sabotage(
        ("chaos.faults.injection:Injection.confirm_undone",),
        instead(lambda _self: verbatim("answered")),
        f"{INJECTION}::test_an_undo_that_does_nothing_is_noticed",
    ),
    "an agent's undo does nothing": Sabotage(
        ("lab.agent.faults.signals:Kill.heal", "lab.agent.faults.signals:Hang.heal"),
        instead(lambda _self: None),
        "tests/unit/lab/test_agent_injections.py::test_a_fault_is_in_until_it_is_healed",
    ),
    "the dead man's switch sleeps": Sabotage(
        ("lab.agent.undos:Undos._fire_switch",),
        instead(lambda _self, _names: None),
        "tests/unit/lab/test_agent_injections.py::test_a_fault_ends_when_its_session_falls_silent",
    ),
    "an operation is lost": Sabotage(
        ("reports.history.reader:read_operations",),
        without_one_write,
        f"{FIGURES}[proof-network-fault]",
    ),
    "a series is dropped": Sabotage(
        ("reports.history.reader:_samples",), without_a_series, f"{VERDICTS}[balancers]"
    ),
    "an event's line is lost": Sabotage(
        ("reports.history.reader:_events",), without_a_heal, f"{VERDICTS}[balancers]"
    ),
    "lines are not counted": Sabotage(
        ("reports.history.lines:incomplete", "reports.history.columns:incomplete"),
        instead(lambda *_args, **_options: []),
        "tests/net/test_right_operations.py::"
        "test_what_is_missing_is_unknown[W3 a lost write whose lines were deleted]",
    ),
    "the best worker counts": Sabotage(
        ("reports.analysis.recovery:WORST",),
        lambda worst: {**worst, "outage_upper_s": "min"},
        f"{TABLES}[suite]",
    ),
    "censoring is dropped": Sabotage(
        ("reports.analysis.outages:outages_of", "reports.analysis.accounts:outages_of"),
        without_censoring,
        "tests/unit/reports/test_outages.py::test_an_outage_is_a_bracket_in_probe_start_time",
    ),
    "a fault is in to the end": Sabotage(
        ("reports.analysis.windows:during", "reports.analysis.series_figures:during"),
        to_the_end,
        f"{FIGURES}[balancers]",
    ),
    "the best of verdicts counts": Sabotage(
        ("reports.verdict:VERDICT_VALUES",),
        lambda kinds: kinds[::-1],
        "tests/unit/reports/test_expectations.py::test_the_worst_counts",
    ),
}


def start(name: str, log: str) -> int:
    """Start the test that must notice a sabotage, "" for all of them without any; return its pid.

    In a fork, which takes no time to import. What pytest writes goes to `log`.
    """
    child = os.fork()
    if child:
        return child
    output = os.open(log, os.O_WRONLY | os.O_CREAT)
    for stream in (1, 2):
        os.dup2(output, stream)
    nodes = {sabotage.noticed_by for sabotage in SABOTAGES.values()}
    if name:
        nodes = {SABOTAGES[name].noticed_by}
        SABOTAGES[name].commit(pytest.MonkeyPatch())
    os._exit(pytest.main(["-q", "-x", "--tb=short", "-p", "no:cacheprovider", *sorted(nodes)]))


def main(folder: str) -> None:
    """Run all, one a core at once, and print name -> [exit code of pytest, log] as JSON."""
    for name in IMPORTED:
        import_module(name)
    logs = {name: f"{folder}/{place}.log" for place, name in enumerate(["", *SABOTAGES])}
    codes: dict[str, int] = {}
    running: dict[int, str] = {}

    def wait() -> None:
        child, status = os.wait()
        codes[running.pop(child)] = os.waitstatus_to_exitcode(status)

    for name, log in logs.items():
        if len(running) == os.cpu_count():
            wait()
        running[start(name, log)] = name
    while running:
        wait()
    print(json.dumps({name: [codes[name], log] for name, log in logs.items()}))


if __name__ == "__main__":
    main(sys.argv[1])
