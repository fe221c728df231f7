"""A cluster of somebody else's, made by the command `kind`: measured, broken, left as it was."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest

from lab.binaries.resolve import resolve
from lab.runtime.kind.image import definition
from tests.contract.traces import docker_traces, sysctls

CLUSTER = "theirs"
SUITE = Path(__file__).with_name("three-faults.yaml")
CONFIG = """\
kind: Cluster
apiVersion: kind.x-k8s.io/v1alpha4
nodes: [{role: control-plane}, {role: worker}]
kubeadmConfigPatches:
- |
  kind: KubeletConfiguration
  failCgroupV1: false
"""


@pytest.fixture
def theirs(tmp_path_factory, untouched):
    """A cluster of one master and one worker; returns its kubectl as a function."""
    del untouched
    folder = tmp_path_factory.mktemp("theirs")
    programs = resolve(["kind", "kubectl"], progress=print)
    (folder / "config.yaml").write_text(CONFIG)
    environment = {**os.environ, "KUBECONFIG": str(folder / "config")}

    def call(program, *argv):
        command = [str(programs.path(program)), *argv]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
        return done.stdout

    networks, settings = docker_traces()[1], sysctls()
    try:
        image = ("--image", definition.tag(), "--config", str(folder / "config.yaml"))
        call("kind", "create", "cluster", "--name", CLUSTER, *image, "--wait", "120s")
        yield lambda *argv: call("kubectl", *argv)
    finally:
        call("kind", "delete", "cluster", "--name", CLUSTER)
        if "kind" not in networks:
            subprocess.run(["docker", "network", "rm", "kind"], check=True, capture_output=True)
        # its kubelets have changed the kernel's settings; a cluster of somebody else's is left so
        for name, value in settings.items():
            Path("/proc/sys", name).write_text(value)


def state(kubectl):
    """What the cluster has of nodes, namespaces and rights, and which containers it is."""
    objects = "nodes,namespaces,clusterroles,clusterrolebindings"
    return kubectl("get", objects, "--output=name"), docker_traces()


@pytest.mark.timeout(600)
def test_with_consent_it_is_broken_and_then_as_it_was_and_without_it_is_left_alone(theirs, home):
    kubectl, before = theirs, state(theirs)
    refused = home.halab("run", str(SUITE), "--attach", CLUSTER, code=2).stderr
    assert f"--consent {CLUSTER}" in refused
    assert state(kubectl) == before
    consent = ("--attach", CLUSTER, "--consent", CLUSTER)
    only = ("--only", "kill-the-only-master", "--only", "cut-the-only-master")
    answer = json.loads(home.halab("run", str(SUITE), *only, *consent, "--json").stdout)
    verdicts = {verdict["id"]: verdict["verdict"] for verdict in answer["verdicts"]}
    assert verdicts == {"killed-reads": "holds", "cut-reads": "holds"}
    assert state(kubectl) == before

    home.halab("up", "visit", *consent)
    assert "timeout" in home.halab("cut", "master-1", "--from", "worker-1").stdout
    # whoever has put it in is gone by now
    assert "undone" in home.halab("heal").stdout
    home.halab("down", "visit")
    assert state(kubectl) == before
    ready = kubectl("wait", "--for=condition=Ready", "nodes", "--all", "--timeout=60s")
    assert ready.count("condition met") == 2
