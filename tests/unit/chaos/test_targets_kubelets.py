"""Masters chosen by the lease that they hold, and what of a kubelet's node can be a target."""

from __future__ import annotations

import random
import time
from types import SimpleNamespace

import pytest

from chaos import targets
from chaos.errors import InputError
from chaos.target_parser import parse
from chaos.targets import Target
from lab.components.lab_plan import plan_lab
from lab.errors import LabError
from lab.health import lease_holder
from lab.spec import LabSpec

PLAN = plan_lab(LabSpec(etcd=1, masters=3, workers=1, kubelets=True))


def test_the_master_that_leads_is_chosen_when_it_is_injected(monkeypatch):
    held = {"kube-scheduler": "master-3"}
    monkeypatch.setattr(targets, "lease_holder", lambda _lab, name: held[name])
    selector = parse("master:leading(kube-scheduler)", PLAN)
    chosen = selector.resolve(SimpleNamespace(plan=PLAN), random.Random(0))
    assert chosen == (Target("master-3", "kube-apiserver"),)
    assert selector.possible(PLAN) == ["master-1", "master-2", "master-3"]
    assert selector.certain(PLAN) == []


def test_its_component_can_be_named():
    selector = parse("master:leading(kube-scheduler)/kube-scheduler", PLAN)
    assert selector.component == "kube-scheduler"
    assert parse("worker-1/kubelet", PLAN).component == "kubelet"


@pytest.mark.parametrize(
    ("text", "fragment"),
    [
        pytest.param("master:leading", "masters lead as in", id="of-what"),
        pytest.param("master:leading(etcd)", "masters lead as in", id="no-lease-of-that"),
        pytest.param("etcd:leading(kube-scheduler)", "is none of", id="no-master"),
        pytest.param("etcd:leader(kube-scheduler)", "masters lead as in", id="other-pick"),
        pytest.param("master:any(x)", "masters lead as in", id="other-pick-of-nothing"),
        pytest.param("worker-1/kube-proxy", "listens nowhere", id="no-port-to-look-at"),
    ],
)
def test_what_means_nothing_is_refused(text, fragment):
    with pytest.raises(InputError, match=fragment):
        parse(text, PLAN)


def answering(**holders):
    """A lab whose masters answer with the holder of the scheduler's lease, or not at all."""

    def apiserver(node):
        def request(*_args, **_options):
            if node not in holders:
                raise LabError("refused")
            age_s = 60 if holders[node] == "stale" else 1
            at = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() - age_s))
            spec = {
                "holderIdentity": f"{holders[node]}_u",
                "renewTime": at,
                "leaseDurationSeconds": 15,
            }
            return 200, {"items": [{"metadata": {"name": "kube-scheduler"}, "spec": spec}]}

        return SimpleNamespace(request=request)

    return SimpleNamespace(plan=PLAN, apiserver=apiserver)


def test_the_first_master_that_answers_says_who_holds():
    assert lease_holder(answering(**{"master-2": "master-1"}), "kube-scheduler") == "master-1"


@pytest.mark.parametrize(
    "holders",
    [pytest.param({}, id="none-answers"), pytest.param({"master-1": "stale"}, id="expired")],
)
def test_without_a_holder_nobody_is_chosen(holders):
    with pytest.raises(LabError, match="nobody holds the lease"):
        lease_holder(answering(**holders), "kube-scheduler")
