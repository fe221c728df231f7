"""What the docker runtime decides before it asks a daemon: addresses, containers, image, words."""

from __future__ import annotations

import ipaddress
from pathlib import Path

import docker
import pytest
import requests
from hypothesis import given, settings
from hypothesis import strategies as st

from lab.components import plan_lab
from lab.errors import LabError, RuntimeUnavailableError
from lab.runtime.capabilities import CAPABILITIES
from lab.runtime.docker import image_build, networks, node_image
from lab.runtime.docker.connection import check_version, error_text, explain, unreachable
from lab.runtime.docker.containers import Containers, stem
from lab.runtime.docker.exec_stream import WRAP, unwrap
from lab.runtime.drivers import DRIVERS, capability_table
from lab.spec import LabSpec

DIRECTORY = Path("/home/me/.local/state/halab/labs/mine")
ROUTES = """\
Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT
eth0\t00000000\t0100A8C0\t0003\t0\t0\t0\t00000000\t0\t0\t0
eth0\t0000A8C0\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0
tun0\t0000530A\t00000000\t0001\t0\t0\t0\t0000FFFF\t0\t0\t0
"""
REFUSED = requests.ConnectionError(OSError("aborted", PermissionError(13, "Permission denied")))
ABSENT = requests.ConnectionError(OSError("aborted", FileNotFoundError(2, "No such file")))
DEAD = requests.ConnectionError(OSError("aborted", ConnectionRefusedError(111, "refused")))
FULL = docker.errors.APIError("500", explanation="write /x: no space left on device")


def network(text):
    return ipaddress.IPv4Network(text)


@settings(max_examples=25, deadline=None)
@given(
    st.sets(st.tuples(st.integers(82, 91), st.integers(0, 255), st.integers(15, 24)), max_size=5)
)
def test_no_range_that_is_offered_overlaps_one_that_is_taken(drawn):
    taken = [ipaddress.ip_network((f"10.{a}.{b}.0", size), strict=False) for a, b, size in drawn]
    offered = list(networks.free(taken))
    assert not any(one.overlaps(other) for one in offered for other in taken)
    left = [one for one in networks.CANDIDATES if not any(one.overlaps(other) for other in taken)]
    assert offered == left


def test_the_first_lab_gets_the_range_that_documents_show():
    assert next(networks.free([])) == network("10.83.0.0/21")


def test_the_ranges_of_docker_are_read_whatever_a_network_lacks():
    listed = [
        {"Name": "bridge", "IPAM": {"Config": [{"Subnet": "172.17.0.0/16"}]}},
        {"Name": "host", "IPAM": {"Config": []}},
        {"Name": "none", "IPAM": {"Config": None}},
        {"Name": "six", "IPAM": {"Config": [{"Subnet": "fd00::/64"}]}},
        {"Name": "odd", "IPAM": None},
    ]
    assert networks.of_docker(listed) == {network("172.17.0.0/16")}


def test_the_default_route_takes_no_range_and_every_other_one_does():
    assert networks.of_routes(ROUTES) == {network("192.168.0.0/24"), network("10.83.0.0/16")}


@pytest.mark.parametrize("lb", ["nginx", "haproxy", "external", "vip", "none"])
def test_every_address_of_a_plan_is_in_its_range_and_is_not_the_hosts_own(lb):
    spec = LabSpec(etcd=9, masters=9, workers=50, lb=lb, kubelets=True)
    plan = plan_lab(spec, "10.90.248.0/21")
    addresses = [node.address for node in plan.nodes]
    addresses += [plan.virtual_address] if lb == "vip" else []
    assert all(ipaddress.ip_address(one) in network(plan.network) for one in addresses)
    assert networks.gateway(plan.network) not in addresses
    assert len(set(addresses)) == len(addresses)
    texts = [" ".join([*one.argv, *one.files.values()]) for one in plan.components]
    assert not any("10.83." in text for text in texts)


def body_of(name, **changes):
    plan = plan_lab(LabSpec(name="mine", runtime="docker", **changes), "10.84.8.0/21")
    programs = {"etcd": Path("/cache/etcd-3/etcd")}
    made_of = Containers(DIRECTORY, plan.nodes, plan.served, programs, "image:1", "1000:1000")
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
    mounts = {one["Target"]: one for one in body_of("etcd-1")["HostConfig"]["Mounts"]}
    assert mounts["/usr/local/bin/etcd"]["Source"] == "/cache/etcd-3/etcd"
    writable = [one["Source"] for one in mounts.values() if not one["ReadOnly"]]
    assert writable == [f"{DIRECTORY}/nodes/etcd-1"]


