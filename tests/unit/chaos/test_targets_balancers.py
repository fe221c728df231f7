"""Targets and observation of balancers: what is meant, and who can see it."""

from __future__ import annotations

import random
from types import SimpleNamespace

import pytest

from chaos import targets
from chaos.errors import InputError
from chaos.faults.observer import dial_checks
from chaos.target_parser import parse
from chaos.targets import Target
from lab.components.lab_plan import plan_lab
from lab.spec import LabSpec

PLANS = {
    lb: plan_lab(LabSpec(etcd=1, masters=2, workers=2, lb=lb))
    for lb in ("nginx", "haproxy", "external", "vip", "none")
}


@pytest.mark.parametrize(
    ("lb", "text", "hit"),
    [
        ("nginx", "frontend:worker-2", ["worker-2/nginx"]),
        ("haproxy", "frontend:worker-2", ["worker-2/haproxy"]),
        ("external", "frontend:worker-2", ["balancer-1/haproxy"]),
        ("vip", "frontend:worker-2", ["balancer-2/haproxy"]),
        ("none", "frontend:worker-2", ["master-1/kube-apiserver"]),
        ("vip", "balancer:all", ["balancer-1/haproxy", "balancer-2/haproxy"]),
        ("vip", "balancers", ["balancer-1/haproxy", "balancer-2/haproxy"]),
        ("external", "balancer:any", ["balancer-1/haproxy"]),
        ("vip", "node:balancer-1", ["balancer-1/haproxy"]),
        ("vip", "balancer-1", ["balancer-1/haproxy"]),
        ("haproxy", "worker:all", ["worker-1/haproxy", "worker-2/haproxy"]),
        ("external", "worker:all", ["worker-1", "worker-2"]),
        ("none", "worker-1", ["worker-1"]),
    ],
)
def test_a_target_is(lb, text, hit, monkeypatch):
    monkeypatch.setattr(targets, "vip_holder", lambda _lab: "balancer-2")
    lab = SimpleNamespace(plan=PLANS[lb])
    chosen = parse(text, PLANS[lb]).resolve(lab, random.Random(1))
    assert [str(target) for target in chosen] == hit


@pytest.mark.parametrize(
    ("lb", "text", "problem"),
    [
        ("nginx", "balancer:any", "this lab has no balancer"),
        ("nginx", "frontend:worker-3", "'worker-3' is none of"),
        ("nginx", "frontend:master-1", "name a worker of this lab"),
        ("nginx", "frontend", "'all' is none of"),
        ("external", "worker-1/nginx", "no component nginx on worker-1"),
        ("vip", "balancer-1/keepalived", "keepalived listens nowhere"),
        ("vip", "balancer:all/haproxy-watch", "haproxy-watch listens nowhere"),
    ],
)
def test_a_target_that_this_lab_has_not_is_refused(lb, text, problem):
    with pytest.raises(InputError, match=problem):
        parse(text, PLANS[lb])


def test_where_there_are_no_masters_there_is_no_frontend():
    with pytest.raises(InputError, match="this lab has no master"):
        parse("frontend:worker-1", plan_lab(LabSpec(masters=0)))


@pytest.mark.parametrize(
    ("lb", "certain"), [("nginx", ["worker-1"]), ("external", ["balancer-1"]), ("vip", [])]
)
def test_who_holds_the_vip_is_not_certain(lb, certain):
    assert parse("frontend:worker-1", PLANS[lb]).certain(PLANS[lb]) == certain


OUTSIDE, INSIDE = ("worker-2", "10.83.3.1"), ("worker-1", "127.0.0.1")


@pytest.mark.parametrize(
    ("lb", "target", "wanted", "looks"),
    [
        ("nginx", "worker-1/nginx", "refused", [(*INSIDE, 6443, "refused")]),
        ("nginx", "worker-1/nginx", "silent", [(*INSIDE, 6443, "silent")]),
        ("nginx", "worker-1/nginx", "timeout", [(*OUTSIDE, 6443, "timeout")]),
        (
            *("nginx", "worker-1/nginx", "answered"),
            [(*OUTSIDE, 6443, "refused"), (*INSIDE, 6443, "answered")],
        ),
        ("external", "worker-1", "timeout", [(*OUTSIDE, 9, "timeout")]),
        ("external", "worker-1", "answered", [(*OUTSIDE, 9, "refused")]),
        (
            *("external", "balancer-1/haproxy", "refused"),
            [("worker-2", "10.83.4.1", 6443, "refused")],
        ),
    ],
)
def test_who_must_see_what(lb, target, wanted, looks):
    node, _, component = target.partition("/")
    checks = dial_checks(PLANS[lb], "worker-2", Target(node, component), wanted)
    assert [(check.observer, check.host, check.port, check.wanted) for check in checks] == looks
