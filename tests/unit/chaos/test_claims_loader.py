"""The claims of a document in YAML: mistakes are reported before anything is started."""

from __future__ import annotations

import pytest
import yaml

from chaos.claims.loader import find_document, load_document, select_claims
from chaos.errors import InputError

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
                    {"figure": "api/x.read.new.outage_s", "op": "at_most", "value": "table/lost"}
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
    shipped = load_document(find_document("kuboard-spray"))
    wanted = [f"T{n}" for n in range(1, 10)] + [f"E{n}" for n in range(1, 7)]
    assert [claim.id for claim in shipped.claims] == [*wanted, *(f"A{n}" for n in range(1, 7))]
    assert set(shipped.needed()) == set(shipped.experiments)
