"""Proofs through the command, and what a loss of power does to a real disk."""

from __future__ import annotations

import json
import os
import random
from pathlib import Path

import pytest

from chaos.faults.injection import Injection
from chaos.faults.registry import fault_of
from chaos.targets import Target
from chaos.workload.operations import Operations
from lab.lab import Lab
from lab.readiness import wait_until
from lab.registry import Registry
from lab.spec import LabSpec
from reports.history.schema import OperationsRecord

SMALL = str(Path(__file__).with_name("proof-small.yaml"))
MEMBER = Target("etcd-1", "etcd")
WRITE = """
import os
for name in ("synced", "unsynced"):
    fd = os.open("etcd-data/" + name, os.O_WRONLY | os.O_CREAT)
    os.write(fd, b"what was written to " + name.encode())
    if name == "synced":
        os.fsync(fd)
        os.fsync(os.open("etcd-data", os.O_RDONLY))
"""
READ = """
import os
print(sorted(open("etcd-data/" + n).read() for n in os.listdir("etcd-data") if "synced" in n))
"""

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root may mount a disk")


def disks_of(path):
    """Return the loop devices whose image lies below a path."""
    found = Path("/sys/block").glob("loop*/loop/backing_file")
    return [str(one) for one in found if str(path) in one.read_text()]


def wait_no_disks(path):
    wait_until("the loop devices to go", lambda: "; ".join(disks_of(path)), 10)


def on(lab, node, script):
    """Run a Python script on a node and return what it printed."""
    with lab.agent(node).stream(["python3", "-c", script]).channel as channel:
        return channel.makefile("rb").read().decode()


def powered_off(lab, **how):
    return Injection(lab, "loss", fault_of("power-off", {}), (MEMBER,), **how)


@needs_root
def test_a_loss_of_power_takes_what_was_not_synced_and_leaves_what_was(tmp_path):
    spec = LabSpec(name="proof-power", etcd=1, masters=0, workers=1, disk="ext4")
    lab = Lab.up(spec, owned=True, progress=print, registry=Registry(tmp_path))
    try:
        assert len(disks_of(tmp_path)) == 1
        on(lab, "etcd-1", WRITE)
        assert on(lab, "etcd-1", READ).count("what was written") == 2
        loss = powered_off(lab)
        loss.begin()
        loss.confirm()
        assert disks_of(tmp_path) == []
        loss.end()
        loss.confirm_undone()
        left = on(lab, "etcd-1", READ)
        assert "what was written to synced" in left
        assert "what was written to unsynced" not in left
        # the agent alone gives the power back, whoever has died
        again = powered_off(lab, owner="lab", for_s=1.0)
        again.begin()
        again.confirm_undone()
        assert "what was written to synced" in on(lab, "etcd-1", READ)
    finally:
        lab.down()
    wait_no_disks(tmp_path)


@needs_root
def test_a_proof_holds_and_leaves_no_disk_behind(home):
    answer = json.loads(home.halab("run", SMALL, "--json").stdout)
    verdicts = {one["id"]: one["verdict"] for one in answer["verdicts"]}
    assert set(verdicts.values()) == {"holds"}
    assert {"nothing-lost", "many-writes", "served-meanwhile"} <= set(verdicts)
    directory = home.path / answer["run"]
    assert (directory / "logs" / "etcd-1" / "etcd.log").exists()
    assert "leader 被隔离后恢复" in page(home, directory, "zh")
    wait_no_disks(home.path)


def page(home, directory, lang):
    path = home.halab("report", str(directory), "--lang", lang).stdout.strip()
    return (home.path / path).read_text(encoding="utf-8")


@needs_root
def test_a_run_that_is_killed_leaves_no_disk_behind(home):
    with home.popen("run", SMALL) as process:
        wait_until("the disks", lambda: "" if len(disks_of(home.path)) == 3 else "not yet", 60)
        process.kill()
    home.wait_empty()
    wait_no_disks(home.path)
    home.halab("gc")


def test_clients_end_without_losing_sight_of_an_operation(tmp_path):
    spec = LabSpec(name="proof-clients", etcd=1, masters=0, workers=1)
    lab = Lab.up(spec, owned=True, progress=print, registry=Registry(tmp_path))
    done, heard = [], []
    asked = OperationsRecord(store="etcd", rate_hz=100, keys=6, timeout_s=2.0)

    def served():
        return "" if operations.acknowledged > 20 else "too few"

    try:
        with Operations(lab, asked, random.Random(0), done.append, heard.append) as operations:
            wait_until("operations", served, 20)
            operations.finish()
        assert {one.outcome for one in done} == {"ok"}
        assert {one.op for one in done} == {"read", "write", "watch"}
        _, sent, _ = heard
        assert sum(sent.sent.values()) == len(done)
    finally:
        lab.down()
