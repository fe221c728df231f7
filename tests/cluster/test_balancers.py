"""Every balancer mode on a small real lab: it serves, its death is seen, it serves again."""

from __future__ import annotations

import random

import pytest

from chaos.errors import NotConfirmedError
from chaos.faults import injection as injections
from chaos.faults.injection import Injection
from chaos.faults.registry import fault_of
from chaos.target_parser import parse
from lab.bootstrap import proxy_problem
from lab.errors import LabError
from lab.health import vip_holder
from lab.lab import Lab
from lab.readiness import wait_until
from lab.spec import LabSpec
from reports.locale.catalogue import text_of

pytestmark = pytest.mark.beside

OWN_NGINX = """\
worker_processes 1;
events { worker_connections 512; }
stream {
  upstream mine { random two least_conn; server 192.0.2.1:6443; server 192.0.2.2:6443 weight=2; }
  server { listen 0.0.0.0:8443; proxy_timeout 3s; proxy_connect_timeout 300ms; proxy_pass mine; }
}
"""
OWN_HAPROXY = """\
global
    user haproxy
    stats socket /run/haproxy/admin.sock
defaults
    mode tcp
    timeout connect 1s
    timeout client 1m
    timeout server 1m
listen mine
    bind 192.0.2.100:8443
    balance roundrobin
    option httpchk GET /healthz
    server one 192.0.2.1:6443 check check-ssl verify none inter 1s
    server two 192.0.2.2:6443 check check-ssl verify none inter 1s
"""


@pytest.fixture
def lab(home, request):
    """A lab of one etcd, two masters and one worker, with the balancer that is asked for."""
    lb, text = request.param
    name = f"lb-{lb}"
    spec = LabSpec(name=name, etcd=1, masters=2, workers=1, lb=lb, lb_config=text)
    made = Lab.up(spec, owned=True, progress=print, registry=home.registry)
    yield made
    made.down()


def fails(lab):
    """Return "" when the worker is not served now."""
    try:
        evidence = proxy_problem(lab, "worker-1")
    except LabError:
        return ""
    return "" if evidence else "it is served"


def frontend(lab):
    return parse("frontend:worker-1", lab.plan, {}).resolve(lab, random.Random(1))


def made(lab, kind):
    return Injection(lab, kind, fault_of(kind, {}), frontend(lab))


MODES = {
    "nginx with a user's file": ("nginx", OWN_NGINX),
    "haproxy": ("haproxy", ""),
    "external with a user's file": ("external", OWN_HAPROXY),
    "vip": ("vip", ""),
    "none": ("none", ""),
}


@pytest.mark.parametrize("lab", MODES.values(), ids=MODES.keys(), indirect=True)
def test_the_death_of_a_frontend_is_seen_by_clients_and_so_is_its_return(lab, monkeypatch):
    assert proxy_problem(lab, "worker-1") is None
    lb = lab.plan.spec.lb
    holder = frontend(lab)[0].node
    if lb == "vip":
        assert holder == "balancer-1", "a lab is ready when the VIP will not move by itself"
    kill = made(lab, "kill")
    kill.choose_observers()
    with monkeypatch.context() as quick:
        quick.setattr(injections, "CONFIRM_TIMEOUT_S", 0.5)
        with pytest.raises(NotConfirmedError, match="waited"):
            kill.confirm()
    kill.begin()
    assert "refused" in text_of(kill.confirm(), "en")
    assert fails(lab) == ""
    if lb == "vip":
        wait_until("the other balancer to serve", lambda: proxy_problem(lab, "worker-1"), 15)
        assert vip_holder(lab) != holder
    kill.end()
    assert "answered" in text_of(kill.confirm_undone(), "en")
    wait_until("the frontend to serve again", lambda: proxy_problem(lab, "worker-1"), 30)

    if lb == "none":
        return
    power_off = made(lab, "power-off")
    off = power_off.targets[0].node
    power_off.begin()
    assert "timeout" in text_of(power_off.confirm(), "en")
    if lb == "vip":
        wait_until("the other balancer to serve", lambda: proxy_problem(lab, "worker-1"), 15)
        assert vip_holder(lab) != off, "a node without power has lost the address"
    power_off.end()
    assert "answered" in text_of(power_off.confirm_undone(), "en")
    wait_until("the frontend to serve again", lambda: proxy_problem(lab, "worker-1"), 30)
