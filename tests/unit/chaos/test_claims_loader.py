"""The claims of a document in YAML: mistakes are reported before anything is started."""

from __future__ import annotations

import pytest
import yaml

from chaos.claims.loader import find_document, load_document, select_claims
from chaos.claims.schema import experiments_of
from chaos.errors import InputError

SHIPPED_CLAIMS = find_document("kuboard-spray")
TEXT = {"en": "it goes on", "zh": "继续工作"}
SUITE = {
    "name": "mine",
    "lab": {"etcd": 1, "masters": 2, "workers": 1},
    "experiments": [
        {
            "id": "kill-it",
            "title": "It is killed",
            "hypothesis": "It goes on.",
            "steps": [{"fault": "kill", "target": "master:any", "for_s": 5}],
            "expect": [
                {
                    "id": "reads",
                    "metric": "outage_s",
                    "probe": "read",
                    "connection": "new",
                    "op": "at_most",
                    "value": 1,
                }
            ],
        }
    ],
}


def document(**changes):
    about = {
        "name": "mine",
        "title": TEXT,
        "experiments": {
            "table": {"kind": "tolerance", "sizes": "3"},
            "api": {"kind": "suite", "file": "suite.yaml"},
            "other": {"kind": "splits"},
        },
        "claims": [
            {
                "id": "C1",
                "statement": TEXT,
                "source": "page 1",
                "expect": [{"figure": "table/majority_3", "op": "equals", "value": 2}],
            },
            {
                "id": "C2",
                "statement": TEXT,
                "source": "page 2",
                "expect": [
                    {
                        "figure": "api/kill-it.read.new.outage_s",
                        "op": "at_most",
                        "value": "table/lost_writes",
                    }
                ],
            },
        ],
    }
    return {**about, **changes}


@pytest.fixture
def load(tmp_path):
    def load(data):
        path = tmp_path / "mine.yaml"
        (tmp_path / "suite.yaml").write_text(yaml.safe_dump(SUITE), encoding="utf-8")
        path.write_text(yaml.safe_dump(data, sort_keys=False), encoding="utf-8")
        return load_document(path)

    return load


def test_only_the_experiments_that_claims_need_are_run(load):
    loaded = load(document())
    assert loaded.needed() == ["table", "api"]
    assert select_claims(loaded, ["C1"]).needed() == ["table"]


def test_an_unknown_claim_is_refused_with_those_that_there_are(load):
    with pytest.raises(InputError, match="no claim C9; there are C1, C2"):
        select_claims(load(document()), ["C9"])


def changed_claim(**changes):
    data = document()
    data["claims"][0].update(changes)
    return data


