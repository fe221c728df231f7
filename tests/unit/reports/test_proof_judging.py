"""What a proof shows, judged from a run directory that was written by hand."""

from __future__ import annotations

import math

import pytest
from made_proofs import EVENTS, UNSAFE, final, good, operations, write

from reports.judging import judge


def proof_figures(directory):
    return judge(directory).figures


def verdicts(directory):
    return {one.id: one.verdict for one in judge(directory).verdicts}


def test_a_good_proof_holds_in_every_demand(tmp_path):
    assert set(verdicts(write(tmp_path / "run", good())).values()) == {"holds"}


def test_the_figures_are_those_of_the_history(tmp_path):
    figures = proof_figures(write(tmp_path / "run", good()))
    assert figures["acknowledged"].lower == 250
    assert figures["lost"].upper == figures["stale"].upper == figures["differing"].upper == 0
    assert figures["last_write"].lower == figures["tolerates_again"].lower == 1
    assert (figures["rejoined_s"].lower, figures["rejoined_s"].upper) == (1.0, 1.5)
    assert figures["served_during"].lower == 1
    assert figures["writes_stopped"].unknown


def test_the_share_that_is_served_counts_members_that_were_not_hit(tmp_path):
    figures = proof_figures(write(tmp_path / "run", good(quiet=[(15.0, 18.5)])))
    assert figures["served_during"].lower == pytest.approx(1 - 23 / 60, abs=0.03)


def test_no_write_after_another_loss_is_no_tolerance(tmp_path):
    directory = write(tmp_path / "run", good(quiet=[(14.9, 22.1)]))
    assert proof_figures(directory)["tolerates_again"].lower == 0
    assert verdicts(directory)["tolerates-a-loss-again"] == "violated"


def test_no_write_in_too_short_a_time_is_unknown(tmp_path):
    directory = write(tmp_path / "run", good(quiet=[(14.9, 22.1)]), bound_s=9.0)
    assert verdicts(directory)["tolerates-a-loss-again"] == "unknown"
    assert "9 s are needed" in proof_figures(directory)["tolerates_again"].unknown


def test_an_acknowledged_write_that_is_gone_is_lost_and_named(tmp_path):
    made = operations()
    state = final(made)
    state.versions.pop(100)
    directory = write(tmp_path / "run", (EVENTS, made, state, None))
    assert verdicts(directory)["nothing-lost"] == "violated"
    page = judge(directory).write("en").read_text()
    assert "write a = v100 at revision 102" in page


def test_what_is_lost_stays_lost_when_the_trial_is_unknown(tmp_path):
    made = operations()
    state = final(made)
    state.versions.pop(100)
    said = verdicts(write(tmp_path / "run", (EVENTS, made, state, "the fault was not seen")))
    assert said["nothing-lost"] == "violated"
    assert said["members-agree"] == "unknown"


def test_what_looks_right_under_a_fault_that_was_not_seen_is_unknown(tmp_path):
    said = verdicts(write(tmp_path / "run", good(reason="the fault was not seen")))
    assert said["nothing-lost"] == "unknown"


def test_members_that_differ_are_counted_with_what_they_said(tmp_path):
    made = operations()
    state = final(made)
    state.members["etcd-2"].hash = 8
    state.members["etcd-3"].error = "silent"
    directory = write(tmp_path / "run", (EVENTS, made, state, None))
    assert proof_figures(directory)["differing"].lower == 2
    assert verdicts(directory)["members-agree"] == "violated"


def test_a_last_write_that_fails_is_violated(tmp_path):
    made = operations()
    state = final(made)
    state.members["etcd-2"].last_write = "503 no leader"
    directory = write(tmp_path / "run", (EVENTS, made, state, None))
    assert "503 no leader" in proof_figures(directory)["last_write"].evidence
    assert verdicts(directory)["last-write-everywhere"] == "violated"


def test_a_member_that_does_not_come_back_is_violated(tmp_path):
    events = [one for one in EVENTS if one[:2] != (22.5, "rejoined")]
    events.insert(-1, (54.0, "apart", {"nodes": ["etcd-1"], "evidence": "behind"}))
    directory = write(tmp_path / "run", good(events=events))
    figure = proof_figures(directory)["rejoined_s"]
    assert (figure.lower, figure.upper) == (32.0, math.inf)
    assert verdicts(directory)["all-rejoin"] == "violated"


