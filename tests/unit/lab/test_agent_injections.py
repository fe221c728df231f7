"""What an agent does to its node, and that it takes everything back.

`nft` is a script of ours that writes down what it was given; nothing here needs any right.
"""

from __future__ import annotations

import os
import signal
import threading
import time
from pathlib import Path

import pytest

from lab.agent import processes as components
from lab.agent import undos as module
from lab.agent.disks import Disks
from lab.agent.fault import AgentFault, Host
from lab.agent.faults import cut
from lab.agent.found_processes import FoundProcesses
from lab.agent.injections import Injections, node_faults
from lab.agent.nft import delete_our_tables, nft
from lab.agent.processes import Processes
from lab.agent.undos import Undos
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
    processes = Processes(str(tmp_path))
    processes.start("server", ["sleep", "1000"])
    processes.start("other", ["sleep", "1000"])
    yield processes
    for group in processes._groups.values():
        if group.alive():
            os.killpg(group.process.pid, signal.SIGKILL)
        group.process.wait()


class Node:
    """What the agent's requests lead to, with channel 7 of the session `mine` open."""

    def __init__(self, processes):
        self.undos = Undos()
        host = Host(processes, Disks(""), None)
        self.injections = Injections(self.undos, node_faults(host))
        self.undos.note_request(7, "mine")
        self.heal = self.injections.heal
        self.active = self.undos.active
        self.note_request = self.undos.note_request
        self.channel_closed = self.undos.channel_closed

    def prepare_cut(self, undo, ruleset):
        self.injections.prepare(undo, "cut", {"ruleset": ruleset}, "mine")

    def cut(self, undo, ruleset, *, session=None, for_s=None):
        return self.injections.inject(undo, "cut", {"ruleset": ruleset}, session, for_s)


@pytest.fixture
def faults(kernel, processes):
    assert kernel
    node = Node(processes)
    yield node
    # its thread goes on: nothing is left to it that a later test could set off
    for channel in (7, 8, 9):
        node.channel_closed(channel)
    node.heal()


def inject(faults, undo, kind, *, session=None, for_s=None, component="server"):
    return faults.injections.inject(undo, kind, {"component": component}, session, for_s)


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


def test_a_crashed_component_is_started_again_and_the_heal_waits_for_it(
    faults, processes, monkeypatch
):
    monkeypatch.setattr(components, "RESTART_AFTER_S", 0.1)
    processes.start("supervised", ["sleep", "1000"], restart=True)
    before = processes.listing()["supervised"]["pid"]
    times = inject(faults, "u1", "crash", component="supervised")
    assert times["sent_s"] <= times["gone_s"]
    assert not processes.listing()["supervised"]["alive"]
    healing = threading.Thread(target=faults.heal)
    healing.start()
    healing.join(0.1)
    assert healing.is_alive(), "it does not run yet"
    time.sleep(0.1)
    processes._check("supervised", processes._groups["supervised"], time.monotonic())
    healing.join(5)
    assert processes.listing()["supervised"]["pid"] != before
    assert faults.active() == []


def test_a_crash_of_what_nobody_starts_again_is_refused_and_leaves_nothing_to_undo(
    faults, processes
):
    with pytest.raises(ValueError, match="nobody starts component server again"):
        inject(faults, "u1", "crash")
    assert runs(processes)
    assert faults.active() == []


def test_a_crashed_component_that_is_not_started_again_is_an_error_and_stays(faults, processes):
    processes.start("supervised", ["sleep", "1000"], restart=True)
    processes.restart_timeout_s = 0.1
    inject(faults, "u1", "crash", component="supervised")
    answer = faults.heal()
    assert answer["errors"]["u1"]["code"] == "component-not-restarted"
    assert faults.active() == ["u1"]
    processes.start("supervised")
    assert faults.heal()["healed"] == ["u1"]


def test_who_finds_its_components_does_not_switch_its_power(kernel):
    node = Node(FoundProcesses({}))
    with pytest.raises(ValueError, match="switched from outside"):
        node.injections.inject("u1", "power-off", {}, None, None)
    assert node.active() == []
    assert (kernel / "applied").read_text() == ""


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
    inject(faults, "u1", "kill", session="mine")
    faults.channel_closed(7)
    assert runs(processes)
    answer = faults.heal()
    assert (answer["healed"], answer["fired"]) == ([], ["u1"])


@pytest.mark.parametrize("owner", [None, "theirs"], ids=["the lab", "another session"])
def test_a_fault_outlives_a_session_that_does_not_own_it(faults, owner):
    faults.note_request(8, "theirs")
    inject(faults, "u1", "kill", session=owner)
    faults.channel_closed(7)
    assert faults.active() == ["u1"]


