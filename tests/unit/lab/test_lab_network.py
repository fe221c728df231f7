"""The rules of a cut: as text, and what they do to packets of nodes and pods."""

from __future__ import annotations

import ipaddress
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lab.network import cut_ruleset
from lab.runtime.netns.runtime import namespaces_argv

HOSTS = st.tuples(st.integers(1, 3), st.integers(1, 50))
ADDRESSES = st.sets(HOSTS.map(lambda host: f"10.83.{host[0]}.{host[1]}"), min_size=1, max_size=20)
PORTS = st.sets(st.integers(1, 65535), max_size=5)

ALL_PACKETS = """\
table inet halab_f1 {}
delete table inet halab_f1
table inet halab_f1 {
  chain incoming {
    type filter hook prerouting priority -300; policy accept;
    ip saddr { 10.83.2.1, 10.83.3.1 } drop;
  }
  chain outgoing {
    type filter hook postrouting priority -300; policy accept;
    ip daddr { 10.83.2.1, 10.83.3.1 } drop;
    rt ip nexthop { 10.83.2.1, 10.83.3.1 } drop;
  }
}
"""

ETCD_PORTS = """\
table inet halab_f1 {}
delete table inet halab_f1
table inet halab_f1 {
  chain incoming {
    type filter hook prerouting priority -300; policy accept;
    ip saddr { 10.83.1.2 } tcp dport { 2379, 2380 } drop;
    ip saddr { 10.83.1.2 } tcp sport { 2379, 2380 } drop;
  }
  chain outgoing {
    type filter hook postrouting priority -300; policy accept;
    ip daddr { 10.83.1.2 } tcp dport { 2379, 2380 } drop;
    ip daddr { 10.83.1.2 } tcp sport { 2379, 2380 } drop;
    rt ip nexthop { 10.83.1.2 } tcp dport { 2379, 2380 } drop;
    rt ip nexthop { 10.83.1.2 } tcp sport { 2379, 2380 } drop;
  }
}
"""

PEERS_WITH_MORE = """\
table inet halab_f1 {}
delete table inet halab_f1
table inet halab_f1 {
  chain incoming {
    type filter hook prerouting priority -300; policy accept;
    ip saddr { 10.244.1.0/24, 172.18.0.2, 172.18.0.3 } drop;
    ip6 saddr { fc00:f853:ccd:e793::2, fd00:10:244:1::/64 } drop;
  }
  chain outgoing {
    type filter hook postrouting priority -300; policy accept;
    ip daddr { 10.244.1.0/24, 172.18.0.2, 172.18.0.3 } drop;
    rt ip nexthop { 172.18.0.2, 172.18.0.3 } drop;
    ip6 daddr { fc00:f853:ccd:e793::2, fd00:10:244:1::/64 } drop;
    rt ip6 nexthop { fc00:f853:ccd:e793::2 } drop;
  }
}
"""
MORE = ["172.18.0.3", "172.18.0.2", "10.244.1.0/24"]
MORE6 = ["fc00:f853:ccd:e793::2", "fd00:10:244:1::/64"]


@pytest.mark.parametrize(
    ("peers", "ports", "text"),
    [
        pytest.param(["10.83.3.1", "10.83.2.1"], [], ALL_PACKETS, id="all packets of two peers"),
        pytest.param(["10.83.1.2"], [2380, 2379], ETCD_PORTS, id="two ports of one peer"),
        pytest.param([*MORE6, *MORE], [], PEERS_WITH_MORE, id="IPv6 and ranges of pods"),
    ],
)
def test_a_cut_is_this_ruleset(peers, ports, text):
    assert cut_ruleset("halab_f1", peers, ports) == text


@pytest.fixture(scope="module")
def seen():
    """Who answers whom, cut by cut, in networks of their own."""
    root = Path(__file__).parents[3]
    script = Path(__file__).with_name("cut_network.py")
    argv = [*namespaces_argv(), sys.executable, str(script), str(root)]
    done = subprocess.run(argv, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def outcomes(seen, about, *, far):
    """What dials end in between the sides, or else elsewhere."""
    elsewhere = {"near to third", "near pod to third", "third to the near pod", "third to far"}
    during = seen[about]["during"]
    return {outcome for name, outcome in during.items() if (name not in elsewhere) is far}


@pytest.mark.parametrize("far", [True, False])
def test_without_a_cut_everybody_answers(seen, far):
    assert outcomes(seen, "no cut", far=far) == {"answered"}


@pytest.mark.parametrize("about", ["all", "with the pods", "these ports"])
def test_a_cut_at_one_end_drops_services_forwarded_packets_and_ipv6_and_nothing_else(seen, about):
    assert outcomes(seen, about, far=True) == {"timeout"}
    assert outcomes(seen, about, far=False) == {"answered"}


def test_a_cut_of_other_ports_drops_nothing(seen):
    assert outcomes(seen, "other ports", far=True) == {"answered"}


def test_a_node_without_power_answers_nobody_and_forwards_for_nobody(seen):
    assert outcomes(seen, "power", far=True) == {"timeout"}
    during = seen["power"]["during"]
    assert {name for name in during if during[name] == "answered"} == {"third to far"}


def test_after_every_cut_all_answer_and_the_rules_of_others_are_as_before(seen):
    for about, report in seen.items():
        if about != "no cut":
            assert (set(report["after"].values()), report["kept"]) == ({"answered"}, True), about


@settings(deadline=None, max_examples=25)
@given(ADDRESSES, PORTS)
def test_every_peer_is_dropped_both_ways_and_nobody_else(peers, ports):
    sets = re.findall(r"ip (saddr|daddr|nexthop) \{ ([^}]*) \}", cut_ruleset("t", peers, ports))
    assert {way for way, _ in sets} == {"saddr", "daddr", "nexthop"}
    for _, members in sets:
        assert members.split(", ") == sorted(peers, key=ipaddress.ip_address)


@settings(deadline=None, max_examples=25)
@given(ADDRESSES, PORTS)
def test_the_order_in_which_peers_and_ports_are_named_changes_nothing(peers, ports):
    backwards = cut_ruleset("t", sorted(peers, reverse=True), sorted(ports, reverse=True))
    assert backwards == cut_ruleset("t", iter(peers), iter(ports))


@settings(deadline=None, max_examples=25)
@given(ADDRESSES, PORTS)
def test_repeating_a_ruleset_replaces_the_table(peers, ports):
    lines = cut_ruleset("halab_x", peers, ports).splitlines()
    assert lines[:3] == [
        "table inet halab_x {}",
        "delete table inet halab_x",
        "table inet halab_x {",
    ]


@settings(deadline=None, max_examples=25)
@given(ADDRESSES, PORTS.filter(bool))
def test_with_ports_no_other_packet_is_dropped(peers, ports):
    drops = [line for line in cut_ruleset("t", peers, ports).splitlines() if "drop;" in line]
    listed = ", ".join(map(str, sorted(ports)))
    assert len(drops) == 6
    assert all(re.search(rf" tcp [sd]port \{{ {listed} \}} drop;$", line) for line in drops)
