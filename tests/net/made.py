"""Runs of record 3 made by hand and written to disk, as the cases of wrong verdicts need them.

A series is a line of text, one character a probe at 10 Hz: `.` good, `x` failed, `l` answered too
late, ` ` not recorded. The fault of a trial is in from 2 s to 4 s, its end is at 6 s.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from reports.history.events import (
    BaselineBegin,
    ClientsBegin,
    ClientsEnd,
    EffectConfirmed,
    HealBegin,
    HealConfirmed,
    InjectBegin,
    InjectEnd,
    OperationsSent,
    ProbingEnd,
)
from reports.history.final_state import FinalState, MemberState, Version
from reports.history.operations import Operation
from reports.history.reader import trial_folder
from reports.history.samples import Sample
from reports.history.schema import (
    Doubt,
    Expectation,
    ExperimentRecord,
    OperationsRecord,
    SeriesRecord,
    StepRecord,
    SuiteRecord,
    TrialRecord,
)
from reports.history.writer import RunWriter
from reports.locale.message import verbatim
from tests.net.convert_suites import DEMANDS, sent_by

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from reports.history.events import Event

Lines = dict[tuple[str, str, str], str]
READ = ("read", "worker-1", "new")
KILL = "kill-it"
MEMBERS = ["etcd-1", "etcd-2", "etcd-3"]
DEADLINE_S = 1.0
NOT_STEADY = Doubt(
    kind="not-recovered",
    reason=verbatim(
        "steady state after the heal was not reached within 40 s: read from worker-1: timeout"
    ),
)


def events_of(
    begin_s: float = 2.0, confirmed_s: float = 2.1, heal_s: float = 4.0, end_s: float = 6.0
) -> list[Event]:
    return [
        BaselineBegin(0.0),
        InjectBegin(begin_s, "kill", "kill", ["master-1/kube-apiserver"], ["master-1"]),
        InjectEnd(begin_s, "kill", {}),
        EffectConfirmed(confirmed_s, "kill", verbatim("refused")),
        HealBegin(heal_s, "kill"),
        HealConfirmed(heal_s + 0.1, "kill", verbatim("answered")),
        ProbingEnd(end_s),
    ]


def without(events: Sequence[Event], *kinds: type[Event]) -> list[Event]:
    return [event for event in events if not isinstance(event, kinds)]


@dataclass(frozen=True)
class Made:
    """One trial. `operations` end with `final`; `whole`: its streams end with a closing line."""

    lines: Lines
    events: Sequence[Event] = field(default_factory=events_of)
    status: str = "complete"
    doubt: Doubt | None = None
    operations: Sequence[Operation] = ()
    final: FinalState | None = None
    whole: bool = True
    rates_hz: Mapping[str, float] = field(default_factory=dict)


def expectation(**changes: Any) -> Expectation:
    about = {"id": "e1", "metric": "outage_s", "probe": "read", "connection": "new"}
    return Expectation.model_validate({**about, "op": "at_most", "value": 1.0, **changes})


def write(directory: Path, trials: Mapping[str, Sequence[Made]], **about: Any) -> Path:
    """Write a run; `trials`: experiment -> its trials. `about`: of every experiment."""
    records = [
        TrialRecord(index=0, experiment=name, number=number, status=trial.status, doubt=trial.doubt)
        for name, mine in trials.items()
        for number, trial in enumerate(mine)
    ]
    record = SuiteRecord(
        id=directory.name,
        name="made",
        command="halab run made",
        started_at="2026-01-01T00:00:00+00:00",
        seed=0,
        status="complete",
        versions={"etcd": "3.7.3"},
        host={"cores": "2"},
        runtime="netns",
        deadline_s=DEADLINE_S,
        client_timeout_s=4.0,
        experiments=[_experiment(name, mine[0], **about) for name, mine in trials.items()],
        trials=[trial.model_copy(update={"index": place}) for place, trial in enumerate(records)],
    )
    writer = RunWriter(directory, record)
    writer.save()
    for index, trial in enumerate(trial for mine in trials.values() for trial in mine):
        _write_trial(writer, index, trial)
    return directory


def _experiment(name: str, trial: Made, **about: Any) -> ExperimentRecord:
    for_s = about.pop("for_s", 2.0)
    expect = list(about.pop("expect", [expectation()]))
    workers = sorted({key[1] for key in trial.lines})
    series = dict.fromkeys((probe, connection) for probe, _, connection in trial.lines)
    operations = None
    if trial.operations:
        operations = OperationsRecord(store="kubernetes", rate_hz=40, keys=6, timeout_s=2)
        expect += [
            Expectation(id=f"{name}-{demand}", metric=metric, op="at_most", value=0)
            for demand, metric in DEMANDS.items()
        ]
    fields = {
        "id": name,
        "title": "It is killed",
        "hypothesis": "It goes on.",
        "lab": {"etcd": 3, "masters": 3, "workers": 1},
        "workers": workers,
        "members": MEMBERS,
        "series": [
            SeriesRecord(
                probe=probe,
                connection=connection,
                rate_hz=trial.rates_hz.get(probe, 10.0),
                workers=[key[1] for key in trial.lines if (key[0], key[2]) == (probe, connection)],
            )
            for probe, connection in series
        ],
        "operations": operations,
        "steps": [StepRecord(id="kill", fault="kill", target="master:any", for_s=for_s)],
        "expect": expect,
        "settings": {"election_s": 1.0},
        "supervision": "nothing restarts it",
        "bound_s": 6.0,
    }
    return ExperimentRecord.model_validate(fields | about)


def _write_trial(writer: RunWriter[SuiteRecord], index: int, trial: Made) -> None:
    history = writer.trial(index)
    for (probe, worker, connection), text in trial.lines.items():
        for number, kind in enumerate(text):
            if kind != " ":
                at_s = number / trial.rates_hz.get(probe, 10.0)
                history.sample(_sample(probe, worker, connection, at_s, kind))
    for operation in trial.operations:
        history.operation(operation)
    for event in trial.events:
        history.event(event)
    if trial.final:
        history.final_state(trial.final)
    history.close()
    if not trial.whole:
        for name in ("events.jsonl", "ops.jsonl"):
            stream = trial_folder(writer.directory, index) / name
            lines = stream.read_text(encoding="utf-8").splitlines(keepends=True)
            stream.write_text("".join(lines[:-1]), encoding="utf-8")


def _sample(probe: str, worker: str, connection: str, at_s: float, kind: str) -> Sample:
    return Sample(
        probe,
        worker,
        connection,
        scheduled_s=at_s,
        started_s=at_s,
        ended_s=at_s + (DEADLINE_S + 0.5 if kind == "l" else 0.01),
        outcome={"x": "fail", "?": "unknown"}.get(kind, "ok"),
        status=200 if kind == "." else 0,
        error={"x": "refused", "?": "unseen"}.get(kind, ""),
        master="master-1",
        client_port=40000,
    )


def operations(count: int = 150) -> list[Operation]:
    """Return writes on one key, each delivered to a watch and read back."""
    made = []
    for number in range(count):
        at_s, revision = number * 0.03, 11 + number
        about: dict[str, Any] = {"key": "a", "value": f"v{number}", "via": "worker-1"}
        seen: dict[str, Any] = {"outcome": "ok", "mod_revision": revision, **about}
        told_s = at_s + 0.021
        made += [
            Operation(1 + number % 4, "write", **_at(at_s, at_s + 0.02), revision=revision, **seen),
            Operation(900, "watch", **_at(told_s, told_s), revision=revision, **seen),
            Operation(5, "read", **_at(at_s + 0.022, at_s + 0.025), **seen),
        ]
    return made


def _at(invoke_s: float, complete_s: float) -> dict[str, Any]:
    return {"invoke_s": invoke_s, "complete_s": complete_s}


def final_of(made: Sequence[Operation], members: Sequence[str] = MEMBERS) -> FinalState:
    """Return the state in which all writes are there, and these members agree."""
    return FinalState(
        members={name: MemberState(revision=999, hash=1, last_write="") for name in members},
        compacted=0,
        versions=[
            Version(write.key, write.value or "", write.revision)
            for write in made
            if write.op == "write"
        ],
    )


def with_clients(made: Sequence[Operation], events: Sequence[Event] | None = None) -> list[Event]:
    """Return the events of a trial whose clients came to their end, having sent all of this."""
    *first, end = events_of() if events is None else events
    ended = [OperationsSent(end.t_s, sent_by(made)), ClientsEnd(end.t_s)]
    return [ClientsBegin(0.0), *first, *ended, end]