def test_a_fault_outlives_a_channel_whose_session_has_another(faults):
    faults.note_request(8, "mine")
    inject(faults, "u1", "kill", session="mine")
    faults.channel_closed(7)
    assert faults.active() == ["u1"]
    faults.channel_closed(8)
    assert faults.active() == []


def test_a_fault_ends_when_its_session_falls_silent(faults, processes, monkeypatch):
    monkeypatch.setattr(module, "SILENCE_S", 0.3)
    faults.note_request(7, "mine")
    inject(faults, "u1", "hang", session="mine")
    wait_until("the silence", lambda: str(faults.active() or ""), 5)
    wait_runs(processes, wanted=True)
    assert faults.heal()["fired"] == ["u1"]


def test_a_heartbeat_on_another_channel_keeps_a_sessions_faults_in_and_no_others(
    faults, monkeypatch
):
    monkeypatch.setattr(module, "SILENCE_S", 0.5)
    faults.note_request(9, "theirs")
    inject(faults, "u1", "hang", session="mine")
    inject(faults, "u2", "hang", session="theirs", component="other")
    until_s = time.monotonic() + 1.2
    while time.monotonic() < until_s:
        faults.note_request(8, "mine")
        time.sleep(0.05)
    assert faults.active() == ["u1"]
    assert faults.heal(["u2"])["fired"] == ["u2"]


def test_a_session_is_heard_while_a_fault_takes_long_to_inject(faults, monkeypatch):
    monkeypatch.setattr(module, "SILENCE_S", 0.3)
    slow = Slow("u1", 0.8)
    monkeypatch.setitem(faults.injections._constructors, "slow", lambda _: slow)
    injecting = threading.Thread(
        target=faults.injections.inject, args=("u1", "slow", {}, "mine", None)
    )
    injecting.start()
    while injecting.is_alive():
        faults.note_request(8, "mine")
        time.sleep(0.05)
    assert faults.active() == ["u1"]


class Slow(AgentFault):
    def __init__(self, undo, takes_s):
        super().__init__(undo)
        self.takes_s = takes_s

    def inject(self):
        time.sleep(self.takes_s)
        return {"sent_s": 0.0, "gone_s": 0.0}

    def heal(self):
        pass


def test_a_session_that_was_never_heard_can_own_nothing(faults):
    with pytest.raises(ValueError, match="nobody is here of session theirs"):
        inject(faults, "u1", "kill", session="theirs")
    assert faults.active() == []


def test_a_name_that_is_in_cannot_be_taken_and_its_undo_stays(faults, processes):
    inject(faults, "u1", "hang")
    with pytest.raises(ValueError, match="u1 is in already"):
        inject(faults, "u1", "kill", component="other")
    assert runs(processes, "other")
    assert faults.heal()["healed"] == ["u1"]
    wait_runs(processes, wanted=True)


def test_what_somebody_else_reports_fired_is_left_to_him(faults):
    for undo in ("u1", "u2"):
        inject(faults, undo, "hang", session="mine")
    faults.channel_closed(7)
    assert faults.heal(["u1"])["fired"] == ["u1"]
    assert faults.heal(["u2"])["fired"] == ["u2"]


@pytest.mark.parametrize("broken", [ValueError("nft is broken"), OSError("nft is broken")])
def test_one_undo_that_fails_stops_no_other(faults, processes, monkeypatch, broken):
    def fail(_table):
        raise broken

    with monkeypatch.context() as patch:
        patch.setattr(cut, "delete_table", fail)
        inject(faults, "u1", "hang")
        faults.cut("u2", "table inet halab_u2 {}")
        inject(faults, "u3", "kill", component="other")
        answer = faults.heal()
    assert answer["healed"] == ["u3", "u1"]
    assert answer["errors"] == {"u2": "nft is broken"}
    assert faults.active() == ["u2"], "it can be tried again"
    wait_runs(processes, wanted=True)
    wait_runs(processes, wanted=True, name="other")


@pytest.fixture
def first_undo_fails(monkeypatch):
    """Deleting a table fails the first time, and succeeds from then on."""
    failing = [ValueError("not now")]

    def fail_once(table):
        if failing:
            raise failing.pop()
        nft(f"deleted {table}")

    monkeypatch.setattr(cut, "delete_table", fail_once)


@pytest.mark.usefixtures("first_undo_fails")
def test_an_undo_that_failed_can_be_tried_again(faults, kernel):
    faults.cut("u1", "rules")
    assert faults.heal()["healed"] == []
    assert faults.heal()["healed"] == ["u1"]
    assert "deleted halab_u1" in (kernel / "applied").read_text()


