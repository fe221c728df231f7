"""The difference of two snapshots of a machine: what labs leave is found, what others do is not."""

from __future__ import annotations

import pytest

from tests.torture.snapshot import Snapshot, differences, may_be_ours, numbered

BEFORE = Snapshot(
    {
        "links": {"lo": "loopback", "eth0": "ether"},
        "sysctls": {"net/ipv4/ip_forward": "0"},
        "mounts": {"/ ext4": ""},
    }
)


def after(foreign=(), **things):
    changed = {kind.replace("_", " "): lines for kind, lines in things.items()}
    return Snapshot({**BEFORE.things, **changed}, frozenset(foreign))


def found(*arguments):
    return [str(difference) for difference in differences(*arguments)]


def test_a_machine_that_is_as_before_differs_in_nothing():
    assert found(BEFORE, after()) == []


@pytest.mark.parametrize(
    ("things", "line"),
    [
        (
            {"links": {**BEFORE.things["links"], "br0": "bridge"}},
            "links new: br0 bridge",
        ),
        ({"links": {"lo": "loopback"}}, "links gone: eth0 ether"),
        (
            {"sysctls": {"net/ipv4/ip_forward": "1"}},
            "sysctls changed: net/ipv4/ip_forward 0 -> 1",
        ),
        ({"mounts": {"/ ext4": "", "/x tmpfs": ""}}, "mounts new: /x tmpfs"),
        ({"loop_devices": {"loop0": "/x/disk"}}, "loop devices new: loop0 /x/disk"),
        ({"containers": {"4f": "['/halab-t-etcd-1']"}}, "containers new: 4f ['/halab-t-etcd-1']"),
    ],
)
def test_whatever_is_new_gone_or_changed_is_found(things, line):
    assert found(BEFORE, after(**things)) == [line]


def test_the_sysctls_of_a_new_link_are_not_listed_beside_it():
    setting = {"net/ipv4/conf/br0/rp_filter": "0", "net/ipv4/conf/eth0/rp_filter": "1"}
    links = {**BEFORE.things["links"], "br0": "bridge"}
    now = after(links=links, sysctls={**BEFORE.things["sysctls"], **setting})
    assert found(BEFORE, now) == [
        "links new: br0 bridge",
        "sysctls new: net/ipv4/conf/eth0/rp_filter 1",
    ]


def test_what_another_lab_has_brought_is_not_ours():
    theirs = after(
        foreign=["br-0123", "10.83.0.2"],
        links={**BEFORE.things["links"], "br-0123": "bridge", "veth9": "ether master br-0123"},
        packet_rules={'ip nat / ip daddr 10.83.0.2 iifname != "br-0123" accept': ""},
        sysctls={**BEFORE.things["sysctls"], "net/ipv4/conf/br-0123/rp_filter": "0"},
    )
    assert found(BEFORE, theirs) == []
    assert found(theirs, BEFORE) == []


def test_a_word_of_another_is_a_whole_word():
    theirs = after(
        foreign=["br-01", "10.83.0.2"],
        links={**BEFORE.things["links"], "br-0123": "bridge"},
        packet_rules={"ip daddr 10.83.0.21 accept": ""},
    )
    assert [line.split()[0] for line in found(BEFORE, theirs)] == ["links", "packet"]


def test_a_rule_that_is_there_twice_differs_from_one_that_is_there_once():
    once = after(packet_rules=numbered(["accept"]))
    twice = after(packet_rules=numbered(["accept", "accept"]))
    assert found(once, twice) == ["packet rules new: accept (2)"]


def test_files_of_labs_are_known_by_name_or_owner():
    assert may_be_ours("halab-image-x", 0, 23456)
    assert may_be_ours("etcd-1", 0, 23456)
    assert may_be_ours("tmp123", 23456, 23456)
    assert not may_be_ours("tmp123", 0, 23456)
    assert not may_be_ours("pytest-of-root", 0, 23456)
