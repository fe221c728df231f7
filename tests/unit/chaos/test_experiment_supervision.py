"""Who starts components again, as experiments are told: by what supervises them in the plan."""

from __future__ import annotations

from dataclasses import replace

import pytest

from chaos.experiment.formulas import evaluate, settings_of
from chaos.experiment.supervision import BY_AGENTS, BY_KUBELETS, BY_NOBODY, supervision_text
from lab.components.lab_plan import plan_lab
from lab.nodes import KUBELET, SYSTEMD
from lab.spec import LabSpec

LIVENESS = "liveness_failures * max(liveness_period_s, liveness_timeout_s)"


def plan_of(supervisor, **lab):
    """Return the plan of a lab whose supervised components belong to another supervisor."""
    plan = plan_lab(LabSpec(**lab))
    parts = [
        replace(part, supervisor=supervisor) if part.supervisor else part
        for part in plan.components
    ]
    return replace(plan, components=tuple(parts))


@pytest.mark.parametrize(
    ("plan", "restart_s", "liveness_s", "text"),
    [
        (plan_lab(LabSpec(masters=0)), 0, 0, BY_NOBODY),
        (plan_lab(LabSpec()), 1, 0, BY_AGENTS),
        (plan_lab(LabSpec(kubelets=True)), 1, 0, BY_AGENTS),
        (plan_of(KUBELET), 3, 120, BY_KUBELETS),
        (plan_of(SYSTEMD), 0, 0, BY_NOBODY),
    ],
    ids=["members alone", "agents", "hollow kubelets", "kubelets", "systemd"],
)
def test_formulas_know_how_soon_a_component_is_started_again(plan, restart_s, liveness_s, text):
    settings = settings_of(plan)
    assert evaluate("restart_s", settings) == restart_s
    assert evaluate(LIVENESS, settings) == liveness_s
    assert supervision_text(plan) == text
