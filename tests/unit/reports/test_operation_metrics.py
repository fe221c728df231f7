"""What operations on etcd and replaced members show, from a run directory written by hand."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from pathlib import Path

import pytest
from english import english
from made_operations import (
    AGAIN,
    ALWAYS,
    EVENTS,
    IN_THE_UNSAFE_ORDER,
    REPLACE,
    UNSAFE,
    final,
    good,
    operations,
    write,
)

from reports.analysis.suite import analyse_suite
from reports.bracket import Bracket
from reports.history.events import Apart, NotInjected, Rejoined
from reports.history.lines import LineWriter
from reports.history.reader import read_suite
from reports.locale.message import verbatim
from reports.render.steps import step_rows


def analysed(directory):
    record, trials, _ = read_suite(directory)
    return analyse_suite(record, trials)


def figures_of(directory):
    found = analysed(directory).figures
    return {name.removeprefix("made."): figure for name, figure in found.items()}


def lower(figures, *names):
    return [figures[name].bracket.lower for name in names]


def verdicts(directory):
    return {verdict.id: verdict.verdict for verdict in analysed(directory).verdicts}


def test_a_good_proof_holds_in_every_demand(tmp_path):
    assert set(verdicts(write(tmp_path / "run", good())).values()) == {"holds"}


def test_the_figures_are_those_of_the_history(tmp_path):
    figures = figures_of(write(tmp_path / "run", good()))
    assert lower(figures, "acknowledged") == [250]
    assert lower(figures, "lost_writes", "stale_reads", "differing_members") == [0, 0, 0]
    assert lower(figures, "last_writes", "served_writes", "served_during") == [1, 1, 1]
    assert figures["rejoined_s"].bracket == Bracket(1.0, 1.5)
    assert figures["writes_stopped"].unknown


def test_the_share_that_is_served_counts_members_that_were_not_hit(tmp_path):
    figures = figures_of(write(tmp_path / "run", good(quiet=[(15.0, 18.5)])))
    assert lower(figures, "served_during") == [pytest.approx(1 - 23 / 60, abs=0.03)]


def test_no_write_after_another_loss_is_no_tolerance(tmp_path):
    directory = write(tmp_path / "run", good(quiet=[(14.9, 22.1)]))
    assert lower(figures_of(directory), "served_writes") == [0]
    assert verdicts(directory)["tolerates-a-loss-again"] == "violated"


def test_no_write_in_too_short_a_time_is_unknown(tmp_path):
    directory = write(tmp_path / "run", good(quiet=[(14.9, 22.1)]), bound_s=9.0)
    assert verdicts(directory)["tolerates-a-loss-again"] == "unknown"
    assert "9 s are needed" in english(figures_of(directory)["served_writes"].unknown)


def test_an_acknowledged_write_that_is_gone_is_lost_and_named(tmp_path):
    made = operations()
    state = final(made)
    state.versions.pop(100)
    directory = write(tmp_path / "run", (EVENTS, made, state, None))
    assert verdicts(directory)["nothing-lost"] == "violated"
    assert "write a = v100 at revision 102" in english(analysed(directory).verdicts[0].note)


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
    state.members["etcd-3"].error = verbatim("silent")
    directory = write(tmp_path / "run", (EVENTS, made, state, None))
    assert lower(figures_of(directory), "differing_members") == [2]
    assert verdicts(directory)["members-agree"] == "violated"


def test_a_last_write_that_fails_is_violated(tmp_path):
    made = operations()
    state = final(made)
    state.members["etcd-2"].last_write = verbatim("503 no leader")
    directory = write(tmp_path / "run", (EVENTS, made, state, None))
    assert "503 no leader" in english(figures_of(directory)["last_writes"].evidence)
    assert verdicts(directory)["last-write-everywhere"] == "violated"
    # it is a demand of its own
    assert verdicts(directory)["members-agree"] == "holds"


def test_a_member_that_does_not_come_back_is_violated(tmp_path):
    events = [event for event in EVENTS if event != Rejoined(22.5, "kill", 500)]
    events.insert(-1, Apart(54.0, "kill", verbatim("behind")))
    directory = write(tmp_path / "run", good(events=events))
    assert figures_of(directory)["rejoined_s"].bracket == Bracket(32.0, math.inf)
    assert verdicts(directory)["all-rejoin"] == "violated"


GIVEN_UP = [
    *EVENTS[: EVENTS.index(Rejoined(13.5, "replace", 200)) + 1],
    NotInjected(14.9, "kill", verbatim("the lab did not settle")),
    EVENTS[-1],
]


def test_what_was_given_up_after_the_first_heal_does_not_show_that_all_rejoin(tmp_path):
    directory = write(tmp_path / "run", good(events=GIVEN_UP, reason="the lab did not settle"))
    assert figures_of(directory)["rejoined_s"].bracket == Bracket(1.0, math.inf)
    assert verdicts(directory)["all-rejoin"] == "unknown"
    assert english(analysed(directory).trials[0].verdicts[4].note).endswith(
        "but the lab did not settle"
    )


def test_who_did_not_rejoin_in_a_trial_that_was_given_up_violates(tmp_path):
    events = [event for event in GIVEN_UP if not isinstance(event, Rejoined)]
    events.insert(-1, Apart(54.0, "replace", verbatim("behind")))
    directory = write(tmp_path / "run", good(events=events, reason="the lab did not settle"))
    assert verdicts(directory)["all-rejoin"] == "violated"


def test_a_replacement_that_never_happened_proves_nothing(tmp_path):
    kill = [event for event in EVENTS if getattr(event, "injection", "kill") == "kill"]
    events = [kill[0], NotInjected(9.9, "replace", verbatim("too few members")), *kill[1:]]
    found = analysed(write(tmp_path / "run", good(events=events)))
    kinds = {verdict.id: verdict.verdict for verdict in found.verdicts}
    assert kinds.pop("tolerates-a-loss-again") == "holds"
    assert set(kinds.values()) == {"unknown"}
    row = found.tables["injections"].set_index("injection").loc["replace"]
    assert (row["fault"], row["state"]) == ("replace-member", "not-injected")
    (shown, _) = step_rows(found.trials[0].history)
    assert (shown.state, english(shown.reason)) == ("not-injected", "too few members")


def test_two_demands_of_one_metric_are_each_held_against_its_own_window(tmp_path):
    first = AGAIN[0].model_copy(update={"id": "tolerates-the-loss", "during": "replace"})
    trial = good(quiet=[(14.9, 22.1)])
    directory = write(tmp_path / "run", trial, expect=[first, *AGAIN])
    assert verdicts(directory) == {
        "tolerates-the-loss": "holds",
        "tolerates-a-loss-again": "violated",
    }
    assert lower(figures_of(directory), "served_writes") == [0]


def test_a_trial_without_an_end_is_unknown(tmp_path):
    directory = write(tmp_path / "run", (EVENTS, operations(), None, None))
    assert verdicts(directory)["nothing-lost"] == "unknown"


def test_clients_that_were_cut_short_prove_nothing(tmp_path):
    directory = write(tmp_path / "run", good(events=EVENTS[:-1]))
    assert verdicts(directory)["nothing-lost"] == "unknown"


def unsafe(directory, trial):
    expect = [*ALWAYS, *IN_THE_UNSAFE_ORDER]
    return write(directory, trial, steps=[REPLACE], expect=expect)


def test_the_unsafe_order_shows_both_and_the_stop(tmp_path):
    directory = unsafe(tmp_path / "run", good(quiet=[(11.0, 18.2)], events=UNSAFE))
    figures = figures_of(directory)
    names = ("refused_when_strict", "accepted_when_lenient", "writes_stopped")
    assert lower(figures, *names) == [1, 1, 1]
    assert "unhealthy cluster" in english(figures["refused_when_strict"].evidence)
    assert set(verdicts(directory).values()) == {"holds"}


def test_writes_that_go_on_in_the_unsafe_order_are_violated(tmp_path):
    directory = unsafe(tmp_path / "run", good(events=UNSAFE))
    assert verdicts(directory)["writes-stop-until-the-new-member-is-there"] == "violated"


def test_of_several_trials_the_worst_counts(tmp_path):
    bad = good(quiet=[(14.9, 22.1)])
    assert lower(figures_of(write(tmp_path / "a", good(), bad)), "served_writes") == [0]
    unknown = good(reason="not seen")
    figures = figures_of(write(tmp_path / "b", good(), unknown))
    assert english(figures["lost_writes"].unknown) == "not seen"
    figures = figures_of(write(tmp_path / "c", unknown, bad))
    assert lower(figures, "served_writes") == [0]


def test_a_run_whose_trials_were_not_begun_has_only_unknown_verdicts(tmp_path):
    directory = write(tmp_path / "run", status="interrupted")
    assert set(verdicts(directory).values()) == {"unknown"}


def test_a_write_to_a_member_that_any_running_fault_hit_does_not_count(tmp_path):
    """Two faults at once: what is sent to either's member was not to be served."""
    both = [
        replace(event, t_s=10.0 + event.t_s / 100)
        if getattr(event, "injection", "") == "kill"
        else event
        for event in EVENTS
    ]
    directory = write(tmp_path / "run", good(events=sorted(both, key=lambda event: event.t_s)))
    shown = english(figures_of(directory)["served_during"].evidence)
    # of 20 writes 7 went to etcd-3, and one to etcd-1 when it was killed, from 10.15 s to 10.22 s
    assert shown == "12 of 12 writes while faults were in"


