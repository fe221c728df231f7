"""Runs of every kind, whose texts are in both languages, and their pages."""

from __future__ import annotations

import json
from dataclasses import replace
from types import SimpleNamespace

import made_histories
import made_operations
import made_surveys
import pytest
from saved_runs import copied
from test_claims_analysis import check, record_of
from test_splits_analysis import ON_BRIDGE, THREE_WAY, TWO_WAY

from chaos.errors import message_of
from lab.agent.refusal import RefusalError, answer_of
from lab.clients.channel import no_agent
from lab.components.lab_plan import plan_lab
from lab.errors import AgentError, LabError
from lab.health import etcd_leader
from lab.readiness import wait_until
from lab.sentence import labelled, read_words, sentence
from lab.spec import LabSpec
from reports.history.events import ComponentExit, ComponentStart, Leader, NotInjected
from reports.history.schema import Doubt
from reports.history.surveys import SurveyWriter
from reports.history.writer import RunWriter
from reports.kinds.registry import judge
from reports.kinds.report import write_report
from reports.run_list import write_index

RUNS = ("suite", "overlaps", "broken", "tolerance", "splits", "operations", "lost", "claims")
KINDS = (*RUNS, "list")
TEXTS = {
    "title": {"en": "Something is taken away", "zh": "取走某个部件"},
    "hypothesis": {"en": "It goes on without it.", "zh": "没有它也能继续工作。"},
    "supervision": {"en": "nothing restarts it", "zh": "不会自动重启"},
}


def survey(run, kind, sizes, rows):
    writer = SurveyWriter(run, made_surveys.survey_record(kind, sizes))
    for row in rows:
        writer.row(row)
    writer.end("complete")


def saved(folder):
    """Write a real run, its own texts in both languages."""
    run = copied("quorum-lost", folder).rename(folder / "suite")
    record = json.loads((run / "run.json").read_text())
    for experiment in record["experiments"]:
        experiment.update(TEXTS)
    (run / "run.json").write_text(json.dumps(record))


def reason_of(failing):
    """Return what is recorded of an error of the lab."""
    with pytest.raises(LabError) as caught:
        failing()
    return message_of(caught.value)


def no_leader():
    """Ask members of which none answers, or leads."""
    plan = plan_lab(LabSpec())

    def ask(node):
        if node == "etcd-1":
            raise no_agent(node, "[Errno 111] Connection refused")
        return SimpleNamespace(request=lambda *_, **__: (200, {"header": {"member_id": "7"}}))

    etcd_leader(SimpleNamespace(plan=plan, etcd=ask))


def wait_for_agent():
    """Wait in vain for a component whose agent refuses what it is asked for."""

    def check():
        refusal = RefusalError(
            "component-not-running", "component {component} does not run here", component="etcd"
        )
        raise AgentError(labelled("etcd-1", read_words(answer_of(refusal))))

    wait_until(
        sentence("component-on", "{component} on {node}", component="etcd", node="etcd-1"), check, 0
    )


def overlaps():
    """Two injections that overlap, a third that was not injected, and further events."""
    steps = [made_histories.step(name, fault=name) for name in ("kill", "cut", "hang")]
    cut = made_histories.injection("cut", hit=["etcd-2"], begin_s=3.0, heal_s=5.0)
    further = [
        Leader(2.5, "etcd-1", 3),
        ComponentExit(2.6, "master-1", "kube-scheduler", 1),
        ComponentStart(2.9, "master-1", "kube-scheduler"),
        NotInjected(4.5, "hang", reason_of(no_leader)),
    ]
    events = sorted([*made_histories.events_of(), *cut, *further], key=lambda event: event.t_s)
    expect = [
        made_histories.expectation(id="strict", value=0.1, note=TEXTS["title"]),
        made_histories.expectation(id="during-cut", during="cut"),
        made_histories.expectation(id="elsewhere", probe="write"),
    ]
    experiment = made_histories.experiment_record(steps=steps, expect=expect, **TEXTS)
    record = made_histories.run_record([made_histories.trial_record()], [experiment])
    return record, ({made_histories.READ: "." * 35 + "xxxl" + "." * 21}, events)


def broken():
    """A run that was interrupted, in a trial that was not steady, and with samples missing."""
    experiment = made_histories.experiment_record(**TEXTS)
    doubt = Doubt(kind="not-measured", reason=reason_of(wait_for_agent))
    trials = [
        made_histories.trial_record(),
        made_histories.trial_record(index=1, number=1, status="interrupted", doubt=doubt),
        made_histories.trial_record(index=2, number=2, status="planned"),
    ]
    record = made_histories.run_record(trials, [experiment], status="interrupted")
    events = made_histories.events_of()
    holes = {made_histories.READ: "." * 30 + " " * 9 + "." * 21}
    return record, (holes, events), (holes, events[:3])


def lost():
    """A trial in whose end an acknowledged write is gone, and a read that went back."""
    events, operations, final, doubt = made_operations.good()
    went_back = replace(operations[-1], value="v1", mod_revision=3)
    kept = [version for version in final.versions if version.value != "v100"]
    refused = final.members["etcd-1"].model_copy(update={"last_write": reason_of(wait_for_agent)})
    members = {**final.members, "etcd-1": refused}
    left = final.model_copy(update={"versions": kept, "members": members})
    return events, [*operations[:-1], went_back], left, doubt


def written(runs, lang):
    """Write the runs and their pages; return kind -> page."""
    saved(runs)
    survey(runs / "tolerance", "tolerance", range(1, 10), made_surveys.table())
    survey(runs / "splits", "splits", [3, 7], [TWO_WAY, THREE_WAY, ON_BRIDGE])
    made_histories.write_run(runs / "overlaps", *overlaps())
    made_histories.write_run(runs / "broken", *broken())
    made_operations.write(runs / "operations", made_operations.good(), **TEXTS)
    made_operations.write(runs / "lost", lost(), **TEXTS)
    RunWriter(runs / "claims", record_of([check("equals", 1)])).save()
    pages = {kind: write_report(runs / kind, judge(runs / kind), lang) for kind in RUNS}
    return pages | {"list": write_index(runs, lang)}