@pytest.mark.parametrize(
    ("data", "place"),
    [
        pytest.param(document(more=1), "more: Extra inputs", id="an unknown key"),
        pytest.param(document(claims=[]), "claims: List should have", id="no claims"),
        pytest.param(changed_claim(id="C2"), "the id C2 is given 2 times", id="an id twice"),
        pytest.param(
            changed_claim(expect=[{"figure": "nix/x", "op": "equals", "value": 1}]),
            "claims.C1: there is no experiment nix",
            id="an experiment that is not there",
        ),
        pytest.param(
            changed_claim(expect=[{"figure": "majority", "op": "equals", "value": 1}]),
            "claims.0.expect.0.figure",
            id="a figure without its experiment",
        ),
        pytest.param(changed_claim(expect=[]), "claims.0.expect", id="nothing that decides"),
        pytest.param(
            changed_claim(expect=[{"figure": "table/majority_4", "op": "equals", "value": 1}]),
            "claims.C1: experiment table has no figure majority_4; the nearest are majority_3",
            id="a figure of a size that is not measured",
        ),
        pytest.param(
            changed_claim(expect=[{"figure": "other/three_unserved", "op": "equals", "value": 1}]),
            "no figure three_unserved; the nearest are three_way_unserved",
            id="a figure that splits do not have",
        ),
        pytest.param(
            changed_claim(
                expect=[{"figure": "api/kill-it.read.outage_s", "op": "at_most", "value": 1}]
            ),
            "has no figure kill-it.read.outage_s; the nearest are kill-it.read.new.outage_s",
            id="a figure that a suite does not have",
        ),
        pytest.param(
            changed_claim(
                expect=[
                    {"figure": "table/majority_3", "op": "equals", "value": "api/kill-it.dial.x"}
                ]
            ),
            "claims.C1: experiment api has no figure kill-it.dial.x",
            id="a bound that is no figure",
        ),
        pytest.param(
            changed_claim(
                table={"rows": {"api": TEXT}, "columns": [{"figure": "lab.hosts", "title": "n"}]}
            ),
            "claims.C1: experiment api has no figure lab.hosts; the nearest are lab.balancer_nodes",
            id="a column that is no figure",
        ),
        pytest.param(
            changed_claim(statement={"en": "so", "zz": "so"}),
            "no language is called zz",
            id="a language that no report is written in",
        ),
        pytest.param(
            document(experiments={"table": {"kind": "tolerance", "sizes": "0-3"}}),
            "experiments.table: --sizes 0-3",
            id="a size that cannot be",
        ),
        pytest.param(
            document(experiments={"table": {"kind": "magic"}}), "experiments.table", id="a kind"
        ),
        pytest.param(
            document(experiments={"api": {"kind": "suite", "file": "none.yaml"}}),
            "cannot read",
            id="a file that is not there",
        ),
        pytest.param(
            document(
                experiments={"api": {"kind": "suite", "file": "suite.yaml", "lab": {"masters": 99}}}
            ),
            "lab.masters",
            id="a lab that cannot be",
        ),
        pytest.param(
            document(
                experiments={"api": {"kind": "suite", "file": "suite.yaml", "trials": {"x": 6}}}
            ),
            "experiments.api: trials of x: there is no such experiment",
            id="trials of nothing",
        ),
        pytest.param(
            document(experiments={"api": {"kind": "suite", "file": "suite.yaml", "only": ["x"]}}),
            "experiments.api: no experiment x in mine; it has kill-it",
            id="an experiment that is not in its file",
        ),
        pytest.param(
            document(experiments={"api": {"kind": "proof", "file": "suite.yaml"}}),
            "experiments.api: Input tag 'proof'",
            id="a proof, which is a suite now",
        ),
    ],
)
def test_a_mistake_is_told_with_its_place(load, data, place):
    with pytest.raises(InputError) as caught:
        load(data)
    assert place in str(caught.value)


def test_the_shipped_claims_are_those_of_the_document():
    shipped = load_document(SHIPPED_CLAIMS)
    of_etcd = ["E1", "E2", "E3", "E4", "E4b", "E5", "E6"]
    wanted = [*(f"T{n}" for n in range(1, 10)), *of_etcd, *(f"A{n}" for n in range(1, 7))]
    assert [claim.id for claim in shipped.claims] == wanted
    assert set(shipped.needed()) == set(shipped.experiments)


def test_every_even_size_is_held_against_the_odd_one_below_it():
    [even] = [claim for claim in load_document(SHIPPED_CLAIMS).claims if claim.id == "E5"]
    assert [(check.figure, check.op, check.value) for check in even.expect] == [
        (f"table/tolerance_{size}", "at_most", f"table/tolerance_{size - 1}")
        for size in (2, 4, 6, 8)
    ]


@pytest.mark.parametrize(
    ("claim", "figures"),
    [
        ("E1", {"api/cut-etcd-from-peers.write.new.good_share_during"}),
        ("E2", {"majority-fault/majority-fault.served_writes"}),
        ("E4", {"replace-leader-direct/replace-leader-direct.lost_writes"}),
        ("A1", {f"api/only-etcd-{n}.lowest_master_share" for n in (1, 2, 3)}),
        ("A2", {f"api/kill-two-apiservers.{name}" for name in ("lost_writes", "stale_reads")}),
    ],
)
def test_a_claim_is_decided_by_the_case_that_could_refute_it(claim, figures):
    checks = {it.id: it.expect for it in load_document(SHIPPED_CLAIMS).claims}[claim]
    assert figures <= {check.figure for check in checks}


def test_the_unsafe_order_does_not_decide_whether_a_member_can_be_replaced():
    experiments = {it.id: experiments_of(it) for it in load_document(SHIPPED_CLAIMS).claims}
    assert "unsafe-order" not in experiments["E4"]
    assert experiments["E4b"] == {"unsafe-order"}


def test_the_two_modes_that_a6_compares_have_six_trials_and_all_else_has_one():
    experiments = load_document(SHIPPED_CLAIMS).experiments
    repeated = {name: getattr(it, "trials", {}) for name, it in experiments.items()}
    six = {"kill-master": 6}
    assert {name: trials for name, trials in repeated.items() if trials} == {
        "local-nginx": six,
        "external-haproxy": six,
    }
