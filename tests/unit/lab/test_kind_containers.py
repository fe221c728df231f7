"""Containers beside and inside of nodes: what is asked of the daemon and of the kubelet."""

from __future__ import annotations

import json

import yaml

from lab.balancers.registry import balancer_of
from lab.runtime.kind.creation import FAILED_IN, STEP, kind_argv
from lab.runtime.kind.description import server_in
from lab.runtime.kind.kept_nodes import KeptNode
from lab.runtime.kind.side_container import side_body
from lab.runtime.kind.worker_balancers import FOLDER, static_pod

PROGRAMS = {"etcd": {"program": "etcd", "supervisor": "kubelet"}}
NODE = KeptNode("master-1", "0a1b", "c-control-plane", "net", "10.83.0.2", "boot", PROGRAMS, None)


def body(directory):
    return side_body(directory, NODE, "image", "0:0")


def test_the_agent_shares_network_and_processes_of_its_node_by_the_identity_of_its_container(
    tmp_path,
):
    host = body(tmp_path)["HostConfig"]
    assert host["NetworkMode"] == host["PidMode"] == "container:0a1b"


def test_the_agent_has_no_more_rights_than_it_needs(tmp_path):
    host = body(tmp_path)["HostConfig"]
    assert "Privileged" not in host
    assert host["CapDrop"] == ["ALL"]
    assert {"NET_ADMIN", "SYS_PTRACE", "KILL"} <= set(host["CapAdd"])
    assert "SYS_ADMIN" not in host["CapAdd"]


def test_the_agent_is_told_its_boot_and_what_is_to_be_found(tmp_path):
    config = json.loads(body(tmp_path)["Cmd"][-1])
    assert config["boot"] == "boot"
    assert config["found"] == PROGRAMS
    assert config["frontend"] is None


def test_labs_of_docker_do_not_take_it_for_theirs(tmp_path):
    assert "halab.directory" not in body(tmp_path)["Labels"]


def test_the_balancer_is_a_static_pod_in_the_network_of_its_node():
    program = balancer_of("nginx").program
    pod = yaml.safe_load(static_pod(program, "image"))
    [container] = pod["spec"]["containers"]
    assert pod["spec"]["hostNetwork"] is True
    assert pod["spec"]["priority"] == 2000001000
    assert container["command"] == list(program.argv)
    assert container["workingDir"] == container["volumeMounts"][0]["mountPath"] == FOLDER
    assert container["imagePullPolicy"] == "IfNotPresent"


def test_kind_keeps_what_has_failed_and_never_writes_the_users_kubeconfig(tmp_path):
    argv = kind_argv(tmp_path, tmp_path / "kind")
    assert "--retain" in argv
    assert argv[argv.index("--kubeconfig") + 1] == str(tmp_path / "kind.kubeconfig")


def test_the_node_that_has_failed_is_read_from_what_kind_says():
    line = (
        "ERROR: failed to create cluster: failed to init node with kubeadm: command "
        '"docker exec --privileged halab-lab-1a2b3c-control-plane kubeadm init --config=/kind/'
        'kubeadm.conf --skip-token-print --v=6" failed with error: exit status 1'
    )
    assert [match["host"] for match in FAILED_IN.finditer(line)] == [
        "halab-lab-1a2b3c-control-plane"
    ]


def test_the_steps_of_kind_are_its_progress():
    assert (
        STEP.match(" • Starting control-plane 🕹️  ...")["step"].strip() == "Starting control-plane"
    )
    assert STEP.match(" ✓ Starting control-plane 🕹️") is None


def test_the_apiserver_of_a_kubelet_is_read_from_its_kubeconfig():
    def config(server):
        return yaml.safe_dump({"clusters": [{"cluster": {"server": server}}]}).encode()

    assert server_in(config("https://127.0.0.1:6443")) == ("127.0.0.1", 6443)
    assert server_in(config("https://c-control-plane")) == ("c-control-plane", 443)
    assert server_in(config("unix:///x")) == ("", 0)
