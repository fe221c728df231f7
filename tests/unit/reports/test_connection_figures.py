"""To which port the components of nodes are connected, of what was planned to be looked at."""

from __future__ import annotations

import pytest
from english import english
from made_histories import READ, events_of, experiment_record, history, run_record, series_of

from reports.analysis.suite import analyse_suite
from reports.history.events import Connections, ConnectionsEnd

TEXT = "." * 60
LOOKED_AT = ["kubelet", "nginx"]
NODES = [
    {"name": "master-1", "roles": ["master"]},
    *({"name": f"worker-{n}", "roles": ["worker"], "connections": LOOKED_AT} for n in (1, 2)),
]
OWN = "127.0.0.1:6443"


def seen(node, component, *peers, runs=True):
    return Connections(0.5, node, component, runs, list(peers))


def ended(node, component, gap_s=1.0):
    return ConnectionsEnd(5.5, node, component, 5, gap_s)


def ends(gap_s=1.0):
    return [ended(f"worker-{n}", name, gap_s) for n in (1, 2) for name in LOOKED_AT]


def as_it_should_be():
    workers = [f"worker-{number}" for number in (1, 2)]
    kubelets = [seen(worker, "kubelet", OWN) for worker in workers]
    return [*kubelets, *(seen(worker, "nginx", "master-1:6443") for worker in workers), *ends()]


def figures(*events):
    experiment = experiment_record(nodes=NODES, series=series_of({READ: TEXT}))
    trial = history(TEXT, experiment=experiment, events=[*events_of(), *events])
    return analyse_suite(run_record([trial.record], [experiment]), [trial]).figures


def figure(name, *events):
    return figures(*events)[f"kill-it.{name}"]


def test_the_one_port_that_all_are_connected_to():
    kubelet = figure("loopback_port.worker.kubelet", *as_it_should_be())
    assert kubelet.bracket.lower == 6443
    assert english(kubelet.evidence) == (
        "kubelet on worker-1, worker-2 is connected to 127.0.0.1:6443; looks: 10"
    )
    assert figure("masters_port.worker.kubelet", *as_it_should_be()).bracket.lower == 0
    assert figure("masters_port.worker.nginx", *as_it_should_be()).bracket.lower == 6443
    assert figure("loopback_port.worker.nginx", *as_it_should_be()).bracket.lower == 0


@pytest.mark.parametrize(
    "more",
    [
        pytest.param(seen("worker-2", "kubelet", "master-1:6443"), id="to a master, once"),
        pytest.param(seen("worker-2", "kubelet", OWN, "127.0.0.1:80"), id="to another port too"),
        pytest.param(seen("worker-2", "kubelet", "worker-1:6443"), id="to another worker's proxy"),
    ],
)
def test_whoever_is_connected_to_anything_else_has_no_such_port(more):
    found = figure("loopback_port.worker.kubelet", *as_it_should_be(), more)
    assert (found.unknown, found.bracket.lower) == (None, 0)


def test_who_has_no_connection_for_a_while_is_connected_to_nothing_else():
    away = [seen("worker-1", "kubelet"), seen("worker-1", "kubelet", runs=False)]
    found = figure("loopback_port.worker.kubelet", *as_it_should_be(), *away)
    assert found.bracket.lower == 6443


def without(events, kind, node):
    return [
        event
        for event in events
        if not (isinstance(event, kind) and (event.node, event.component) == (node, "kubelet"))
    ]


LACKS = {
    "one node was not looked at": (
        without(as_it_should_be(), Connections, "worker-2"),
        "the connections of kubelet on worker-2 were not recorded to the end",
    ),
    "nobody knows to the end": (
        without(as_it_should_be(), ConnectionsEnd, "worker-1"),
        "the connections of kubelet on worker-1 were not recorded to the end",
    ),
    "a node that has no connection at all": (
        [*without(as_it_should_be(), Connections, "worker-2"), seen("worker-2", "kubelet")],
        "no connection of kubelet on worker-2 was seen",
    ),
    "nobody looked for long": (
        [event for event in as_it_should_be() if isinstance(event, Connections)] + ends(12.5),
        "the connections of kubelet on worker-1 were not looked at for 12.5 s",
    ),
}


@pytest.mark.parametrize(("events", "reason"), LACKS.values(), ids=LACKS.keys())
def test_what_was_planned_and_not_seen_is_unknown(events, reason):
    found = figures(*events)
    assert english(found["kill-it.loopback_port.worker.kubelet"].unknown) == reason
    # all else was measured
    assert not found["kill-it.read.new.availability"].unknown


def test_an_experiment_that_looks_at_nothing_has_no_such_figures():
    trial = history(TEXT)
    found = analyse_suite(run_record([trial.record], [trial.experiment]), [trial]).figures
    assert not [name for name in found if "_port." in name]
