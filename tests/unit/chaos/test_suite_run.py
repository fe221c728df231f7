"""A run of a suite on labs that are none: which lab each trial gets, and what is on disk when."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from made_suites import DEMAND, experiment, load, suite

from chaos.cli.ends import report_end
from chaos.cli.exit_codes import ExitCode
from chaos.experiment.plan import plan_suite
from chaos.probes.series import DEFAULT_SERIES
from chaos.provenance import RunOrder
from chaos.run import suite as module
from chaos.run.suite import SuiteRun, open_suite
from lab.afterwards import UncleanInterrupt
from lab.components.lab_plan import plan_lab
from lab.errors import CleanupError, LabError, NotCapableError
from reports.history.schema import Doubt, SuiteRecord
from reports.locale.message import verbatim

KILL = {"id": "kill", "fault": "kill", "target": "etcd-1", "for_s": 5}
REPLACE = {"id": "new", "action": "replace-member", "target": "etcd-1", "how": "learner"}
UNSTEADY = Doubt(kind="not-recovered", reason=verbatim("a write was late"))


def made(name, *steps, **changes):
    return experiment(
        *(steps or [KILL]), id=name, expect=[{**DEMAND, "id": f"{name}-reads"}], **changes
    )


class Labs:
    """Labs that note when they are made and taken down, and trials that note on which they are.

    `doubts`: trial -> its doubt; `ends`: trial -> what it raises.
    """

    def __init__(self, directory):
        self.directory = directory
        self.done, self.doubts, self.ends, self.down_raises = [], {}, {}, None
        self.numbers = iter(range(1, 99))

    def up(self, spec, *, owned, progress):
        assert owned
        progress(f"making {spec.name}")
        number = next(self.numbers)
        self.done.append(f"up {number}: etcd {spec.etcd}")

        def down():
            self.done.append(f"down {number}")
            if self.down_raises:
                raise self.down_raises

        nowhere = self.directory / "no-such-log"
        return SimpleNamespace(
            number=number, plan=plan_lab(spec), log=lambda *_: nowhere, down=down
        )

    def trial_on(self, lab, record, chance, history):
        assert history is not None
        name = f"{record.id} on {lab.number}"

        def run():
            self.done.append(name)
            self.record = SuiteRecord.model_validate_json(
                next(self.directory.glob("*/run.json")).read_text()
            )
            self.chosen = chance.random()
            if record.id in self.ends:
                raise self.ends[record.id]
            return self.doubts.get(record.id)

        return SimpleNamespace(run=run)


@pytest.fixture
def labs(tmp_path, monkeypatch):
    labs = Labs(tmp_path / "runs")
    monkeypatch.setattr(module.Lab, "up", labs.up)
    monkeypatch.setattr(module, "trial_on", labs.trial_on)
    return labs


def opened(labs, tmp_path, *experiments, trials=1, **lab):
    """Open a run of these experiments; return what runs it."""
    planned = plan_suite(load(tmp_path, suite(*experiments, **lab)), DEFAULT_SERIES, "netns", 7)
    writer = open_suite(
        "mine", planned, RunOrder(trials, 7, "netns", labs.directory, "halab run mine")
    )
    progress = []
    return SuiteRun(planned, writer, progress.append), writer, progress


def statuses(record):
    return [(trial.experiment, trial.number, trial.status) for trial in record.trials]


def test_every_trial_is_planned_before_the_first_begins(labs, tmp_path):
    run, writer, _ = opened(labs, tmp_path, made("a"), made("b"), trials=2)
    planned = [("a", 0, "planned"), ("a", 1, "planned"), ("b", 0, "planned"), ("b", 1, "planned")]
    assert statuses(writer.record) == planned
    run.run()
    assert statuses(labs.record) == [
        *((name, number, "complete") for name, number, _ in planned[:3]),
        ("b", 1, "interrupted"),
    ]
    assert [status for *_, status in statuses(writer.record)] == ["complete"] * 4
    assert writer.record.status == "complete"
    assert {path.name for path in (writer.directory / "trials").iterdir()} == {
        f"000{index}" for index in range(4)
    }


def test_the_record_says_what_was_run_where(labs, tmp_path):
    _, writer, _ = opened(labs, tmp_path, made("a"), kubelets=True)
    record = writer.record
    assert record.id == writer.directory.name
    assert (record.seed, record.runtime, record.command) == (7, "netns", "halab run mine")
    assert {"halab", "etcd", "kubernetes", "python", "nginx"} <= set(record.versions)
    assert "kubelet, kube-proxy (kubemark)" in record.versions


def test_trials_on_one_lab_spec_share_a_lab_and_another_spec_gets_its_own(labs, tmp_path):
    run, *_ = opened(labs, tmp_path, made("a"), made("b", lab={"etcd": 5}), made("c"))
    run.run()
    assert labs.done == [
        *("up 1: etcd 3", "a on 1", "c on 1", "down 1"),
        *("up 2: etcd 5", "b on 2", "down 2"),
    ]


def test_a_lab_that_did_not_come_back_is_rebuilt(labs, tmp_path):
    labs.doubts["a"] = UNSTEADY
    run, writer, progress = opened(labs, tmp_path, made("a"), made("b"))
    run.run()
    assert labs.done == [
        *("up 1: etcd 3", "a on 1", "down 1", "up 2: etcd 3", "b on 2", "down 2"),
    ]
    assert [trial.doubt for trial in writer.record.trials] == [UNSTEADY, None]
    assert "this trial is unknown: a write was late; the lab is rebuilt" in progress


def test_an_action_that_changes_the_cluster_ends_its_lab(labs, tmp_path):
    run, *_ = opened(labs, tmp_path, made("a", REPLACE, KILL), made("b"))
    run.run()
    assert labs.done[:4] == ["up 1: etcd 3", "a on 1", "down 1", "up 2: etcd 3"]


def test_a_trial_chooses_the_same_whichever_others_are_run(labs, tmp_path):
    chosen = []
    for experiments in ([made("a"), made("b")], [made("b")]):
        run, *_ = opened(labs, tmp_path, *experiments)
        run.run()
        chosen.append(labs.chosen)
    assert chosen[0] == chosen[1]


ENDS = {
    "an error": (LabError("gone"), "failed", "failed"),
    "a defect": (ZeroDivisionError(), "failed", "failed"),
    "an interrupt": (KeyboardInterrupt(), "interrupted", "interrupted"),
}


@pytest.mark.parametrize(("error", "run_is", "trial_is"), ENDS.values(), ids=ENDS.keys())
def test_whatever_ends_a_run_is_recorded_and_the_lab_goes_down(
    labs, tmp_path, error, run_is, trial_is
):
    labs.ends["a"] = error
    run, writer, _ = opened(labs, tmp_path, made("a"), made("b"))
    with pytest.raises(type(error)):
        run.run()
    assert labs.done[-1] == "down 1"
    stored = SuiteRecord.model_validate_json((writer.directory / "run.json").read_text())
    assert stored.status == run_is
    assert [trial.status for trial in stored.trials] == [trial_is, "planned"]


def also_failed(error):
    """Return what failed after what ended a block, as the user reads it."""
    return " ".join([str(error), *getattr(error, "__notes__", [])])


def fill_up(monkeypatch, writer, after):
    """Let the disk be full after so many times that the record was written."""
    save, saves = writer.save, iter(range(after))

    def full():
        if next(saves, None) is None:
            raise OSError(28, "No space left on device")
        save()

    monkeypatch.setattr(writer, "save", full)


def test_a_full_disk_at_the_end_takes_the_lab_down_all_the_same(labs, tmp_path, monkeypatch):
    run, writer, _ = opened(labs, tmp_path, made("a"))
    fill_up(monkeypatch, writer, 2)
    with pytest.raises(OSError, match="No space left"):
        run.run()
    assert labs.done[-1] == "down 1"


@pytest.mark.parametrize("error", [KeyboardInterrupt(), LabError("gone")])
def test_whatever_fails_at_the_end_replaces_nothing_that_ended_the_run(labs, tmp_path, error):
    run, writer, _ = opened(labs, tmp_path, made("a"))
    labs.ends["a"] = error
    trial = writer.trial

    def unclosed(index):
        history = trial(index)
        history.close = lambda: 1 / 0
        return history

    writer.trial = unclosed
    with pytest.raises(type(error)) as caught:
        run.run()
    assert "division by zero" in also_failed(caught.value)


@pytest.mark.parametrize("error", [KeyboardInterrupt(), LabError("gone")])
def test_a_full_disk_replaces_nothing_that_ended_the_run(labs, tmp_path, monkeypatch, error):
    run, writer, _ = opened(labs, tmp_path, made("a"))
    labs.ends["a"] = error
    fill_up(monkeypatch, writer, 1)
    with pytest.raises(type(error)) as caught:
        run.run()
    assert labs.done[-1] == "down 1"
    assert "No space left" in also_failed(caught.value)


@pytest.mark.parametrize(
    ("error", "raised"),
    [
        (None, CleanupError),
        (LabError("gone"), CleanupError),
        (KeyboardInterrupt(), UncleanInterrupt),
    ],
)
@pytest.mark.parametrize("saves", [99, 2])
def test_what_is_left_of_a_lab_is_said_whatever_ended_the_run(
    labs, tmp_path, monkeypatch, error, raised, saves
):
    run, writer, _ = opened(labs, tmp_path, made("a"))
    labs.down_raises = CleanupError("a mount is left")
    labs.ends |= {"a": error} if error else {}
    fill_up(monkeypatch, writer, saves)
    with pytest.raises(raised, match="a mount is left") as caught:
        run.run()
    assert report_end(caught.value) == ExitCode.LEFT_BEHIND


def test_what_the_runtime_cannot_do_is_refused_before_anything_is_made(labs, tmp_path, monkeypatch):
    monkeypatch.setattr(
        "lab.runtime.netns.driver.NetnsDriver.lacking", lambda _self: {"processes": "no kernel"}
    )
    with pytest.raises(NotCapableError, match="no kernel"):
        opened(labs, tmp_path, made("a"))
    assert not labs.directory.exists()