def named(line, text):
    """Return what writes a file that is no stream, or a stream of one row."""

    def write_it(path):
        if not line:
            path.write_text(text)
            return
        stream = LineWriter(path, "made/0")
        stream.write(json.loads(text))
        stream.close()

    return write_it


DAMAGED = {
    "operations": ("ops.jsonl", named(True, '{"process": 1}'), "1 rows cannot be read"),
    "the final state": ("final.json", named(False, '{"members": {'), "final.json is broken"),
    "no member in the end": (
        "final.json",
        named(False, '{"members": {}, "compacted": 0, "versions": [], "of": "made/0", "count": 0}'),
        "final.json names no member",
    ),
    "events": ("events.jsonl", named(True, '{"t_s": 1, "kind": "heal_begin"}'), "1 events cannot"),
    "operations that are gone": ("ops.jsonl", Path.unlink, "ops.jsonl cannot be read"),
}


@pytest.mark.parametrize(("name", "damage", "text"), DAMAGED.values(), ids=DAMAGED.keys())
def test_a_damaged_trial_proves_nothing_and_says_why(tmp_path, name, damage, text):
    directory = write(tmp_path / "run", good())
    damage(directory / "trials" / "0000" / name)
    assert set(verdicts(directory).values()) == {"unknown"}
    (missing, *_) = read_suite(directory)[2]
    assert text in english(missing)
