"""The bodies of requests that create containers."""

from __future__ import annotations

from pathlib import Path

from lab.components.lab_plan import plan_lab
from lab.runtime.docker.containers import Containers, resource_name
from lab.spec import LabSpec

DIRECTORY = Path("/home/me/.local/state/halab/labs/mine")


def body_of(name, **changes):
    plan = plan_lab(LabSpec(name="mine", runtime="docker", **changes), "10.84.8.0/21")
    programs = {"etcd": Path("/cache/etcd-3/etcd")}
    made_of = Containers(
        DIRECTORY, plan.nodes, plan.worker_frontends, programs, "image:1", "1000:1000"
    )
    return made_of.body(plan.node(name))


def test_a_node_is_never_privileged_and_has_the_rights_it_needs_alone():
    host = body_of("etcd-1")["HostConfig"]
    assert "Privileged" not in host
    assert host["CapDrop"] == ["ALL"]
    assert "SYS_ADMIN" not in host["CapAdd"]
    assert "NET_ADMIN" in host["CapAdd"]


def test_a_node_has_its_address_its_name_and_everybodys_names():
    body = body_of("master-2")
    (endpoint,) = body["NetworkingConfig"]["EndpointsConfig"].values()
    assert endpoint["IPAMConfig"]["IPv4Address"] == "10.84.10.2"
    assert body["Hostname"] == "master-2"
    assert "worker-1:10.84.11.1" in body["HostConfig"]["ExtraHosts"]


def test_everything_of_a_lab_carries_its_directory():
    labels = body_of("etcd-1")["Labels"]
    assert labels["halab.directory"] == str(DIRECTORY)
    assert (labels["halab.node"], labels["halab.owner"]) == ("etcd-1", "1000:1000")


def test_programs_are_mounted_read_only_and_its_own_directory_alone_is_writable():
    mounts = {mount["Target"]: mount for mount in body_of("etcd-1")["HostConfig"]["Mounts"]}
    assert mounts["/usr/local/bin/etcd"]["Source"] == "/cache/etcd-3/etcd"
    writable = [mount["Source"] for mount in mounts.values() if not mount["ReadOnly"]]
    assert writable == [f"{DIRECTORY}/nodes/etcd-1"]


def test_only_workers_publish_a_port_and_only_to_this_machine():
    assert body_of("master-1")["HostConfig"]["PortBindings"] == {}
    ((binding,),) = body_of("worker-1")["HostConfig"]["PortBindings"].values()
    assert binding["HostIp"] == "127.0.0.1"


def test_labs_of_one_name_in_two_homes_have_different_containers():
    assert resource_name(DIRECTORY) != resource_name(Path("/root/.local/state/halab/labs/mine"))
    assert resource_name(DIRECTORY).startswith("halab-mine-")
