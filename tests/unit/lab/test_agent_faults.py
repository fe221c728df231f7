"""What an agent does to its node, and that it takes everything back.

`nft` is a script of ours that writes down what it was given; nothing here needs any right.
"""

from __future__ import annotations

import os
import signal
import threading
from pathlib import Path

import pytest

from lab.agent import faults as module
from lab.agent.disks import Disks
from lab.agent.faults import Faults, nft
from lab.agent.processes import Processes
from lab.readiness import wait_until

NFT = """\
#!/bin/sh
cd {directory}
if [ "$1" = list ]; then cat tables; exit 0; fi
given=$(cat)
case $given in *refuse*) echo "syntax error" >&2; exit 1;; esac
echo "$given" >> applied
"""


@pytest.fixture(autouse=True)
def _quick(monkeypatch):
    monkeypatch.setattr("lab.readiness.POLL_S", 0.01)


@pytest.fixture
def kernel(tmp_path, monkeypatch):
    """A directory that stands for the kernel: `tables` is what it has, `applied` what came."""
    directory = tmp_path / "nft"
    directory.mkdir()
    (directory / "tables").touch()
    (directory / "applied").touch()
    script = directory / "nft"
    script.write_text(NFT.format(directory=directory))
    script.chmod(0o700)
    monkeypatch.setenv("PATH", f"{directory}{os.pathsep}{os.environ['PATH']}")
    return directory


@pytest.fixture
def processes(tmp_path):
    made = Processes(str(tmp_path))
    made.start("server", ["sleep", "1000"])
    made.start("other", ["sleep", "1000"])
    yield made
    for group in made._groups.values():
        if group.alive():
            os.killpg(group.process.pid, signal.SIGKILL)
        group.process.wait()


@pytest.fixture
def faults(kernel, processes):
    assert kernel
    return Faults(processes, Disks(""), None)


def inject(faults, undo, kind, *, channel=None, for_s=None, component="server"):
    return faults.inject(undo, kind, channel, for_s, component)


def runs(processes, name="server"):
    """Whether a component runs and is not stopped."""
    state = processes.listing()[name]
    if not state["alive"]:
        return False
    stat = Path(f"/proc/{state['pid']}/stat").read_text()
    return stat.rpartition(")")[2].split()[0] != "T"


def wait_runs(processes, wanted, name="server"):
    wait_until(f"{name}: {wanted}", lambda: "" if runs(processes, name) is wanted else "not yet", 5)


@pytest.mark.parametrize("kind", ["kill", "hang"])
def test_a_fault_is_in_until_it_is_healed(faults, processes, kind):
    times = inject(faults, "u1", kind)
    wait_runs(processes, wanted=False)
    assert faults.active() == ["u1"]
    answer = faults.heal(["u1"])
    assert (answer["healed"], answer["errors"], answer["fired"]) == (["u1"], {}, [])
    assert answer["at_s"] >= times["sent_s"]
    wait_runs(processes, wanted=True)
    assert faults.active() == []


def test_a_killed_component_comes_back_as_another_process(faults, processes):
    before = processes.listing()["server"]["pid"]
    inject(faults, "u1", "kill")
    faults.heal(None)
    after = processes.listing()["server"]
    assert after["alive"]
    assert after["pid"] != before


def test_a_fault_of_one_component_leaves_the_others_alone(faults, processes):
    inject(faults, "u1", "kill")
    assert runs(processes, "other")


@pytest.mark.parametrize("names", [["u1"], None], ids=["by name", "all"])
def test_healing_is_idempotent(faults, names):
    inject(faults, "u1", "kill")
    assert faults.heal(names)["healed"] == ["u1"]
    assert faults.heal(names)["healed"] == []


def test_only_the_named_faults_are_healed(faults, processes):
    inject(faults, "u1", "hang")
    inject(faults, "u2", "hang", component="other")
    assert faults.heal(["u2", "u9"])["healed"] == ["u2"]
    wait_runs(processes, wanted=True, name="other")
    assert faults.active() == ["u1"]
    wait_runs(processes, wanted=False)


def test_faults_are_healed_newest_first(faults):
    for undo, kind in (("u1", "hang"), ("u2", "kill")):
        inject(faults, undo, kind)
    assert faults.heal()["healed"] == ["u2", "u1"]