def test_only_workers_publish_a_port_and_only_to_this_machine():
    assert body_of("master-1")["HostConfig"]["PortBindings"] == {}
    ((binding,),) = body_of("worker-1")["HostConfig"]["PortBindings"].values()
    assert binding["HostIp"] == "127.0.0.1"


def test_labs_of_one_name_in_two_homes_have_different_containers():
    assert stem(DIRECTORY) != stem(Path("/root/.local/state/halab/labs/mine"))
    assert stem(DIRECTORY).startswith("halab-mine-")


def test_a_change_of_the_definition_makes_another_image(monkeypatch):
    before = node_image.tag()
    monkeypatch.setattr(node_image, "PACKAGES", (*node_image.PACKAGES, "strace"))
    assert node_image.tag() != before


@settings(max_examples=30, deadline=None)
@given(st.lists(st.tuples(st.sampled_from([1, 2]), st.binary(max_size=20)), max_size=6), st.data())
def test_the_engines_wrapping_is_taken_off_wherever_it_is_torn(pieces, data):
    wire = b"".join(WRAP.pack(stream, len(text)) + text for stream, text in pieces)
    buffer, out, error = bytearray(), b"", b""
    while wire:
        cut = data.draw(st.integers(1, len(wire)))
        buffer += wire[:cut]
        wire = wire[cut:]
        more, complaint = unwrap(buffer)
        out, error = out + more, error + complaint
    assert out == b"".join(text for stream, text in pieces if stream == 1)
    assert error == b"".join(text for stream, text in pieces if stream == 2)
    assert not buffer


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (
            REFUSED,
            "you may not use the Docker daemon at unix:///x: `sudo usermod -aG docker $USER`",
        ),
        (ABSENT, "no Docker daemon answers at unix:///x: start it"),
        (DEAD, "no Docker daemon answers at unix:///x: start it"),
        (requests.ReadTimeout("60 s"), "the Docker daemon at unix:///x cannot be used: 60 s"),
    ],
    ids=["no permission", "no socket", "a dead socket", "no answer"],
)
def test_why_no_daemon_answers_is_said_with_the_way_out(error, said):
    assert unreachable("unix:///x", error).startswith(said)


def test_a_full_disk_of_the_daemon_is_told_from_other_refusals():
    said = "making node etcd-1: the disk of the Docker daemon is full"
    with pytest.raises(LabError, match=said), error_text("making node etcd-1"):
        raise FULL
    assert explain(docker.errors.APIError("500", explanation="no such image")) == "no such image"


@pytest.mark.parametrize("api", ["1.39", "1.24", "1.9"])
def test_an_old_engine_is_refused_with_both_versions(api):
    with pytest.raises(RuntimeUnavailableError, match=f"speaks API {api}, halab needs 1.40"):
        check_version(api)


@pytest.mark.parametrize("api", ["1.40", "1.41", "1.100", "2.0"])
def test_a_newer_engine_is_taken(api):
    check_version(api)


def test_a_pull_that_breaks_off_is_an_error_with_its_last_words():
    steps = [{"status": "Pulling"}, {"status": "Downloading"}, {"error": "unexpected EOF"}]
    with pytest.raises(docker.errors.DockerException, match=r"(?s)Downloading.*unexpected EOF"):
        image_build.follow(steps, print)


def test_a_pull_that_breaks_off_says_both_ways_when_there_is_no_other(monkeypatch):
    def broken(*_):
        raise docker.errors.DockerException("unexpected EOF")

    monkeypatch.setattr(image_build, "from_registry", broken)
    monkeypatch.setattr(image_build, "why_no_bootstrap", lambda: "it needs root")
    with pytest.raises(RuntimeUnavailableError) as caught:
        image_build.build(None, lambda _: None)
    assert "unexpected EOF" in str(caught.value)
    assert "it needs root" in str(caught.value)
    assert "`halab images build` tries again" in str(caught.value)


def test_every_runtime_answers_for_every_capability():
    assert all(set(one.capabilities) == set(CAPABILITIES) for one in DRIVERS.values())


def test_the_table_in_the_documents_is_the_codes_own():
    heading, *rows = [f"| {' | '.join(row)} |" for row in capability_table()]
    table = "\n".join([heading, f"|{'---|' * (len(DRIVERS) + 2)}", *rows, ""])
    assert table in (Path(__file__).parents[3] / "DESIGN.md").read_text()
