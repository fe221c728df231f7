"""The figures of a suite, by name: what claims are decided by."""

from __future__ import annotations

from dataclasses import replace

import pytest
from english import english
from made_histories import (
    READ,
    events_of,
    experiment_record,
    history,
    run_record,
    series_of,
    step,
    trial_record,
)

from reports.analysis.suite import analyse_suite
from reports.bracket import exact
from reports.history.events import ActionBegin, ActionEnd, BaselineAgain, Dial
from reports.history.schema import Doubt, StepRecord
from reports.locale.message import verbatim


def analysed(trial):
    return analyse_suite(run_record([trial.record], [trial.experiment]), [trial])


def figures_of(text, **changes):
    return analysed(history(text, **changes)).figures


def test_the_figures_of_a_suite_have_names():
    found = figures_of("." * 22 + "xxxx" + "." * 34)
    outage = found["kill-it.read.new.hold_outage_s"]
    assert (round(outage.bracket.lower, 2), round(outage.bracket.upper, 2)) == (0.3, 0.5)
    hit = found["kill-it.read.new.workers_hit"]
    assert hit == exact(1, hit.evidence)
    assert english(hit.evidence) == (
        "kill-it, read on new connections, 1 trial, too few to rely on: hit worker-1"
    )
    assert 0.7 < found["kill-it.read.new.good_share_during"].bracket.lower < 0.9
    assert found["kill-it.masters_before"].bracket.lower == 1
    assert found["kill-it.verdict.e1"].bracket.lower == 1
    assert found["lab.balancer_nodes"].bracket.lower == 0


def test_masters_that_serve_reused_connections_alone_are_counted_and_holders_of_leases_not():
    lines = dict.fromkeys(
        (READ, (READ[0], READ[1], "reused"), ("lease-x", "cluster", "direct")), "." * 60
    )
    trial = history(lines)
    samples = trial.samples
    samples["master"] = samples["connection"].map({"new": "m1", "reused": "m2", "direct": "m3"})
    found = analysed(replace(trial, samples=samples)).figures
    assert found["kill-it.masters_before"].bracket.lower == 2


@pytest.mark.parametrize(
    ("masters", "share"),
    [
        pytest.param(2, 0.5, id="the worst, of the last half of the hold"),
        pytest.param(3, None, id="no request has reached the third"),
    ],
)
def test_the_lowest_share_of_good_requests_is_that_of_one_master(masters, share):
    onset_and_hold = "x" * 10 + "x." * 5
    second = (READ[0], READ[1], "reused")
    trial = history({READ: "." * 60, second: "." * 20 + onset_and_hold + "." * 20})
    samples = trial.samples
    samples["master"] = samples["connection"].map({"new": "m1", "reused": "m2"})
    experiment = trial.experiment.model_copy(update={"lab": {"masters": masters}})
    found = analysed(replace(trial, samples=samples, experiment=experiment)).figures
    figure = found["kill-it.lowest_master_share"]
    if share is None:
        assert english(figure.unknown) == "requests reached 2 of 3 masters"
    else:
        assert figure.bracket.lower == pytest.approx(share, abs=0.1)


@pytest.mark.parametrize(
    ("lab", "is_known"),
    [
        pytest.param({"masters": 1}, True, id="one is planned"),
        pytest.param({"url": "https://lb.example.com"}, True, id="an endpoint"),
        pytest.param({"etcd": 3}, False, id="nobody knows how many"),
    ],
)
def test_a_share_of_all_masters_needs_their_number(lab, is_known):
    experiment = experiment_record(lab=lab)
    figure = analysed(history("." * 60, experiment=experiment)).figures[
        "kill-it.lowest_master_share"
    ]
    assert (figure.unknown is None) == is_known
    if not is_known:
        assert english(figure.unknown) == "lab.masters is missing"


def test_figures_of_a_series_whose_baseline_was_bad_are_unknown():
    found = figures_of("." * 5 + "x" + "." * 54)
    reason = "the baseline was not good, 1 were bad"
    assert english(found["kill-it.read.new.outage_s"].unknown).endswith(reason)
    assert english(found["kill-it.read.new.availability"].unknown).endswith(reason)


def test_what_was_bad_before_a_baseline_was_begun_again_counts_for_nothing():
    events = [*events_of(), BaselineAgain(0.7, verbatim("read: late"))]
    found = figures_of("." * 5 + "x" + "." * 54, events=events)
    assert not found["kill-it.read.new.outage_s"].unknown
    assert found["kill-it.read.new.outage_s"].bracket.upper == 0