def test_a_fault_ends_when_its_time_is_up_and_is_reported_as_fired_once(faults, processes):
    inject(faults, "u1", "hang", for_s=0.3)
    wait_runs(processes, wanted=False)
    wait_until("the expiry", lambda: str(faults.active() or ""), 5)
    wait_runs(processes, wanted=True)
    assert faults.heal(["u1"])["fired"] == ["u1"]
    assert faults.heal(["u1"])["fired"] == []


def test_a_fault_ends_with_the_channel_that_owns_it_and_is_reported_as_fired(faults, processes):
    inject(faults, "u1", "kill", channel=7)
    faults.closed(7)
    assert runs(processes)
    answer = faults.heal()
    assert (answer["healed"], answer["fired"]) == ([], ["u1"])


@pytest.mark.parametrize("owner", [None, 8], ids=["the lab", "another channel"])
def test_a_fault_outlives_a_channel_that_does_not_own_it(faults, owner):
    inject(faults, "u1", "kill", channel=owner)
    faults.closed(7)
    assert faults.active() == ["u1"]


def test_a_fault_ends_when_its_channel_falls_silent(faults, processes, monkeypatch):
    monkeypatch.setattr(module, "SILENCE_S", 0.3)
    faults.heard(7)
    inject(faults, "u1", "hang", channel=7)
    wait_until("the silence", lambda: str(faults.active() or ""), 5)
    wait_runs(processes, wanted=True)
    assert faults.heal()["fired"] == ["u1"]


def test_what_somebody_else_reports_fired_is_left_to_him(faults):
    for undo in ("u1", "u2"):
        inject(faults, undo, "hang", channel=7)
    faults.closed(7)
    assert faults.heal(["u1"])["fired"] == ["u1"]
    assert faults.heal(["u2"])["fired"] == ["u2"]


@pytest.mark.parametrize("broken", [ValueError("nft is broken"), OSError("nft is broken")])
def test_one_undo_that_fails_stops_no_other(faults, processes, monkeypatch, broken):
    def fail(_table):
        raise broken

    with monkeypatch.context() as patch:
        patch.setattr(module, "delete_table", fail)
        inject(faults, "u1", "hang")
        faults.prepare_cut("u2", "table inet halab_u2 {}")
        inject(faults, "u2", "cut")
        inject(faults, "u3", "kill", component="other")
    answer = faults.heal()
    assert answer["healed"] == ["u3", "u1"]
    assert answer["errors"] == {"u2": "nft is broken"}
    assert faults.active() == ["u2"], "it can be tried again"
    wait_runs(processes, wanted=True)
    wait_runs(processes, wanted=True, name="other")


def test_an_undo_that_failed_can_be_tried_again(faults, kernel, monkeypatch):
    failing = [ValueError("not now")]

    def fail_once(table):
        if failing:
            raise failing.pop()
        nft(f"deleted {table}")

    monkeypatch.setattr(module, "delete_table", fail_once)
    faults.prepare_cut("u1", "rules")
    inject(faults, "u1", "cut")
    assert faults.heal()["healed"] == []
    assert faults.heal()["healed"] == ["u1"]
    assert "deleted halab_u1" in (kernel / "applied").read_text()


def test_an_unknown_fault_is_refused_and_leaves_nothing_to_undo(faults):
    with pytest.raises(ValueError, match="unknown fault melt"):
        inject(faults, "u1", "melt")
    assert faults.active() == []


@pytest.mark.parametrize("kind", ["kill", "hang"])
@pytest.mark.parametrize("component", ["nobody", "server"], ids=["never started", "ended"])
def test_a_fault_of_what_does_not_run_is_refused_and_leaves_nothing_to_undo(
    faults, processes, kind, component
):
    processes.signal("server", "KILL")
    with pytest.raises(ValueError, match=f"component {component} does not run here"):
        inject(faults, "u1", kind, component=component)
    assert faults.active() == []
    assert not processes.listing()["server"]["alive"], "it is not started by an undo either"


def test_a_component_cannot_be_killed_twice_and_the_first_undo_stays(faults, processes):
    inject(faults, "u1", "kill")
    with pytest.raises(ValueError, match="component server does not run here"):
        inject(faults, "u2", "kill")
    assert faults.active() == ["u1"]
    assert faults.heal()["healed"] == ["u1"]
    assert runs(processes)


