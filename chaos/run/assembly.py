"""A trial on a real lab: which parts it has, and what each of them is told."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from chaos.experiment.keep_rule import still_kept
from chaos.experiment.overlaps import conflicts
from chaos.heartbeat import Heartbeat
from chaos.observers.cluster import ClusterWatch
from chaos.observers.components import tell_components
from chaos.observers.leaders import LeaderWatch
from chaos.probes.probers import Probers
from chaos.probes.series import DEADLINE_S, Series
from chaos.run.recorder import TrialRecorder
from chaos.run.trial import Parts, Trial
from chaos.steps.lab_acts import LabActs
from chaos.steps.rejoin import Rejoining, newest_revision
from chaos.steps.running_injections import Register
from chaos.steps.steady_state import NotSteadyError, first_evidence
from chaos.steps.target_choice import Choosing
from chaos.steps.timeline import TimelineRun
from chaos.workload.operations import Operations
from lab.errors import LabError
from lab.health import check_agents, unhealthy
from reports.history.schema import STATES

if TYPE_CHECKING:
    import random
    from collections.abc import Sequence

    from chaos.steps.running_injections import Ongoing
    from chaos.steps.target_choice import Refusal
    from lab.lab import Lab
    from lab.plan import LabPlan
    from reports.history.schema import ExperimentRecord, StepRecord
    from reports.history.writer import TrialWriter

# What is steady, or over, was clean for so long.
CLEAN_S = 3.0


def trial_on(
    lab: Lab, experiment: ExperimentRecord, chance: random.Random, history: TrialWriter
) -> Trial:
    """Put a trial together: everything that the experiment asks for, and nothing else."""
    recorder, register = TrialRecorder(history), Register()
    series = [
        Series(one.probe, one.connection, one.rate_hz)
        for one in experiment.series
        if one.probe not in STATES
    ]
    probers = Probers(lab, series, recorder.sample, recorder.event) if series else None
    states = ClusterWatch(lab, recorder.sample, recorder.event)
    asked = experiment.operations
    load = None
    if asked is not None:
        load = Operations(lab, asked, chance, recorder.operation, recorder.event)

    def unclean(window_s: float) -> str:
        return probers.unclean(window_s) if probers else ""

    def healthy() -> str:
        try:
            return unhealthy(lab)
        except LabError as error:
            return str(error)

    def unsteady() -> str:
        check_agents(lab)  # without them all else would be waited for in vain
        checks = (register.unrecovered, lambda: unclean(CLEAN_S), states.unsettled, healthy)
        return first_evidence(checks)

    def unclean_since(since_s: float) -> str:
        if probers and time.monotonic() - DEADLINE_S - CLEAN_S < since_s:
            return "not undone for long enough"
        return unclean(CLEAN_S)

    etcd = load is not None and asked is not None and asked.store == "etcd"
    # each from its own node, where it is heard whatever cuts it from the others
    members = {node.name: lab.etcd(node.name) for node in lab.plan.with_role("etcd")}
    rejoining = Rejoining(
        members,
        lambda: load.acknowledged if etcd and load else newest_revision(members),
        register.hit_nodes,
        recorder.event,
    )
    acts = LabActs(
        lab,
        Choosing(lab, experiment, chance, refusal_of(experiment, lab.plan), register),
        register,
        rejoining,
        recorder.event,
        rejoins=etcd,
        unsteady=unsteady,
        unclean=unclean_since,
    )
    return Trial(
        Parts(
            around=[Heartbeat(lab), *([probers] if probers else []), states],
            within=[acts, LeaderWatch(lab, recorder.event), *([load] if load else [])],
            begun=states.tell_anew,
            unclean=unclean,
            unsteady=unsteady,
            steps=lambda: _run(TimelineRun(experiment.steps, acts), lab),
            load=load,
            components=lambda since_s: tell_components(lab, since_s, recorder.event),
            cpu_shares=probers.cpu_shares if probers else dict,
        ),
        recorder,
        history.final,
        experiment.baseline_s,
    )


def _run(timeline: TimelineRun, lab: Lab) -> None:
    try:
        timeline.run()
    except NotSteadyError:
        check_agents(lab)  # a node that we have lost is not one that did not recover
        raise


def refusal_of(experiment: ExperimentRecord, plan: LabPlan) -> Refusal:
    """Return the rules that a step is held to when it has chosen its nodes."""

    def refusal(step: StepRecord, nodes: frozenset[str], unwell: Sequence[Ongoing]) -> str:
        hit = frozenset[str]().union(*(one.nodes for one in unwell))
        if not still_kept(experiment.keep, plan, hit, nodes):
            return f"{', '.join(sorted(nodes))}: {experiment.keep} would not be kept"
        others = {one.step.id: (one.step.fault, one.nodes) for one in unwell}
        changing = [name for name, (fault, hit) in others.items() if not fault and hit & nodes]
        running = {name: (fault, hit) for name, (fault, hit) in others.items() if fault}
        if step.fault:
            changing += conflicts(step.fault, nodes, running)
        else:
            changing += [name for name, (_, hit) in running.items() if hit & nodes]
        return f"{', '.join(sorted(nodes))} is hit by {', '.join(changing)}" if changing else ""

    return refusal
