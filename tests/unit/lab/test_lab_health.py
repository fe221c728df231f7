"""Who leads and who is up, told by a lab that answers as it is told to."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from lab.clients.agent import ComponentState
from lab.components.lab_plan import plan_lab
from lab.errors import AgentError, LabError, NotReadyError
from lab.health import check_agents, etcd_leader, lab_problem, node_problem, vip_holder
from lab.spec import LabSpec


def state(*, alive):
    return ComponentState(alive=alive, pid=1, exit_code=None)


PLAN = plan_lab(LabSpec(etcd=3, masters=1, workers=1))
LISTING = {
    node.name: {c.name: state(alive=True) for c in PLAN.components if c.node == node.name}
    for node in PLAN.nodes
}


def given(answer):
    if isinstance(answer, Exception):
        raise answer
    return answer


def answering(answer):
    """Return something with the face of an endpoint; an exception is raised."""

    return SimpleNamespace(request=lambda *_args, **_options: given(answer))


def status(member, leader):
    return 200, {"header": {"member_id": member}, "leader": leader}


def cluster(**members):
    by_name = {name.replace("_", "-"): answering(answer) for name, answer in members.items()}
    return SimpleNamespace(plan=PLAN, etcd=by_name.__getitem__)


@pytest.mark.parametrize(
    ("first", "second", "third", "leader"),
    [
        pytest.param(status("1", "1"), status("2", "1"), status("3", "1"), "etcd-1", id="first"),
        pytest.param(status("1", "3"), status("2", "3"), status("3", "3"), "etcd-3", id="last"),
        pytest.param(
            LabError("refused"), status("2", "2"), status("3", "2"), "etcd-2", id="one is down"
        ),
    ],
)
def test_the_leader_is_the_member_that_says_so(first, second, third, leader):
    assert etcd_leader(cluster(etcd_1=first, etcd_2=second, etcd_3=third)) == leader


def test_no_leader_is_an_error_with_what_every_member_said():
    lost = (200, {"header": {"member_id": "3"}})
    lab = cluster(etcd_1=LabError("refused"), etcd_2=status("2", "1"), etcd_3=lost)
    with pytest.raises(LabError) as caught:
        etcd_leader(lab)
    for message in ("etcd-1: refused", "etcd-2: follows 1", "etcd-3: follows nobody"):
        assert message in str(caught.value)


def whole_lab(boot="b", listing=None, etcd=(200, {}), apiserver=(200, "ok")):
    states = LISTING | (listing or {})
    return SimpleNamespace(
        plan=PLAN,
        record=SimpleNamespace(boots=dict.fromkeys(LISTING, "b")),
        boot=lambda node: given(boot) if node == "master-1" else "b",
        agent=lambda node: SimpleNamespace(components=lambda: states[node]),
        etcd=lambda _node: answering(etcd),
        apiserver=lambda _node: answering(apiserver),
    )


def test_a_lab_as_it_was_made_is_healthy():
    assert lab_problem(whole_lab()) is None


@pytest.mark.parametrize(
    ("lab", "evidence"),
    [
        pytest.param(
            whole_lab(listing={"etcd-2": {"etcd": state(alive=False)}}),
            "etcd on etcd-2 does not run",
            id="dead component",
        ),
        pytest.param(
            whole_lab(listing={"worker-1": {}}),
            "nginx on worker-1 does not run",
            id="component that was never started",
        ),
        pytest.param(whole_lab(etcd=(503, "no leader")), "etcd on etcd-1: 503", id="sick etcd"),
        pytest.param(
            whole_lab(apiserver=(500, "etcd failed")),
            "kube-apiserver on master-1: 500 etcd failed",
            id="sick apiserver",
        ),
    ],
)
def test_a_lab_that_is_not_healthy_says_why(lab, evidence):
    assert str(lab_problem(lab)).startswith(evidence)


@pytest.mark.parametrize(
    ("boot", "evidence"),
    [("other", "was restarted"), (AgentError("gone"), "does not answer: gone")],
    ids=["restarted", "gone"],
)
def test_an_agent_that_is_another_or_gone_is_not_waited_for(boot, evidence):
    lab = whole_lab(boot=boot)
    for look in (lab_problem, check_agents, lambda lab: node_problem(lab, "master-1")):
        with pytest.raises(NotReadyError, match=f"the agent of master-1 {evidence}"):
            look(lab)
    assert node_problem(lab, "etcd-1") is None


def test_an_endpoint_that_does_not_answer_is_a_lab_error():
    with pytest.raises(LabError, match="refused"):
        lab_problem(whole_lab(etcd=LabError("refused")))


@pytest.mark.parametrize(
    ("lab", "well", "sick"),
    [
        pytest.param(whole_lab(listing={"worker-1": {}}), "master-1", "worker-1", id="no proxy"),
        pytest.param(whole_lab(etcd=(503, "")), "master-1", "etcd-3", id="sick etcd"),
        pytest.param(whole_lab(apiserver=(500, "")), "etcd-1", "master-1", id="sick apiserver"),
    ],
)
def test_a_node_is_not_well_for_what_is_on_it_alone(lab, well, sick):
    assert node_problem(lab, well) is None
    assert sick in str(node_problem(lab, sick))


OWN = {"127.0.0.1/8": "lo", "10.83.4.1/16": "eth0"}


VIP = {"10.83.4.100/16": "eth0"}


def lab_with(**held):
    def agent(name):
        return SimpleNamespace(addresses=lambda: OWN | held.get(name.replace("-", "_"), {}))

    return SimpleNamespace(plan=plan_lab(LabSpec(lb="vip")), agent=agent)


def test_the_one_node_with_the_address_holds_the_vip():
    assert vip_holder(lab_with(balancer_2=VIP)) == "balancer-2"


@pytest.mark.parametrize(
    ("held", "message"),
    [
        ({}, "the VIP is held by nobody"),
        ({"balancer_1": VIP, "balancer_2": VIP}, "held by balancer-1, balancer-2"),
        ({"balancer_1": {"10.83.4.10/16": "eth0"}}, "held by nobody"),
    ],
)
def test_two_holders_or_none_are_an_error(held, message):
    with pytest.raises(LabError, match=message):
        vip_holder(lab_with(**held))