@pytest.mark.parametrize(
    "with_what",
    [
        pytest.param({"channel": 7}, id="its channel ends"),
        pytest.param({"for_s": 0.0}, id="its time is up"),
    ],
)
def test_an_undo_of_the_switch_that_fails_is_tried_again_and_fired_only_when_it_works(
    faults, kernel, monkeypatch, with_what
):
    tried, works = threading.Event(), threading.Event()

    def fail_at_first(table):
        tried.set()
        if not works.is_set():
            raise ValueError("not now")
        nft(f"deleted {table}")

    monkeypatch.setattr(module, "delete_table", fail_at_first)
    faults.prepare_cut("u1", "rules")
    inject(faults, "u1", "cut", **with_what)
    faults.closed(7)
    assert tried.wait(5)
    assert faults.active() == ["u1"]
    answer = faults.heal(["u1"])
    assert (answer["healed"], answer["fired"]) == ([], [])
    assert answer["errors"] == {"u1": "not now"}
    works.set()
    wait_until("another try", lambda: str(faults.active() or ""), 5)
    assert "deleted halab_u1" in (kernel / "applied").read_text()
    assert faults.heal(["u1"])["fired"] == ["u1"]
    assert faults.heal(["u1"])["fired"] == []


def test_an_undo_that_fails_when_the_channel_ends_stops_no_other_of_that_channel(
    faults, processes, monkeypatch
):
    failing = [ValueError("not now")]

    def fail_once(table):
        if failing:
            raise failing.pop()
        nft(f"deleted {table}")

    monkeypatch.setattr(module, "delete_table", fail_once)
    inject(faults, "u1", "hang", channel=7)
    faults.prepare_cut("u2", "rules")
    inject(faults, "u2", "cut", channel=7)
    faults.closed(7)
    wait_runs(processes, wanted=True)
    wait_until("another try", lambda: str(faults.active() or ""), 5)
    assert faults.heal()["fired"] == ["u1", "u2"]


def test_a_kill_that_is_healed_at_once_is_an_exit_between_two_starts(faults, processes):
    inject(faults, "u1", "kill")
    faults.heal(["u1"])
    events = [event for event in processes.events() if event["component"] == "server"]
    assert [event["kind"] for event in events] == [
        "component_start",
        "component_exit",
        "component_start",
    ]
    assert events[1]["exit_code"] == -9
    assert events[0]["at_s"] <= events[1]["at_s"] <= events[2]["at_s"]


def test_a_prepared_cut_is_not_fired(faults, kernel):
    faults.prepare_cut("u1", "table inet halab_u1 {}")
    assert (kernel / "applied").read_text() == ""
    assert faults.active() == []
    times = inject(faults, "u1", "cut")
    assert (kernel / "applied").read_text() == "table inet halab_u1 {}\n"
    assert times["sent_s"] <= times["gone_s"]


def test_healing_a_cut_deletes_its_table_and_no_other(faults, kernel):
    for undo in ("u1", "u2"):
        faults.prepare_cut(undo, f"rules of {undo}")
        inject(faults, undo, "cut")
    (kernel / "applied").write_text("")
    faults.heal(["u1"])
    applied = (kernel / "applied").read_text()
    assert applied.splitlines() == ["table inet halab_u1 {}", "delete table inet halab_u1"]


def test_rules_that_nft_refuses_are_an_error_with_its_words(faults):
    faults.prepare_cut("u1", "refuse this")
    with pytest.raises(ValueError, match="nft refused the ruleset: syntax error"):
        inject(faults, "u1", "cut")


def test_an_agent_that_starts_deletes_what_a_dead_one_has_left_and_nothing_else(kernel, processes):
    (kernel / "tables").write_text(
        "table ip filter\ntable inet halab_f1\ntable inet halab_power\ntable inet mine\n"
    )
    Faults(processes, Disks(""), None)
    deleted = [
        line.split()[-1]
        for line in (kernel / "applied").read_text().splitlines()
        if line.startswith("delete")
    ]
    assert deleted == ["halab_f1", "halab_power"]
