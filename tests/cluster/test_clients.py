"""Other people's clients, from the host, through the proxy of a worker."""

from __future__ import annotations

import json
import subprocess

import pytest
import yaml

from lab.bootstrap import proxy_problem
from lab.health import etcd_leader, lab_problem
from lab.readiness import wait_until

pytestmark = pytest.mark.beside


@pytest.fixture
def config(shared, tmp_path):
    path = tmp_path / "k.conf"
    shared.halab("kubeconfig", "--worker", "worker-1", "--out", str(path))
    return path


def run(kubectl, config, *argv):
    command = [kubectl, f"--kubeconfig={config}", "--request-timeout=10s", *argv]
    return subprocess.run(command, capture_output=True, text=True, check=True, timeout=30).stdout


def test_kubectl_works_while_masters_die_one_after_the_other(shared, lab, kubectl, config):
    assert config.stat().st_mode & 0o077 == 0, "it holds a key"
    for dead in (1, 2):
        shared.halab("kill", f"master-{dead}")
        run(kubectl, config, "create", "configmap", f"after-{dead}", "-n=halab")
        listed = json.loads(run(kubectl, config, "get", "configmaps", "-n=halab", "-o=json"))
        names = {item["metadata"]["name"] for item in listed["items"]}
        assert {f"after-{number}" for number in range(1, dead + 1)} <= names
    shared.halab("heal")
    wait_until("the lab to be healthy", lambda: lab_problem(lab), 30)
    run(kubectl, config, "delete", "configmap", "after-1", "after-2", "-n=halab")


def test_kubectl_sees_a_real_cluster(kubectl, config):
    version = json.loads(run(kubectl, config, "version", "-o=json"))
    assert version["serverVersion"]["gitVersion"] == version["clientVersion"]["gitVersion"]
    leases = json.loads(run(kubectl, config, "get", "leases", "-n=kube-system", "-o=json"))
    holders = {one["metadata"]["name"] for one in leases["items"]}
    assert {"kube-controller-manager", "kube-scheduler"} <= holders


def test_the_certificate_says_which_master_served(lab):
    for node in lab.plan.with_role("master"):
        status, answer = lab.apiserver(node.name, "probe").request("GET", "/readyz")
        assert (status, answer) == (200, "ok")


def test_the_probes_are_ordinary_users_and_may_not_read_secrets(lab):
    status, _ = lab.proxy("worker-1").request("GET", "/api/v1/namespaces/kube-system/secrets")
    assert status == 403


def test_kubeconfig_goes_to_standard_output_without_a_file(shared, lab):
    said = shared.halab("kubeconfig", "--worker", "worker-2").stdout
    server = yaml.safe_load(said)["clusters"][0]["cluster"]["server"]
    assert server == f"https://127.0.0.1:{lab.record.ports['worker-2']}"


def test_status_tells_every_component_and_the_faults_that_are_in(shared, lab):
    leader = etcd_leader(lab)
    shared.halab("kill", "etcd:leader")
    lines = shared.halab("status").stdout.splitlines()
    (line,) = [line for line in lines if line.split()[0] == leader]
    assert "etcd DOWN" in line
    assert "faults: " in line
    assert sum("up" in line for line in lines) == 7
    shared.halab("heal")
    wait_until("the lab to be healthy", lambda: lab_problem(lab), 30)


def test_exec_runs_on_the_node_and_ends_as_the_command_ends(shared, lab):
    said = shared.halab("exec", "etcd-2", "--", "ip", "-brief", "addr", "show", "eth0").stdout
    assert lab.plan.node("etcd-2").address in said
    shared.halab("exec", "etcd-2", "--", "sh", "-c", "exit 7", code=7)


def test_logs_are_those_of_the_component(shared):
    assert '"caller"' in shared.halab("logs", "etcd-1", "etcd").stdout
    shared.halab("logs", "etcd-1", "nginx", code=2)


def test_a_second_lab_neither_disturbs_the_first_nor_is_disturbed(shared, lab):
    shared.halab("up", "small", "--etcd", "1", "--masters", "1", "--workers", "1")
    try:
        shared.halab("down", code=2)
        shared.halab("up", "small", code=3)
        shared.halab("power-off", "--lab", "big", "node:etcd-1")
        small = shared.attach("small")
        assert proxy_problem(small, "worker-1") is None
        small.close()
        shared.halab("heal", "--lab", "big")
    finally:
        shared.halab("down", "small")
    wait_until("the first lab to be healthy", lambda: lab_problem(lab), 30)
    wait_until("the first lab to serve", lambda: proxy_problem(lab, "worker-2"), 10)