def test_a_trial_without_an_end_is_unknown(tmp_path):
    directory = write(tmp_path / "run", (EVENTS, operations(), None, None))
    assert verdicts(directory)["nothing-lost"] == "unknown"


def test_clients_that_were_cut_short_prove_nothing(tmp_path):
    directory = write(tmp_path / "run", good(events=EVENTS[:-1]))
    assert verdicts(directory)["nothing-lost"] == "unknown"


def test_the_unsafe_order_shows_both_and_the_stop(tmp_path):
    trial = good(quiet=[(11.0, 18.2)], events=UNSAFE)
    steps = ["replace etcd-1 (add-first) after 7 s"]
    figures = proof_figures(write(tmp_path / "run", trial, steps=steps))
    names = ("refused_when_strict", "accepted_when_not", "writes_stopped")
    assert [figures[name].lower for name in names] == [1, 1, 1]
    assert "unhealthy cluster" in figures["refused_when_strict"].evidence


def test_writes_that_go_on_in_the_unsafe_order_are_violated(tmp_path):
    directory = write(
        tmp_path / "run", good(events=UNSAFE), steps=["replace etcd-1 (add-first) after 7 s"]
    )
    assert verdicts(directory)["writes-stop-until-the-new-member-is-there"] == "violated"


def test_of_several_trials_the_worst_counts(tmp_path):
    bad = good(quiet=[(14.9, 22.1)])
    assert proof_figures(write(tmp_path / "a", good(), bad))["tolerates_again"].lower == 0
    unknown = good(reason="not seen")
    assert proof_figures(write(tmp_path / "b", good(), unknown))["lost"].unknown == "not seen"
    figures = proof_figures(write(tmp_path / "c", unknown, bad))
    assert figures["tolerates_again"].lower == 0


def test_a_run_without_trials_has_only_unknown_verdicts(tmp_path):
    directory = write(tmp_path / "run", status="interrupted")
    assert set(verdicts(directory).values()) == {"unknown"}
    assert judge(directory).write("en").exists()


def test_the_page_speaks_both_languages_and_stands_alone(tmp_path):
    directory = write(tmp_path / "run", good())
    judged = judge(directory)
    english = judged.write("en").read_text(encoding="utf-8")
    assert "A member is replaced" in english
    assert "Proved: all 6 demands hold." in english
    chinese = judge(directory, "zh").write("zh").read_text(encoding="utf-8")
    assert "替换一个成员" in chinese
    assert "已确认的写入没有丢失" in chinese
    for page in (english, chinese):
        assert "http://" not in page
        assert "src=" not in page


@pytest.mark.parametrize(
    ("disk", "said"), [("ext4", "real loss of power"), ("directory", "crash of the processes")]
)
def test_a_power_off_is_called_what_it_was(tmp_path, disk, said):
    directory = write(
        tmp_path / "run",
        good(),
        steps=["power-off etcd:all, held for 2 s, healed"],
        lab={"etcd": 3, "disk": disk},
    )
    assert said in judge(directory).write("en").read_text(encoding="utf-8")


DAMAGED = {
    "operations": ("ops.jsonl", '{"process": 1}\n{"process": 1}\n', "2 operations cannot be read"),
    "the final state": ("final.json", '{"members": {', "final.json is broken"),
    "no member in the end": (
        "final.json",
        '{"members": {}, "compacted": 0, "versions": []}',
        "final.json names no member",
    ),
    "events": ("events.jsonl", '{"t_s": 1, "kind": "heal_begin"}\n', "1 events cannot be read"),
}


@pytest.mark.parametrize(("name", "text", "said"), DAMAGED.values(), ids=DAMAGED.keys())
def test_a_damaged_proof_proves_nothing_and_says_why(tmp_path, name, text, said):
    directory = write(tmp_path / "run", good())
    (directory / "trials" / "0000" / name).write_text(text)
    judged = judge(directory)
    assert {one.verdict for one in judged.verdicts} == {"unknown"}
    assert said in judged.missing[0]
    assert said in judged.write("en").read_text(encoding="utf-8")
