"""A trial on a real lab: its parts, and what each of them is given."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from chaos.errors import message_from, message_of
from chaos.experiment.keep_rule import still_kept
from chaos.experiment.overlaps import conflicts
from chaos.heartbeat import Heartbeat
from chaos.observers.cluster import ClusterWatch
from chaos.observers.components import report_component_events
from chaos.observers.connections import ConnectionWatch
from chaos.observers.health import health_watches
from chaos.observers.leaders import LeaderWatch
from chaos.probes.probers import Probers
from chaos.probes.series import DEADLINE_S, Series
from chaos.run.machine_load import processors_in_use
from chaos.run.recorder import TrialRecorder
from chaos.run.trial import Parts, Trial
from chaos.steps.lab_acts import LabActs
from chaos.steps.recovery import Recovery
from chaos.steps.rejoin import Rejoining, highest_revision
from chaos.steps.running_steps import RunningSteps
from chaos.steps.steady_state import NotSteadyError, first_evidence, steady_timeout_s
from chaos.steps.target_choice import TargetChoice
from chaos.steps.timeline import TimelineRun
from chaos.workload.operations import Operations
from lab.errors import LabError
from lab.health import check_agents, lab_problem
from reports.history.schema import STATES
from reports.locale.message import message

if TYPE_CHECKING:
    import random
    from collections.abc import Sequence

    from chaos.steps.running_steps import RunningStep
    from chaos.steps.target_choice import Refusal
    from lab.lab import Lab
    from lab.plan import LabPlan
    from reports.history.events import Event
    from reports.history.schema import ExperimentRecord, StepRecord
    from reports.history.writer import TrialWriter
    from reports.locale.message import Message

# Seconds without a bad probe that make a steady state, or the end of an injection's effect.
CLEAN_S = 3.0


def trial_on(
    lab: Lab, experiment: ExperimentRecord, chance: random.Random, history: TrialWriter
) -> Trial:
    """Put a trial together: everything that the experiment asks for, and nothing else."""
    recorder, running = TrialRecorder(history), RunningSteps()
    series = [
        Series(planned.probe, planned.connection, planned.rate_hz)
        for planned in experiment.series
        if planned.probe not in STATES
    ]
    probers = Probers(lab, series, recorder.sample, recorder.event) if series else None
    states = ClusterWatch(lab, recorder.sample, recorder.event)
    planned = {node.name: node.connections for node in experiment.nodes if node.connections}
    connections = ConnectionWatch(lab, planned, recorder.event)
    asked = experiment.operations
    load = None
    if asked is not None:
        load = Operations(lab, asked, chance, recorder.operation, recorder.event)

    def unclean(window_s: float) -> Message | None:
        return probers.unclean(window_s) if probers else None

    def sick() -> Message | None:
        try:
            evidence = lab_problem(lab)
        except LabError as error:
            return message_of(error)
        return message_from(evidence) if evidence else None

    def act(event: Event) -> None:
        recorder.event(event)
        recorder.check()  # nothing more is done where it cannot be recorded

    def unsteady() -> Message | None:
        recorder.check()
        check_agents(lab)  # without them nothing else will become steady
        checks = (running.unrecovered, lambda: unclean(CLEAN_S), states.unsettled, sick)
        return first_evidence(checks)

    def unclean_since(since_s: float) -> Message | None:
        if probers and time.monotonic() - DEADLINE_S - CLEAN_S < since_s:
            return message("undone-just-now")
        return unclean(CLEAN_S)

    etcd = load is not None and asked is not None and asked.store == "etcd"
    # each through its own node: it answers there whatever cuts it from the others
    members = {node.name: lab.etcd(node.name) for node in lab.plan.with_role("etcd")}
    rejoining = Rejoining(
        members,
        lambda: load.acknowledged if etcd and load else highest_revision(members),
        running.hit_nodes,
        recorder.event,
    )
    recovery = Recovery(
        *(lab, running, recorder.event, unclean_since),
        probers.unserved if probers else lambda _before_s, _since_s: {},
        experiment.settings["balancer_returns_s"],
    )
    acts = LabActs(
        lab,
        TargetChoice(lab, experiment, chance, refusal_of(experiment, lab.plan), running),
        running,
        rejoining,
        act,
        rejoins=etcd,
        unsteady=unsteady,
        recovery=recovery,
    )
    return Trial(
        Parts(
            around=[
                Heartbeat(lab),
                *([probers] if probers else []),
                states,
                *health_watches(lab, experiment.series, recorder.sample),
            ],
            within=[
                acts,
                LeaderWatch(lab, recorder.event),
                connections,
                *([load] if load else []),
            ],
            begun=states.report_states_again,
            unclean=unclean,
            unsteady=unsteady,
            returning=running.any_returning,
            steps=lambda: run_timeline(TimelineRun(experiment.steps, acts, recorder.check), lab),
            load=load,
            components=lambda since_s: report_component_events(lab, since_s, recorder.event),
            cpu_shares=probers.cpu_shares if probers else dict,
            in_use=processors_in_use(),
            steady_timeout_s=steady_timeout_s(lab.plan),
        ),
        recorder,
        history.final_state,
        experiment.baseline_s,
    )


def run_timeline(timeline: TimelineRun, lab: Lab) -> None:
    """Run a timeline. Raises what `TimelineRun.run` does; a lost agent comes first."""
    try:
        timeline.run()
    except NotSteadyError:
        check_agents(lab)  # a node whose agent is gone is no node that did not recover
        raise


def refusal_of(experiment: ExperimentRecord, plan: LabPlan) -> Refusal:
    """Return the rules that a step must keep with the nodes that it has chosen."""

    def refusal(
        step: StepRecord, nodes: frozenset[str], unwell: Sequence[RunningStep]
    ) -> Message | None:
        hit = frozenset[str]().union(*(other.nodes for other in unwell))
        names = ", ".join(sorted(nodes))
        if not still_kept(experiment.keep, plan, hit, nodes):
            return message("keep-rule-broken", nodes=names, rule=experiment.keep)
        others = {other.step.id: (other.step.fault, other.nodes) for other in unwell}
        changing = [name for name, (fault, hit) in others.items() if not fault and hit & nodes]
        running = {name: (fault, hit) for name, (fault, hit) in others.items() if fault}
        if step.fault:
            changing += conflicts(step.fault, nodes, running)
        else:
            changing += [name for name, (_, hit) in running.items() if hit & nodes]
        return message("nodes-hit-by", nodes=names, steps=", ".join(changing)) if changing else None

    return refusal
