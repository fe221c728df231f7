"""What a lab is made of, as values: nodes, addresses, command lines and configuration."""

from __future__ import annotations

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from lab.components.lab_plan import plan_lab
from lab.nodes import AGENT
from lab.spec import LabSpec

SPECS = st.builds(
    LabSpec,
    etcd=st.integers(1, 9),
    masters=st.integers(1, 9),
    workers=st.integers(0, 50),
    stacked=st.booleans(),
    profile=st.sampled_from(["upstream", "kubespray"]),
)
MASTER_PARTS = ["kube-apiserver", "kube-controller-manager", "kube-scheduler"]


def flags(component):
    """Return the --key=value arguments of a component."""
    pairs = (arg[2:].split("=", 1) for arg in component.argv if arg.startswith("--"))
    return dict(pairs)


def test_three_etcd_three_masters_two_workers_are_named_and_addressed():
    plan = plan_lab(LabSpec(etcd=3, masters=3, workers=2))
    assert [(n.name, n.address, *n.roles) for n in plan.nodes] == [
        ("etcd-1", "10.83.1.1", "etcd"),
        ("etcd-2", "10.83.1.2", "etcd"),
        ("etcd-3", "10.83.1.3", "etcd"),
        ("master-1", "10.83.2.1", "master"),
        ("master-2", "10.83.2.2", "master"),
        ("master-3", "10.83.2.3", "master"),
        ("worker-1", "10.83.3.1", "worker"),
        ("worker-2", "10.83.3.2", "worker"),
    ]


def test_three_etcd_three_masters_two_workers_run_these_components_in_this_order():
    plan = plan_lab(LabSpec(etcd=3, masters=3, workers=2))
    assert [(c.node, c.name) for c in plan.components] == [
        *((f"etcd-{n}", "etcd") for n in (1, 2, 3)),
        *((f"master-{n}", part) for n in (1, 2, 3) for part in MASTER_PARTS),
        *((f"worker-{n}", "nginx") for n in (1, 2)),
    ]


@pytest.mark.parametrize(("profile", "scheme"), [("upstream", "https"), ("brisk", "http")])
def test_members_talk_to_each_other_as_the_profile_says_and_to_clients_by_mutual_tls(
    profile, scheme
):
    [first, *_] = plan_lab(LabSpec(masters=0, profile=profile)).components
    set_flags = flags(first)
    assert set_flags["listen-peer-urls"] == f"{scheme}://10.83.1.1:2380"
    assert set_flags["initial-cluster"].count(f"={scheme}://") == 3
    assert ("peer-client-cert-auth" in set_flags) == (scheme == "https")
    assert set_flags["listen-client-urls"] == "https://10.83.1.1:2379"
    assert set_flags["client-cert-auth"] == "true"


@pytest.mark.parametrize(
    ("etcd", "masters", "roles"),
    [
        pytest.param(
            1,
            2,
            {"master-1": {"master", "etcd"}, "master-2": {"master"}},
            id="fewer members than masters",
        ),
        pytest.param(
            2,
            2,
            {"master-1": {"master", "etcd"}, "master-2": {"master", "etcd"}},
            id="as many members as masters",
        ),
        pytest.param(
            3,
            1,
            {"master-1": {"master", "etcd"}, "etcd-1": {"etcd"}, "etcd-2": {"etcd"}},
            id="the members that are too many get nodes of their own",
        ),
    ],
)
def test_stacked_members_live_on_the_first_masters(etcd, masters, roles):
    plan = plan_lab(LabSpec(etcd=etcd, masters=masters, workers=0, stacked=True))
    assert {node.name: node.roles for node in plan.nodes} == roles


@settings(deadline=None, max_examples=25)
@given(SPECS)
def test_every_name_and_address_is_unique(spec):
    nodes = plan_lab(spec).nodes
    assert len({n.name for n in nodes}) == len({n.address for n in nodes}) == len(nodes)


@settings(deadline=None, max_examples=25)
@given(SPECS)
def test_a_lab_has_as_many_of_each_role_as_was_asked_for(spec):
    plan = plan_lab(spec)
    sizes = [len(plan.with_role(role)) for role in ("etcd", "master", "worker")]
    assert sizes == [spec.etcd, spec.masters, spec.workers]


@settings(deadline=None, max_examples=25)
@given(SPECS)
def test_every_node_has_work_and_every_component_a_node(spec):
    plan = plan_lab(spec)
    assert {c.node for c in plan.components} == {n.name for n in plan.nodes}
    assert len({(c.name, c.node) for c in plan.components}) == len(plan.components)


@settings(deadline=None, max_examples=25)
@given(SPECS)
def test_every_etcd_member_comes_before_every_apiserver(spec):
    names = [component.name for component in plan_lab(spec).components]
    last_member = len(names) - 1 - names[::-1].index("etcd")
    assert last_member < names.index("kube-apiserver")


@settings(deadline=None, max_examples=25)
@given(SPECS)
def test_every_apiserver_is_given_every_member(spec):
    plan = plan_lab(spec)
    wanted = [f"https://{node.address}:2379" for node in plan.with_role("etcd")]
    for node in plan.with_role("master"):
        given_servers = flags(plan.component("kube-apiserver", node.name))["etcd-servers"]
        assert given_servers.split(",") == wanted


