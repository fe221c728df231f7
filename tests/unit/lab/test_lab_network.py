"""The rules of a cut, as text."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lab.network import cut_ruleset

HOSTS = st.tuples(st.integers(1, 3), st.integers(1, 50))
ADDRESSES = st.sets(HOSTS.map(lambda host: f"10.83.{host[0]}.{host[1]}"), min_size=1, max_size=20)
PORTS = st.sets(st.integers(1, 65535), max_size=5)

ALL_PACKETS = """\
table inet halab_f1 {}
delete table inet halab_f1
table inet halab_f1 {
  chain incoming {
    type filter hook input priority -300; policy accept;
    ip saddr { 10.83.2.1, 10.83.3.1 } drop;
  }
  chain outgoing {
    type filter hook output priority -300; policy accept;
    ip daddr { 10.83.2.1, 10.83.3.1 } drop;
  }
}
"""

ETCD_PORTS = """\
table inet halab_f1 {}
delete table inet halab_f1
table inet halab_f1 {
  chain incoming {
    type filter hook input priority -300; policy accept;
    ip saddr { 10.83.1.2 } tcp dport { 2379, 2380 } drop;
    ip saddr { 10.83.1.2 } tcp sport { 2379, 2380 } drop;
  }
  chain outgoing {
    type filter hook output priority -300; policy accept;
    ip daddr { 10.83.1.2 } tcp dport { 2379, 2380 } drop;
    ip daddr { 10.83.1.2 } tcp sport { 2379, 2380 } drop;
  }
}
"""


@pytest.mark.parametrize(
    ("peers", "ports", "text"),
    [
        pytest.param(["10.83.3.1", "10.83.2.1"], [], ALL_PACKETS, id="all packets of two peers"),
        pytest.param(["10.83.1.2"], [2380, 2379], ETCD_PORTS, id="two ports of one peer"),
    ],
)
def test_a_cut_is_this_ruleset(peers, ports, text):
    assert cut_ruleset("halab_f1", peers, ports) == text


@settings(deadline=None, max_examples=25)
@given(ADDRESSES, PORTS)
def test_every_peer_is_dropped_both_ways_and_nobody_else(peers, ports):
    sets = re.findall(r"ip ([sd])addr \{ ([^}]*) \}", cut_ruleset("t", peers, ports))
    assert {way for way, _ in sets} == {"s", "d"}
    for _, members in sets:
        assert members.split(", ") == sorted(peers)


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
    assert len(drops) == 4
    assert all(re.search(rf" tcp [sd]port \{{ {listed} \}} drop;$", line) for line in drops)
