"""The checks of a suite before anything is started."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from chaos.errors import InputError
from chaos.experiment.formulas import settings_of
from chaos.experiment.overlaps import certain_conflicts
from chaos.experiment.plan import implied, resolved
from chaos.experiment.random_timeline import why_never_drawn
from chaos.experiment.timeline import StepOrder, order_problems, overlap, planned_steps
from chaos.faults.registry import fault_of
from chaos.observers.states import HEALTH_PROBES, state_series
from chaos.probes.series import DEFAULT_SERIES
from chaos.steps.actions.registry import action_of
from chaos.target_parser import parse
from lab.components.lab_plan import plan_lab
from reports.analysis.metrics import METRICS
from reports.history.schema import DIRECT, STATES

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    from chaos.experiment.schema import ExpectationSpec, ExperimentSpec, RandomFault, Suite
    from chaos.targets import Selector
    from lab.plan import LabPlan
    from lab.spec import LabSpec
    from reports.history.schema import StepRecord


def check_suite(suite: Suite) -> list[str]:
    """Return the problems of a suite, each with its place in the YAML."""
    names = Counter(experiment.id for experiment in suite.experiments)
    for experiment in suite.experiments:
        names.update([demand.id for demand in experiment.expect])
        names.update([demand.id for demand in implied(experiment)])
    problems = [f"the id {name} is given {n} times" for name, n in names.items() if n > 1]
    if any(lab.workers == 0 for lab in suite.labs):
        problems.append(
            "lab.workers: what clients see is measured at workers; at least 1 is needed"
        )
    for experiment, lab in zip(suite.experiments, suite.labs, strict=True):
        problems += [f"{experiment.id}: {problem}" for problem in _experiment(experiment, lab)]
    return problems


def _experiment(experiment: ExperimentSpec, lab: LabSpec) -> Iterator[str]:
    plan = plan_lab(lab)
    settings = settings_of(plan)
    steps = planned_steps(experiment.steps)
    if experiment.operations and experiment.operations.store == "kubernetes" and not lab.masters:
        yield "operations.store: kubernetes needs lab.masters"
    if experiment.random is not None:
        yield from _random(experiment, plan)
    elif problems := order_problems(steps):
        yield from problems
    else:
        yield from _steps(steps, plan)
    faults = [step.id for step in steps if step.fault]
    for demand in experiment.expect:
        about = f"expectation {demand.id}: "
        yield from (about + text for text in _metric(demand, experiment, lab, faults))
        yield from (about + text for text in _window(demand, experiment, faults))
        yield from (about + text for text in _series(demand, plan))
        for runtime in (lab.runtime, *demand.on_runtime):
            place = f"on_runtime.{runtime}: " if runtime in demand.on_runtime else ""
            try:
                resolved(demand, settings, runtime)
            except InputError as error:
                yield f"{about}{place}{error}"


def _random(experiment: ExperimentSpec, plan: LabPlan) -> Iterator[str]:
    assert experiment.random is not None
    for number, fault in enumerate(experiment.random.faults):
        place = f"random.faults.{number}"
        try:
            _selector(fault, plan, {})
            if reason := why_never_drawn(experiment.random, fault, plan):
                yield f"{place}: {reason}"
        except InputError as error:
            yield f"{place}: {error}"


def _steps(steps: Sequence[StepRecord], plan: LabPlan) -> Iterator[str]:
    if not any(step.after is None and step.at_s == 0 for step in steps):
        yield "steps: at least one must begin at once: at_s counts from the first injection"
    order = StepOrder(steps)
    selectors: dict[str, Selector] = {}
    for place, step in enumerate(steps):
        # a step that a selector names must stand above, and certainly begin before
        before = [first.id for first in steps[:place] if order.begins_before(first, step)]
        beside = [other.id for other in steps if other is not step and overlap(other, step)]
        try:
            earlier = {name: selectors[name] for name in before if name in selectors}
            selectors[step.id] = _selector(step, plan, earlier)
        except InputError as error:
            yield f"step {step.id}: {error}"
        if step.settle and beside:
            yield f"step {step.id}: settle: {', '.join(beside)} will be in effect then"
    yield from certain_conflicts(steps, selectors, plan)


def _selector(
    step: StepRecord | RandomFault, plan: LabPlan, earlier: Mapping[str, Selector]
) -> Selector:
    """Return the selector of a fault or an action, checked. Raises InputError."""
    if step.fault is None:
        action = action_of(step.action or "", step.parameters)
        selector = parse(step.target, plan, earlier)
        action.check(selector, plan)
        return selector
    fault = fault_of(step.fault, step.parameters)
    selector = parse(step.target, plan, earlier)
    further = {key: parse(text, plan, earlier) for key, text in fault.selectors().items()}
    fault.check(selector, further, plan)
    return selector


def _metric(
    demand: ExpectationSpec, experiment: ExperimentSpec, lab: LabSpec, faults: Collection[str]
) -> Iterator[str]:
    """Check that the metric exists, and that the experiment measures what it needs."""
    if demand.metric not in METRICS:
        yield f"there is no metric {demand.metric}; there are {', '.join(METRICS)}"
        return
    missing = [key for key in ("probe", "connection") if getattr(demand, key) is None]
    if METRICS[demand.metric].needs == "series":
        yield from (f"{demand.metric} needs `{key}`" for key in missing)
        return
    if len(missing) < 2:
        yield f"{demand.metric} is about operations; it takes no `probe` and no `connection`"
    if experiment.operations is None:
        yield f"{demand.metric} needs `operations`"
    elif demand.metric == "rejoined_s" and faults and experiment.operations.store_on(lab) != "etcd":
        yield "rejoined_s: the data of members is compared with operations.store: etcd only"


def _window(
    demand: ExpectationSpec, experiment: ExperimentSpec, faults: Collection[str]
) -> Iterator[str]:
    """Check that the window names a fault, and that the metric takes it."""
    named = {key: getattr(demand, key) for key in ("during", "after_heal_of")}
    windows = {key: step for key, step in named.items() if step is not None}
    for key, step in windows.items():
        if step not in faults:
            steps = ", ".join(faults) or "none with a name"
            yield f"{key}: there is no fault {step}; there are {steps}"
    if len(windows) > 1:
        yield "`during` and `after_heal_of` are two windows; name one"
    metric = METRICS.get(demand.metric)
    if metric is None:
        return
    several = len(faults) > 1 or experiment.random is not None
    if not windows and several and metric.needs == "series":
        yield "several faults: name a window, `during` or `after_heal_of` one of them"
    for key in windows or ("",):
        if key not in metric.windows:
            takes = " or ".join(sorted(window or "no window" for window in metric.windows))
            yield f"{demand.metric} takes {takes}"


def _series(demand: ExpectationSpec, plan: LabPlan) -> Iterator[str]:
    """Check that the series is measured in this lab."""
    if demand.probe is None or demand.connection is None:
        return
    if demand.probe in STATES:
        if demand.probe not in {state.probe for state in state_series(plan)}:
            found = "runtime: kind" if demand.probe in HEALTH_PROBES else "lab.kubelets"
            needed = f"{found} or lab.masters"
            yield f"this lab has no {demand.probe}; {needed} is missing"
        if demand.connection != DIRECT:
            yield f"{demand.probe} goes with connection: {DIRECT}"
        return
    if not plan.with_role("master"):
        yield "this lab has no masters to send requests to"
    measured = [f"{series.probe}:{series.connection}" for series in DEFAULT_SERIES]
    wanted = f"{demand.probe}:{demand.connection}"
    if wanted not in measured:
        yield f"no {wanted} is measured; there are {', '.join([*measured, *STATES])}"
