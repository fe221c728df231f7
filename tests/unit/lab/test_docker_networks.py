"""Ranges of addresses for labs in Docker."""

from __future__ import annotations

import ipaddress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lab.components.lab_plan import plan_lab
from lab.runtime.docker import networks
from lab.spec import LabSpec

ROUTES = """\
Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT
eth0\t00000000\t0100A8C0\t0003\t0\t0\t0\t00000000\t0\t0\t0
eth0\t0000A8C0\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0
tun0\t0000530A\t00000000\t0001\t0\t0\t0\t0000FFFF\t0\t0\t0
"""


def network(text):
    return ipaddress.IPv4Network(text)


@settings(max_examples=25, deadline=None)
@given(
    st.sets(st.tuples(st.integers(82, 91), st.integers(0, 255), st.integers(15, 24)), max_size=5)
)
def test_no_range_that_is_offered_overlaps_one_that_is_taken(drawn):
    taken = [ipaddress.ip_network((f"10.{a}.{b}.0", size), strict=False) for a, b, size in drawn]
    offered = list(networks.free_ranges(taken))
    assert not any(subnet.overlaps(other) for subnet in offered for other in taken)
    free = [
        subnet
        for subnet in networks.CANDIDATES
        if not any(subnet.overlaps(other) for other in taken)
    ]
    assert offered == free


def test_the_first_lab_gets_the_range_that_documents_show():
    assert next(networks.free_ranges([])) == network("10.83.0.0/21")


def test_the_ranges_of_docker_are_read_whatever_a_network_lacks():
    listed = [
        {"Name": "bridge", "IPAM": {"Config": [{"Subnet": "172.17.0.0/16"}]}},
        {"Name": "host", "IPAM": {"Config": []}},
        {"Name": "none", "IPAM": {"Config": None}},
        {"Name": "six", "IPAM": {"Config": [{"Subnet": "fd00::/64"}]}},
        {"Name": "odd", "IPAM": None},
    ]
    assert networks.ranges_of_docker(listed) == {network("172.17.0.0/16")}


def test_the_default_route_takes_no_range_and_every_other_one_does():
    assert networks.ranges_of_routes(ROUTES) == {network("192.168.0.0/24"), network("10.83.0.0/16")}


@pytest.mark.parametrize("lb", ["nginx", "haproxy", "external", "vip", "none"])
def test_every_address_of_a_plan_is_in_its_range_and_is_not_the_hosts_own(lb):
    spec = LabSpec(etcd=9, masters=9, workers=50, lb=lb, kubelets=True)
    plan = plan_lab(spec, "10.90.248.0/21")
    addresses = [node.address for node in plan.nodes]
    addresses += [plan.virtual_address] if lb == "vip" else []
    assert all(ipaddress.ip_address(address) in network(plan.network) for address in addresses)
    assert networks.gateway(plan.network) not in addresses
    assert len(set(addresses)) == len(addresses)
    texts = [" ".join([*part.argv, *part.files.values()]) for part in plan.components]
    assert not any("10.83." in text for text in texts)