@settings(deadline=None, max_examples=25)
@given(SPECS)
def test_every_member_knows_the_same_cluster_and_itself_in_it(spec):
    plan = plan_lab(spec)
    members = [c for c in plan.components if c.name == "etcd"]
    assert len({flags(member)["initial-cluster"] for member in members}) == 1
    for member in members:
        own = f"{member.node}={flags(member)['initial-advertise-peer-urls']}"
        assert own in flags(member)["initial-cluster"].split(",")


@pytest.mark.parametrize("part", ["kube-controller-manager", "kube-scheduler"])
def test_every_master_runs_one_that_talks_to_its_own_apiserver(part):
    plan = plan_lab(LabSpec(masters=3))
    for node in plan.with_role("master"):
        component = plan.component(part, node.name)
        [text] = component.files.values()
        [cluster] = yaml.safe_load(text)["clusters"]
        assert cluster["cluster"]["server"] == "https://127.0.0.1:6443"
        assert flags(component)["kubeconfig"] in component.files
        assert flags(component)["leader-elect"] == "true"


@pytest.mark.parametrize(
    ("profile", "heartbeat", "election", "snapshots"),
    [
        pytest.param("upstream", "100", "1000", "10000", id="upstream"),
        pytest.param("kubespray", "250", "5000", "100000", id="kubespray"),
    ],
)
def test_the_profile_reaches_every_members_command_line(profile, heartbeat, election, snapshots):
    plan = plan_lab(LabSpec(profile=profile))
    for node in plan.with_role("etcd"):
        set_flags = flags(plan.component("etcd", node.name))
        assert set_flags["heartbeat-interval"] == heartbeat
        assert set_flags["election-timeout"] == election
        assert set_flags["snapshot-count"] == snapshots


def test_only_what_a_kubelet_restarts_is_restarted():
    restarted = {c.name for c in plan_lab(LabSpec()).components if c.supervisor == AGENT}
    assert restarted == {"kube-controller-manager", "kube-scheduler"}


def test_members_demand_certificates_from_peers_and_clients():
    set_flags = flags(plan_lab(LabSpec()).component("etcd", "etcd-1"))
    assert set_flags["client-cert-auth"] == set_flags["peer-client-cert-auth"] == "true"


NGINX_CONF = """\
load_module /usr/lib/nginx/modules/ngx_stream_module.so;
daemon off;
pid nginx.pid;
error_log stderr notice;
worker_processes 2;
worker_rlimit_nofile 65535;
worker_shutdown_timeout 10s;
events {
  multi_accept on;
  use epoll;
  worker_connections 16384;
}
stream {
  upstream kube_apiserver {
    least_conn;
    server 10.83.2.1:6443;
    server 10.83.2.2:6443;
  }
  server {
    listen 127.0.0.1:443;
    proxy_pass kube_apiserver;
    proxy_timeout 10m;
    proxy_connect_timeout 1s;
  }
}
"""


def test_the_proxy_of_every_worker_is_set_as_kubespray_sets_it():
    plan = plan_lab(LabSpec(masters=2, workers=2, proxy_port=443))
    for worker in ("worker-1", "worker-2"):
        proxy = plan.component("nginx", worker)
        assert proxy.files == {"nginx.conf": NGINX_CONF}
        assert proxy.port == 443


@pytest.mark.parametrize("missing", ["etcd-9", "", "worker"])
def test_a_node_that_is_not_planned_is_a_key_error(missing):
    with pytest.raises(KeyError, match=f"'{missing}'"):
        plan_lab(LabSpec()).node(missing)


def test_a_component_that_is_not_planned_is_a_key_error():
    with pytest.raises(KeyError, match="nginx on etcd-1"):
        plan_lab(LabSpec()).component("nginx", "etcd-1")


@pytest.mark.parametrize(
    ("asked", "place"),
    [
        pytest.param({"etcd": 0}, "etcd", id="no etcd"),
        pytest.param({"etcd": 10}, "etcd", id="ten etcd"),
        pytest.param({"masters": 0, "stacked": True}, "stacked", id="stacked on no master"),
        pytest.param({"masters": 10}, "masters", id="ten masters"),
        pytest.param({"workers": -1}, "workers", id="negative workers"),
        pytest.param({"workers": 51}, "workers", id="fifty-one workers"),
        pytest.param({"etcd": 2.5}, "etcd", id="half a member"),
        pytest.param({"proxy_port": 0}, "proxy_port", id="port zero"),
        pytest.param({"proxy_port": 32768}, "proxy_port", id="an ephemeral port"),
        pytest.param({"profile": "fast"}, "profile", id="unknown profile"),
        pytest.param({"name": ""}, "name", id="empty name"),
        pytest.param({"name": "Lab"}, "name", id="capital name"),
        pytest.param({"name": "1st"}, "name", id="name with a digit first"),
        pytest.param({"name": "../lab"}, "name", id="name that is a path"),
        pytest.param({"name": "lab\n"}, "name", id="name with a newline"),
        pytest.param({"name": "a" * 21}, "name", id="name of 21 letters"),
        pytest.param({"etcds": 3}, "etcds", id="unknown key"),
    ],
)
def test_a_spec_is_refused_with_the_place_of_the_mistake(asked, place):
    with pytest.raises(ValidationError) as caught:
        LabSpec(**asked)
    assert [error["loc"] for error in caught.value.errors()] == [(place,)]


def test_a_spec_cannot_be_changed_after_it_was_made():
    with pytest.raises(ValidationError, match="frozen"):
        LabSpec().etcd = 5