def test_an_unknown_fault_is_refused_and_leaves_nothing_to_undo(faults):
    with pytest.raises(ValueError, match="unknown fault melt"):
        inject(faults, "u1", "melt")
    assert faults.active() == []


@pytest.mark.parametrize("kind", ["kill", "hang", "crash"])
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
        pytest.param({"session": "mine"}, id="its channel ends"),
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

    monkeypatch.setattr(cut, "delete_table", fail_at_first)
    faults.cut("u1", "rules", **with_what)
    faults.channel_closed(7)
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


@pytest.mark.usefixtures("first_undo_fails")
def test_an_undo_that_fails_when_the_channel_ends_stops_no_other_of_that_channel(faults, processes):
    inject(faults, "u1", "hang", session="mine")
    faults.cut("u2", "rules", session="mine")
    faults.channel_closed(7)
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
    times = faults.cut("u1", "table inet halab_u1 {}")
    assert (kernel / "applied").read_text() == "table inet halab_u1 {}\n"
    assert times["sent_s"] <= times["gone_s"]


def test_a_cut_that_was_not_prepared_is_fired_all_the_same(faults, kernel):
    faults.cut("u1", "rules")
    assert (kernel / "applied").read_text() == "rules\n"


@pytest.mark.parametrize("names", [["u1"], None], ids=["by name", "all"])
def test_healing_lets_go_of_what_was_only_prepared(faults, kernel, names):
    faults.prepare_cut("u1", "rules")
    prepared = faults.injections._prepared["u1"].fault._process
    assert faults.heal(names)["healed"] == []
    assert prepared.poll() is not None, "it would fire when the agent ends"
    assert (kernel / "applied").read_text() == ""


def test_what_was_prepared_is_let_go_of_with_its_session(faults, kernel):
    faults.prepare_cut("u1", "rules")
    prepared = faults.injections._prepared["u1"].fault._process
    faults.channel_closed(7)
    assert prepared.poll() is not None, "it would fire when the agent ends"
    assert (kernel / "applied").read_text() == ""
    assert faults.injections._prepared == {}


def test_an_nft_that_was_ended_meanwhile_is_prepared_again(faults, kernel):
    faults.prepare_cut("u1", "rules")
    prepared = faults.injections._prepared["u1"].fault._process
    prepared.kill()
    prepared.wait()
    faults.cut("u1", "rules")
    assert (kernel / "applied").read_text() == "rules\n"


def test_what_was_prepared_cannot_be_fired_as_something_else(faults):
    faults.prepare_cut("u1", "rules")
    for ruleset in ("others", "rules "):
        with pytest.raises(ValueError, match="u1 was prepared as"):
            faults.cut("u1", ruleset)
    assert faults.active() == []
    faults.heal()


def test_every_kind_of_fault_is_found_in_its_file():
    assert set(node_faults(None)) == {"kill", "hang", "crash", "cut", "power-off"}


@pytest.mark.parametrize(
    ("kind", "parameters"),
    [
        pytest.param("kill", {}, id="without its component"),
        pytest.param("kill", {"component": "server", "more": 1}, id="one parameter too many"),
        pytest.param("cut", {"ruleset": 5}, id="rules that are a number"),
        pytest.param("power-off", {"component": "server"}, id="power of a component"),
    ],
)
def test_parameters_that_a_kind_does_not_take_are_refused(faults, kind, parameters):
    with pytest.raises((TypeError, AttributeError)):
        faults.injections.inject("u1", kind, parameters, None, None)
    assert faults.active() == []


def test_healing_a_cut_deletes_its_table_and_no_other(faults, kernel):
    for undo in ("u1", "u2"):
        faults.cut(undo, f"rules of {undo}")
    (kernel / "applied").write_text("")
    faults.heal(["u1"])
    applied = (kernel / "applied").read_text()
    assert applied.splitlines() == ["table inet halab_u1 {}", "delete table inet halab_u1"]


def test_rules_that_nft_refuses_are_an_error_with_its_words(faults):
    with pytest.raises(ValueError, match="nft refused the ruleset: syntax error"):
        faults.cut("u1", "refuse this")


def test_what_a_dead_agent_has_left_is_deleted_and_nothing_else(kernel):
    (kernel / "tables").write_text(
        "table ip filter\ntable inet halab_f1\ntable inet halab_power\ntable inet mine\n"
    )
    delete_our_tables()
    deleted = [
        line.split()[-1]
        for line in (kernel / "applied").read_text().splitlines()
        if line.startswith("delete")
    ]
    assert deleted == ["halab_f1", "halab_power"]
