"""When a command is at a moment: by what it has written, never by the time that has passed."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.torture.plan import Command, Moment, Size

POLL_S = 0.005
TIMEOUT_S = 100.0


@dataclass(frozen=True)
class Traces:
    """What a command writes: below the state home, and below the folder of runs."""

    state: Path
    runs: Path

    def lab_begun(self) -> bool:
        """Whether a lab has its record."""
        return any(self.state.glob("labs/*/lab.json"))

    def lab_gone(self) -> bool:
        """Whether the folder of labs is there, and no lab in it."""
        labs = self.state / "labs"
        return labs.is_dir() and not any(labs.iterdir())

    def journal(self) -> str:
        """What was planned and undone, in all labs."""
        return self._text(self.state.glob("labs/*/journal.jsonl"))

    def events(self) -> str:
        """Every event of every trial."""
        return self._text(self.runs.glob("*/trials/*/events.jsonl"))

    def cells(self) -> str:
        """Every cell that a survey has measured."""
        return self._text(self.runs.glob("*/cells.jsonl"))

    def trials_complete(self) -> bool:
        """Whether a run says that all its trials are complete."""
        for path in self.runs.glob("*/run.json"):
            try:
                trials = json.loads(path.read_text())["trials"]
            except (OSError, ValueError):
                return False
            return all(trial["status"] == "complete" for trial in trials)
        return False

    @staticmethod
    def _text(paths: object) -> str:
        texts = []
        for path in paths:  # type: ignore[attr-defined]
            try:
                texts.append(path.read_text(errors="replace"))
            except OSError:  # its lab has just gone
                continue
        return "".join(texts)


def loaded(pid: int) -> bool:
    """Whether a command has loaded what finds the processes of labs: it begins to work now."""
    try:
        return "_psutil_linux" in Path(f"/proc/{pid}/maps").read_text()
    except OSError:
        return False


@dataclass(frozen=True)
class Marker:
    """What shows that a moment has begun, and how long it lasts at most, in seconds."""

    reached: Callable[[Traces, int], bool]
    length_s: float


_UP = Marker(lambda traces, _: traces.lab_begun(), 0.8)
MARKERS: dict[tuple[Command, Moment], Marker] = {
    ("run", "up"): _UP,
    ("run", "inject"): Marker(lambda traces, _: '"planned"' in traces.journal(), 0.03),
    ("run", "hold"): Marker(lambda traces, _: "effect_confirmed" in traces.events(), 1.5),
    ("run", "heal"): Marker(lambda traces, _: "heal_begin" in traces.events(), 0.5),
    ("run", "down"): Marker(lambda traces, _: traces.trials_complete(), 0.15),
    ("run", "report"): Marker(
        lambda traces, _: traces.trials_complete() and traces.lab_gone(), 1.5
    ),
    ("tolerance", "up"): _UP,
    ("tolerance", "inject"): Marker(lambda traces, _: '"planned"' in traces.journal(), 0.03),
    ("tolerance", "hold"): Marker(lambda traces, _: '"planned"' in traces.journal(), 2.0),
    ("tolerance", "heal"): Marker(lambda traces, _: '"undone"' in traces.journal(), 0.8),
    ("tolerance", "report"): Marker(
        lambda traces, _: bool(traces.cells()) and traces.lab_gone(), 1.0
    ),
    ("by-hand", "up"): _UP,
    ("by-hand", "inject"): Marker(lambda traces, _: '"planned"' in traces.journal(), 0.05),
    ("by-hand", "heal"): Marker(lambda _, pid: loaded(pid), 0.3),
    ("by-hand", "down"): Marker(lambda _, pid: loaded(pid), 0.15),
}
# A lab with masters takes longer to come up than etcd alone.
MASTERS_UP_S = 6.0


def length_s(command: Command, moment: Moment, size: Size) -> float:
    """Return how long a moment lasts at most."""
    if moment == "up" and size == "masters":
        return MASTERS_UP_S
    return MARKERS[command, moment].length_s


def wait_for(
    marker: Marker, traces: Traces, pid: int, alive: Callable[[], bool], timeout_s: float
) -> bool:
    """Wait until a moment has begun; False where the command ends, or the time is over, before."""
    until_s = time.monotonic() + timeout_s
    while not marker.reached(traces, pid):
        if not alive() or time.monotonic() > until_s:
            return False
        time.sleep(POLL_S)
    return True
