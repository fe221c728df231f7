"""What a lab has for proofs: members that join, lenient ones, disks or the reason why not."""

from __future__ import annotations

import os

import pytest

from lab.agent.disks import Disks
from lab.clients import etcd
from lab.components import plan_lab
from lab.components.etcd import joining, peer_url
from lab.errors import LabError, NotCapableError
from lab.runtime.drivers import check_capable
from lab.runtime.netns import driver as netns
from lab.spec import LabSpec

LENIENT = "--strict-reconfig-check=false"


def argv_of(spec):
    return {one.node: one.argv for one in plan_lab(spec).components if one.name == "etcd"}


def test_only_the_last_members_are_lenient_and_only_when_asked_for():
    assert not any(LENIENT in argv for argv in argv_of(LabSpec(masters=0)).values())
    argvs = argv_of(LabSpec(masters=0, lenient_etcd=1))
    assert [LENIENT in argvs[f"etcd-{number}"] for number in (1, 2, 3)] == [False, False, True]


def test_a_member_that_joins_is_told_of_the_running_cluster_under_its_own_name():
    plan = plan_lab(LabSpec(masters=0, name="lab"))
    node = plan.node("etcd-1")
    cluster = {"etcd-2": "https://10.83.1.2:2380", "new": peer_url(plan.spec, node, 2382)}
    made = joining(plan, "etcd-1", "new", cluster)
    assert (made.node, made.port) == ("etcd-1", 2379)
    assert "--name=new" in made.argv
    assert "--initial-cluster-state=existing" in made.argv
    assert "--listen-peer-urls=https://10.83.1.1:2382" in made.argv
    assert "--initial-cluster=etcd-2=https://10.83.1.2:2380,new=https://10.83.1.1:2382" in made.argv
    assert "--advertise-client-urls=https://10.83.1.1:2379" in made.argv


@pytest.mark.parametrize(
    ("uid", "control", "tool", "said"),
    [
        (1000, True, "mkfs.ext4", "only root"),
        (0, False, "mkfs.ext4", "no loop devices"),
        (0, True, None, "mkfs.ext4 is missing"),
    ],
    ids=["an ordinary user", "no loop devices", "no mkfs"],
)
def test_disks_that_cannot_be_had_are_refused_with_the_reason(
    monkeypatch, tmp_path, uid, control, tool, said
):
    path = tmp_path / "loop-control"
    if control:
        path.touch()
    monkeypatch.setattr(os, "geteuid", lambda: uid)
    monkeypatch.setattr(netns, "LOOP_CONTROL", path)
    monkeypatch.setattr(netns.shutil, "which", lambda *_, **__: tool)
    with pytest.raises(NotCapableError, match=said) as caught:
        check_capable(LabSpec(masters=0, disk="ext4"))
    assert "nothing was started" in str(caught.value)
    assert "disk: directory" in str(caught.value)
    check_capable(LabSpec(masters=0))


def test_a_wipe_leaves_the_folder_and_nothing_in_it(tmp_path):
    folder = tmp_path / "data"
    (folder / "member" / "snap").mkdir(parents=True)
    (folder / "member" / "snap" / "db").write_text("x")
    (folder / "link").symlink_to(tmp_path)
    (folder / "file").write_text("x")
    Disks(str(tmp_path)).wipe("data")
    assert list(folder.iterdir()) == []
    assert tmp_path.exists()


def test_a_node_without_disks_loses_and_gets_power_without_any(tmp_path):
    disks = Disks(str(tmp_path))
    disks.cut_power()
    disks.unmount()
    disks.mount()
    assert list(tmp_path.iterdir()) == []


class Watched:
    """An endpoint whose watch says what it was given."""

    def __init__(self, *lines):
        self._lines = lines

    def lines(self, *_):
        yield from self._lines


EVENTS = (
    b'{"result": {"created": true}}',
    b'{"result": {"events": [{"kv": {"key": "cC8x", "value": "YQ==", "mod_revision": "2"}}]}}',
    b'{"result": {"events": [{"kv": {"key": "cC8y", "mod_revision": "4"}}]}}',
)


def test_a_history_is_read_until_its_last_revision():
    never = b"what comes after the end is not even decoded"
    found = etcd.versions(Watched(*EVENTS, never), "p/", 4)
    assert found == [("p/1", "a", 2), ("p/2", "", 4)]


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        (EVENTS[:2], "ended before revision 4"),
        ([b'{"result": {"canceled": true, "compact_revision": "9"}}'], "cancelled"),
    ],
    ids=["an end too early", "a compaction"],
)
def test_a_history_that_is_not_whole_is_an_error(lines, said):
    with pytest.raises(LabError, match=said):
        etcd.versions(Watched(*lines), "p/", 4)
