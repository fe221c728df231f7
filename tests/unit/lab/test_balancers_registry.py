"""What stands between workers and masters in each mode, as values."""

from __future__ import annotations

from pathlib import Path

import pytest
from cryptography import x509
from pydantic import ValidationError

from lab.balancers import modes, registry
from lab.balancers.modes.haproxy import CHECKS
from lab.balancers.registry import packages, programs
from lab.components.lab_plan import plan_lab
from lab.memory import needed_mib
from lab.pki import node_files
from lab.spec import LabSpec

MODES = {
    "nginx": (("127.0.0.1", 443), ["worker-1/nginx"], ["nginx"], ()),
    "haproxy": (("127.0.0.1", 443), ["worker-1/haproxy"], ["haproxy"], ()),
    "external": (("10.83.4.1", 443), ["balancer-1/haproxy"], ["haproxy"], ("10.83.4.1",)),
    "vip": (
        ("10.83.4.100", 443),
        ["balancer-1/haproxy", "balancer-2/haproxy"],
        ["haproxy", "keepalived"],
        ("10.83.4.1", "10.83.4.2", "10.83.4.100"),
    ),
    "none": (("10.83.2.1", 6443), ["master-1/kube-apiserver"], [], ()),
}
NAMES = MODES.keys()


def plan_of(lb, **sizes):
    return plan_lab(LabSpec(lb=lb, proxy_port=443, **{"masters": 2, "workers": 2, **sizes}))


@pytest.mark.parametrize("lb", NAMES)
def test_the_clients_of_a_worker_connect_to(lb):
    frontend, behind, _, _ = MODES[lb]
    plan = plan_of(lb)
    assert plan.frontend("worker-1") == frontend
    assert [f"{part.node}/{part.name}" for part in plan.frontends("worker-1")] == behind


@pytest.mark.parametrize("lb", NAMES)
def test_only_the_programs_of_the_mode_are_needed(lb):
    assert list(plan_of(lb).balancer_programs) == MODES[lb][2]


@pytest.mark.parametrize("lb", NAMES)
def test_every_apiservers_certificate_is_valid_at_the_balancers(lb):
    addresses = MODES[lb][3]
    plan = plan_of(lb)
    files = node_files(plan)
    for master in plan.with_role("master"):
        certificate = x509.load_pem_x509_certificate(files[master.name]["pki/apiserver.crt"])
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        served = {str(address) for address in names.get_values_for_type(x509.IPAddress)}
        assert served == {master.address, "127.0.0.1", "10.96.0.1", *addresses}


@pytest.mark.parametrize("lb", NAMES)
def test_the_memory_of_every_mode_is_known(lb):
    assert needed_mib(plan_of(lb)) > 1000


@pytest.mark.parametrize(
    ("lb", "balancers"), [("nginx", 0), ("haproxy", 0), ("external", 1), ("vip", 2), ("none", 0)]
)
def test_balancers_of_their_own_stand_on_nodes_of_their_own(lb, balancers):
    nodes = plan_of(lb).with_role("balancer")
    assert [(node.name, node.address) for node in nodes] == [
        (f"balancer-{n}", f"10.83.4.{n}") for n in range(1, balancers + 1)
    ]


@pytest.mark.parametrize(("lb", "loopback"), [("nginx", True), ("haproxy", True), ("vip", False)])
def test_what_listens_on_a_loopback_says_so(lb, loopback):
    assert plan_of(lb).frontends("worker-1")[0].loopback is loopback


@pytest.mark.parametrize(
    ("lb", "listen"), [("haproxy", "127.0.0.1:443"), ("external", "*:443"), ("vip", "*:443")]
)
def test_haproxy_is_set_as_kubespray_sets_it_wherever_it_stands(lb, listen):
    assert CHECKS.startswith("inter 15s downinter 15s rise 2 fall 2 slowstart 60s maxconn 1000")
    text = plan_of(lb).frontends("worker-1")[0].files["haproxy.cfg"]
    lines = [line.strip() for line in text.splitlines()]
    assert f"bind {listen}" in lines
    for wanted in (
        *("timeout connect 30s", "timeout client 5m", "timeout server 15m", "timeout check 30s"),
        *("retries 5", "option redispatch", "balance leastconn", "option httpchk GET /healthz"),
        f"default-server {CHECKS}",
        "server master-1 10.83.2.1:6443 check check-ssl verify none",
        "server master-2 10.83.2.2:6443 check check-ssl verify none",
    ):
        assert wanted in lines


def test_the_first_balancer_is_preferred_by_less_than_a_dead_haproxy_costs():
    plan = plan_of("vip")
    texts = [plan.component("keepalived", f"balancer-{n}").files["keepalived.conf"] for n in (1, 2)]
    assert "priority 101\n" in texts[0]
    assert "priority 100\n" in texts[1]
    assert "unicast_peer {\n    10.83.4.2\n  }" in texts[0]
    assert all("10.83.4.100/16 dev eth0" in text for text in texts)
    assert "now=-10" in plan.component("haproxy-watch", "balancer-1").files["watch.sh"]


@pytest.mark.parametrize("lb", [name for name in NAMES if name != "nginx"])
def test_without_masters_there_is_nothing_to_balance(lb):
    with pytest.raises(ValidationError, match="nothing to balance"):
        LabSpec(masters=0, lb=lb)


def test_an_unknown_mode_is_refused():
    with pytest.raises(ValidationError, match="lb"):
        LabSpec(lb="envoy")


def test_every_mode_is_a_file_of_its_own_and_has_words_in_every_language():
    folder = Path(modes.__file__).parent
    assert (
        set(registry.MODES)
        == {path.stem for path in folder.glob("*.py")} - {"__init__"}
        == set(NAMES)
    )
    assert {frozenset(balancer.description) for balancer in registry.MODES.values()} == {
        frozenset({"en", "zh"})
    }


def test_who_has_set_a_balancer_is_said_in_its_words():
    assert plan_of("external").balancing == {
        "en": "behind one haproxy as kubespray sets it",
        "zh": "位于一个按 kubespray 配置的 haproxy 之后",
    }
    own = "stream { upstream a { server b:1; } server { listen 1; proxy_pass a; } }"
    assert (
        plan_of("nginx", lb_config=own).balancing["en"] == "with nginx set by a file of the user's"
    )


def test_all_that_any_mode_needs_of_the_system_is_known():
    assert programs() == ("bash", "haproxy", "keepalived", "nginx")
    assert set(packages()) == {"haproxy", "keepalived", "libnginx-mod-stream", "nginx-light"}
    needed = {part.argv[0] for lb in NAMES for part in plan_of(lb).components if part.system}
    assert needed == set(programs())


def test_an_etcd_alone_has_no_balancer_of_the_system():
    plan = plan_lab(LabSpec(masters=0, workers=1))
    assert (plan.balancer_programs, plan.system_programs, plan.worker_frontends) == ((), (), {})