def test_what_is_bad_after_the_heal_alone_is_no_outage_of_the_fault():
    found = figures_of("." * 45 + "xxx" + "." * 12)
    assert found["kill-it.read.new.hold_outage_s"].bracket.upper == 0
    assert found["kill-it.read.new.workers_hit"].bracket.lower == 0
    assert found["kill-it.read.new.outage_s"].bracket.upper > 0


def test_a_trial_without_evidence_gives_no_figures():
    doubt = Doubt(kind="not-measured", reason=verbatim("the agent died"))
    found = figures_of("." * 60, record=trial_record(doubt=doubt))
    assert english(found["kill-it.read.new.outage_s"].unknown) == "the agent died"
    assert english(found["kill-it"].unknown) == "the agent died"
    assert not found["lab.balancer_nodes"].unknown


def test_a_dial_is_a_figure_and_every_node_must_have_been_answered():
    def dial(node, outcome):
        return Dial(1.0, "old", node, "127.0.0.1", 8080, tls=False, outcome=outcome)

    events = [*events_of(), dial("master-1", "answered"), dial("master-2", "refused")]
    figure = figures_of("." * 60, events=events)["kill-it.dial.old"]
    assert figure.bracket.lower == 0
    assert english(figure.evidence) == (
        "master-1 dials 127.0.0.1:8080: answered; master-2 dials 127.0.0.1:8080: refused"
    )


@pytest.mark.parametrize(
    ("dialled", "reason"),
    [
        pytest.param(("master-1", "master-2"), "", id="every node that was chosen"),
        pytest.param(("master-1",), "what master-2 dialled in old was not recorded", id="not all"),
    ],
)
def test_what_every_chosen_node_dialled_must_be_recorded(dialled, reason):
    # as a run writes it: a target is a component on its node
    hit = ["master-1/kube-apiserver", "master-2/kube-apiserver"]
    dials = [
        Dial(1.0, "old", node, "127.0.0.1", 1, tls=False, outcome="refused") for node in dialled
    ]
    events = [*events_of(), ActionBegin(0.9, "old", "dial", hit), *dials, ActionEnd(1.1, "old")]
    old = StepRecord(id="old", action="dial", target="master:all")
    lines = {READ: "." * 60}
    experiment = experiment_record(steps=[old, step()], series=series_of(lines))
    found = analysed(history(lines, events=events, experiment=experiment)).figures
    assert english(found["kill-it.dial.old"].unknown) == reason
    assert english(found["kill-it.read.new.availability"].unknown) == reason


@pytest.mark.parametrize(
    ("then", "moved"), [("master-2", 1), ("master-1", 0)], ids=["another one", "the same"]
)
def test_who_holds_a_lease_at_the_heal_is_compared_with_who_held_it_before(then, moved):
    lease = ("lease-kube-scheduler", "cluster", "direct")
    trial = history({READ: "." * 60, lease: "." * 22 + "xx" + "." * 36})
    samples = trial.samples
    later = (samples["probe"] == lease[0]) & (samples["started_s"] > 2.2)
    samples.loc[later, "master"] = then
    found = analysed(replace(trial, samples=samples)).figures
    figure = found["kill-it.moved.lease-kube-scheduler"]
    assert figure.bracket.lower == moved
    assert f"was held by master-1, then by {then}" in english(figure.evidence)


def nodes(*roles, shared=()):
    """Return what a plan has: a node each of these roles, and addresses that move."""
    listed = [{"name": f"n{number}", "roles": own.split()} for number, own in enumerate(roles)]
    return {"nodes": listed, "virtual_addresses": list(shared)}


LABS = {
    "no host": ([nodes("master", "worker")], 0, 0, ""),
    "two hosts with an address": ([nodes("balancer", "balancer", shared=["vip"])], 2, 1, ""),
    "a master that balances too": ([nodes("balancer master")], 0, 0, ""),
    "labs that are alike in it": ([nodes("balancer"), nodes("balancer")], 1, 0, ""),
    "labs that differ in it": ([nodes("worker"), nodes("balancer")], None, 0, "differ"),
    "nobody knows": ([nodes("balancer"), nodes()], None, None, "not in run.json"),
}


@pytest.mark.parametrize(("labs", "hosts", "addresses", "reason"), LABS.values(), ids=LABS.keys())
def test_what_is_there_for_balancing_alone_is_counted_from_the_plan(labs, hosts, addresses, reason):
    experiments = [experiment_record(id=f"e{number}", **lab) for number, lab in enumerate(labs)]
    found = analyse_suite(run_record([], experiments), []).figures
    for name, count in (("balancer_nodes", hosts), ("virtual_addresses", addresses)):
        figure = found[f"lab.{name}"]
        assert (reason if count is None else "") in english(figure.unknown)
        assert count is None or figure.bracket.lower == count
