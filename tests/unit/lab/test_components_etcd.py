"""The etcd members of a plan: lenient ones, and members that join."""

from __future__ import annotations

from lab.components.etcd import joining_member, peer_url
from lab.components.lab_plan import plan_lab
from lab.spec import LabSpec

LENIENT = "--strict-reconfig-check=false"


def argv_of(spec):
    return {part.node: part.argv for part in plan_lab(spec).components if part.name == "etcd"}


def test_only_the_last_members_are_lenient_and_only_when_asked_for():
    assert not any(LENIENT in argv for argv in argv_of(LabSpec(masters=0)).values())
    argvs = argv_of(LabSpec(masters=0, lenient_etcd=1))
    assert [LENIENT in argvs[f"etcd-{number}"] for number in (1, 2, 3)] == [False, False, True]


def test_a_member_that_joins_is_told_of_the_running_cluster_under_its_own_name():
    plan = plan_lab(LabSpec(masters=0, name="lab"))
    node = plan.node("etcd-1")
    cluster = {"etcd-2": "https://10.83.1.2:2380", "new": peer_url(plan.spec, node, 2382)}
    member = joining_member(plan, "etcd-1", "new", cluster)
    assert (member.node, member.port) == ("etcd-1", 2379)
    assert "--name=new" in member.argv
    assert "--initial-cluster-state=existing" in member.argv
    assert "--listen-peer-urls=https://10.83.1.1:2382" in member.argv
    assert (
        "--initial-cluster=etcd-2=https://10.83.1.2:2380,new=https://10.83.1.1:2382" in member.argv
    )
    assert "--advertise-client-urls=https://10.83.1.1:2379" in member.argv
