"""Suites in YAML: which mistakes are refused, with which text, before anything is started."""

from __future__ import annotations

import copy
import re

import pytest
import yaml

from chaos.errors import InputError
from chaos.experiment.formulas import settings_of
from chaos.experiment.loader import SHIPPED, find_suite, load_suite, select
from chaos.experiment.plan import plan_suite, resolved
from chaos.experiment.timeline import planned_steps
from chaos.probes.series import DEFAULT_SERIES
from lab.components.lab_plan import plan_lab
from lab.spec import LabSpec

EXPECTATION = {
    "id": "writes",
    "metric": "outage_s",
    "probe": "write",
    "connection": "new",
    "op": "at_most",
    "value": "2 * election_s + 1.5",
}
EXPERIMENT = {
    "id": "kill-leader",
    "title": "The leader is killed",
    "hypothesis": "Requests go on.",
    "steps": [{"fault": "kill", "target": "etcd:leader", "for_s": 5}],
    "expect": [EXPECTATION],
}
SUITE = {
    "name": "mine",
    "lab": {"etcd": 3, "masters": 2, "workers": 1},
    "experiments": [EXPERIMENT],
}
FIRST = ("experiments", 0)
VALUE = (*FIRST, "expect", 0, "value")
ON = (*FIRST, "expect", 0, "on_runtime")
IDS = ["one", "two", "three"]
STEP = (*FIRST, "steps", 0)
CUT = {"fault": "cut", "target": "etcd:leader", "from": "etcd:all", "for_s": 5}
DROP = object()


def changed(*changes):
    """Return the suite with values replaced, or dropped, at (path, value)."""
    suite = copy.deepcopy(SUITE)
    for path, value in changes:
        place = suite
        for key in path[:-1]:
            place = place[key]
        if value is DROP:
            del place[path[-1]]
        else:
            place[path[-1]] = value
    return suite


def several(*ids):
    """Return experiments that differ in their names only."""
    return [
        {**EXPERIMENT, "id": name, "expect": [{**EXPECTATION, "id": f"writes-{name}"}]}
        for name in ids
    ]


@pytest.fixture
def load(tmp_path):
    def write_and_load(suite):
        path = tmp_path / "mine.yaml"
        path.write_text(yaml.safe_dump(suite), encoding="utf-8")
        return load_suite(path)

    return write_and_load


def problems(load, suite):
    with pytest.raises(InputError) as caught:
        load(suite)
    return str(caught.value)


def test_a_good_suite_loads(load):
    suite = load(SUITE)
    assert suite.name == "mine"
    assert suite.lab == LabSpec(etcd=3, masters=2, workers=1)
    [experiment] = suite.experiments
    assert resolved(experiment.expect[0], settings_of(plan_lab(suite.lab)), "netns").value == 3.5
    [step] = planned_steps(experiment.steps)
    assert (step.id, step.fault, step.target, step.for_s) == ("kill", "kill", "etcd:leader", 5)


def test_operations_are_sent_meanwhile_where_they_are_asked_for(load):
    [experiment] = load(changed(((*FIRST, "operations"), {"rate_hz": 40}))).experiments
    assert experiment.operations.rate_hz == 40
    shown = problems(load, changed(((*FIRST, "operations"), {"rate_hz": 0})))
    assert "operations.rate_hz: Input should be greater than 0" in shown


def test_a_suite_without_a_lab_gets_the_default_one(load):
    assert load(changed((("lab",), DROP))).lab == LabSpec()


def test_the_other_side_of_a_cut_is_its_parameter(load):
    [experiment] = load(changed((STEP, CUT))).experiments
    assert experiment.steps[0].parameters == {"from": "etcd:all"}


def test_a_text_is_one_for_both_languages_or_one_for_each(load):
    title = {"en": "It is killed", "zh": "它被杀死"}
    [experiment] = load(changed(((*FIRST, "title"), title))).experiments
    assert experiment.title.in_language("zh") == "它被杀死"
    assert experiment.hypothesis.in_language("zh") == "Requests go on."


@pytest.mark.parametrize(
    ("profile", "formula", "value"),
    [
        pytest.param("upstream", "election_s", 1.0, id="upstream election"),
        pytest.param("kubespray", "election_s", 5.0, id="kubespray election"),
        pytest.param("kubespray", "heartbeat_s * 4", 1.0, id="heartbeat"),
        pytest.param("upstream", "proxy_connect_timeout_s + proxy_fail_timeout_s", 11.0, id="sum"),
        pytest.param("upstream", "(etcd - 1) / masters", 1.0, id="counts"),
        pytest.param("upstream", "2 ** 3", 8.0, id="small power"),
        pytest.param("upstream", 0.25, 0.25, id="plain number"),
        pytest.param("upstream", "0.25", 0.25, id="number in quotes"),
    ],
)
def test_a_value_may_be_a_formula_over_the_settings(load, profile, formula, value):
    suite = load(changed((("lab", "profile"), profile), (VALUE, formula)))
    expectation = suite.experiments[0].expect[0]
    assert resolved(expectation, settings_of(plan_lab(suite.lab)), "netns").value == value


@pytest.mark.parametrize(
    ("changes", "fragment"),
    [
        pytest.param([(("name",), DROP)], "name: Field required", id="no name"),
        pytest.param([(("name",), "../mine")], "name: String should match", id="name is a path"),
        pytest.param([(("experiments",), [])], "experiments: List should", id="no experiments"),
        pytest.param([(("extra",), 1)], "extra: Extra inputs", id="unknown key"),
        pytest.param(
            [((*FIRST, "extra"), 1)], "experiments.0.extra: Extra", id="unknown key in experiment"
        ),
        pytest.param(
            [((*FIRST, "expect", 0, "extra"), 1)],
            "experiments.0.expect.0.extra: Extra",
            id="unknown key in expectation",
        ),
        pytest.param([(("lab", "nodes"), 3)], "lab.nodes: Extra", id="unknown key in lab"),
        pytest.param([(("lab", "etcd"), 10)], "lab.etcd: Input should be less", id="ten etcd"),
        pytest.param([(("lab", "workers"), 0)], "lab.workers: what clients see", id="no worker"),
        pytest.param([(("lab",), 3)], "lab: Input should be", id="lab is a number"),
        pytest.param([((*FIRST, "id"), "Kill It")], "experiments.0.id: String", id="bad id"),
        pytest.param([((*STEP, "for_s"), 0)], "steps.0.for_s: Input should be gr", id="for 0"),
        pytest.param([((*STEP, "for_s"), 601)], "steps.0.for_s: Input should be le", id="for 601"),
        pytest.param([((*STEP, "for_s"), float("nan"))], "for_s: Input should be", id="for nan"),
        pytest.param([((*STEP, "for_s"), DROP)], "a fault needs `for_s`", id="for nothing"),
        pytest.param([((*STEP, "target"), DROP)], "steps.0.target: Field req", id="no target"),
        pytest.param([((*STEP, "at_s"), -1)], "steps.0.at_s: Input should be", id="before zero"),
        pytest.param([((*STEP, "id"), "A step")], "steps.0.id: String should", id="bad step id"),
        pytest.param([((*STEP, "fault"), DROP)], "either `fault` or `action`", id="no fault"),
        pytest.param([((*STEP, "action"), "dial")], "either `fault` or `action`", id="both"),
        pytest.param([((*FIRST, "steps"), [])], "either `steps` or `random`", id="no steps"),
        pytest.param([((*FIRST, "expect"), [])], "has `expect`, or `operations`", id="no demand"),
        pytest.param(
            [((*FIRST, "title"), {"en": "x", "cn": "y"})],
            "title: Value error, no language is called cn; there are en, zh",
            id="an unknown language",
        ),
        pytest.param([((*FIRST, "baseline_s"), 1)], "baseline_s: Input should", id="no baseline"),
        pytest.param(
            [((*STEP, "fault"), "melt")],
            "kill-leader: step melt: unknown fault 'melt'; there are",
            id="unknown fault",
        ),
        pytest.param(
            [(STEP, {"action": "dance", "target": "etcd-1"})],
            "kill-leader: step dance: unknown action 'dance'; there are",
            id="unknown action",
        ),
        pytest.param(
            [((*STEP, "colour"), "red")],
            "step kill: kill: unknown parameter colour; kill takes none",
            id="unknown parameter",
        ),
        pytest.param(
            [((*STEP, "from"), ["etcd-1"])], "steps.0.parameters.from", id="list as parameter"
        ),
        pytest.param(
            [((*STEP, "parameters"), {"a": 1})], "steps.0.parameters", id="parameters by name"
        ),
        pytest.param(
            [(STEP, {key: value for key, value in CUT.items() if key != "from"})],
            "step cut: cut:\n    from: Field required",
            id="cut without from",
        ),
        pytest.param(
            [((*STEP, "from"), "etcd:all")], "kill: unknown parameter from", id="from without cut"
        ),
        pytest.param(
            [((*STEP, "target"), "etcd:boss")],
            "kill-leader: step kill: target 'etcd:boss': 'boss' is none of",
            id="unknown target",
        ),
        pytest.param(
            [(STEP, {**CUT, "from": "nobody"})],
            "kill-leader: step cut: unknown target 'nobody'",
            id="unknown other side",
        ),
        pytest.param(
            [((*STEP, "target"), "master-3")],
            "unknown target 'master-3'",
            id="node that this lab does not have",
        ),
        pytest.param(
            [((*FIRST, "expect", 0, "metric"), "joy")],
            "expectation writes: there is no metric joy; there are",
            id="unknown metric",
        ),
        pytest.param(
            [((*FIRST, "expect", 0, "op"), "about")], "expect.0.op: Input", id="unknown operator"
        ),
        pytest.param([(VALUE, "2 *")], "formula '2 *': invalid syntax", id="bad formula"),
        pytest.param([(VALUE, "")], "formula ''", id="empty formula"),
        pytest.param([(VALUE, "(1")], "formula '(1'", id="open bracket"),
        pytest.param(
            [(VALUE, "2 * moon")],
            "expectation writes: formula '2 * moon': 'moon' is not defined",
            id="unknown name in formula",
        ),
        pytest.param(
            [(VALUE, "moon")],
            "names: balancer_closes_idle_s, balancer_detects_refusal_s, balancer_detects_s, ",
            id="known names",
        ),
        pytest.param(
            [(ON, {"docker": {"value": "moon"}})],
            "expectation writes: on_runtime.docker: formula 'moon': 'moon' is not defined",
            id="unknown name in formula of a runtime",
        ),
        pytest.param(
            [(ON, {"moon": {"value": 1}})],
            "on_runtime.moon.[key]: Value error, moon is none of ",
            id="unknown runtime of a value",
        ),
        pytest.param(
            [(ON, {"docker": {"op": "at_least", "value": 1}})],
            "expect.0.on_runtime.docker.op: ",
            id="another demand on a runtime",
        ),
        pytest.param(
            [(ON, {"docker": {}})], "expect.0.on_runtime.docker.value: ", id="runtime, no value"
        ),
        pytest.param([(VALUE, "9**9**9")], "formula '9**9**9'", id="huge exponent"),
        pytest.param([(VALUE, "'a' * 999999999")], "formula", id="huge text"),
        pytest.param([(VALUE, "1 << 999999999")], "formula", id="huge shift"),
        pytest.param([(VALUE, "__import__('os').getpid()")], "formula", id="code"),
        pytest.param([(VALUE, "().__class__")], "formula", id="inside of Python"),
        pytest.param([(VALUE, "(-8) ** 0.5")], "formula", id="complex number"),
        pytest.param([(VALUE, None)], "expect.0.value", id="no value"),
        pytest.param([(VALUE, float("nan"))], "expect.0.value", id="value nan"),
        pytest.param([(VALUE, float("inf"))], "expect.0.value", id="value infinite"),
        pytest.param([(VALUE, "1/0")], "formula '1/0': division by zero", id="division by zero"),
        pytest.param([(VALUE, "9.0**400")], "formula '9.0**400'", id="huge float"),
        pytest.param([(VALUE, "10000**200")], "formula '10000**200'", id="huge integer"),
        pytest.param([(VALUE, "1e400")], "formula '1e400': is not finite", id="infinite literal"),
        pytest.param([(VALUE, "-9e999")], "formula '-9e999': is not finite", id="minus infinity"),
        pytest.param([(VALUE, "'nan'")], "formula \"'nan'\"", id="nan as text"),
        pytest.param([(VALUE, "-" * 5000)], "formula '---", id="thousands of signs"),
        pytest.param([(VALUE, "-" * 5000 + "1")], "formula '---", id="thousands of signs and one"),
        pytest.param([(VALUE, "(" * 300 + ")" * 300)], "formula '(((", id="deep brackets"),
        pytest.param([(VALUE, "rand()")], "'rand()' is not allowed", id="chance"),
        pytest.param([(VALUE, "int(1)")], "'int(1)' is not allowed", id="function"),
        pytest.param([(VALUE, "1;2")], "formula '1;2'", id="two formulas"),
        pytest.param([(VALUE, "1\n2")], "invalid syntax", id="two lines"),
        pytest.param([(VALUE, "x=5")], "formula 'x=5'", id="assignment"),
    ],
)
def test_a_wrong_suite_is_refused(load, changes, fragment):
    assert fragment in problems(load, changed(*changes))


@pytest.mark.parametrize(
    ("content", "fragment"),
    [
        pytest.param(b"", "a suite is a mapping with name, lab and experiments", id="empty"),
        pytest.param(b"- name: mine", "a suite is a mapping", id="list"),
        pytest.param(b"name", "a suite is a mapping", id="word"),
        pytest.param(b"name: [", "is no valid YAML", id="open bracket"),
        pytest.param(b"a: b: c", "is no valid YAML", id="two colons"),
        pytest.param(b"name: a\n\tlab: {}", "is no valid YAML", id="tab"),
        pytest.param(b"name: \x07", "is no valid YAML", id="control character"),
        pytest.param(b"a: 1\n---\na: 2", "is no valid YAML", id="two documents"),
        pytest.param(b"? {}\n: 1", "is no valid YAML", id="mapping as key"),
        pytest.param(b"a: !!python/name:os.system", "is no valid YAML", id="Python object"),
        pytest.param(b"name: \xff", "cannot read", id="not UTF-8"),
        pytest.param(b"1: 2", "1: Keys should be strings", id="number as key"),
        pytest.param(b"d: 2020-99-99", "is no valid YAML", id="date that is none"),
        pytest.param(b"[" * 600, "more than 32 levels", id="hundreds of brackets"),
    ],
)
def test_a_file_that_is_no_suite_is_refused_with_its_path(tmp_path, content, fragment):
    path = tmp_path / "mine.yaml"
    path.write_bytes(content)
    with pytest.raises(InputError) as caught:
        load_suite(path)
    assert fragment in str(caught.value)
    assert str(path) in str(caught.value)


def test_a_missing_file_cannot_be_read(tmp_path):
    with pytest.raises(InputError, match=r"cannot read .*none\.yaml"):
        load_suite(tmp_path / "none.yaml")


def test_a_directory_cannot_be_read(tmp_path):
    with pytest.raises(InputError, match=f"cannot read {tmp_path}"):
        load_suite(tmp_path)


@pytest.mark.parametrize(
    ("experiments", "fragment"),
    [
        pytest.param(several("one", "two", "one"), "the id one is given 2 times", id="experiment"),
        pytest.param(
            [EXPERIMENT, {**EXPERIMENT, "id": "two"}],
            "the id writes is given 2 times",
            id="expectation",
        ),
        pytest.param(several("writes-two", "two"), "the id writes-two is given", id="one of each"),
    ],
)
def test_an_id_that_is_given_twice_is_refused(load, experiments, fragment):
    assert fragment in problems(load, changed((("experiments",), experiments)))


def test_all_problems_of_the_form_are_reported_together(load):
    wrong = changed((("lab", "etcd"), 10), ((*STEP, "for_s"), 0), ((*FIRST, "id"), "Kill It"))
    found = problems(load, wrong)
    for place in ("lab.etcd:", "experiments.0.steps.0.for_s:", "experiments.0.id:"):
        assert re.search(rf"^  line \d+: {re.escape(place)}", found, re.MULTILINE)


def test_all_experiments_with_wrong_targets_or_formulas_are_reported_together(load):
    wrong = changed((("experiments",), several(*IDS)), (("lab", "workers"), 0))
    wrong["experiments"][1] |= {"steps": [{**EXPERIMENT["steps"][0], "target": "etcd:boss"}]}
    wrong["experiments"][2] |= {"expect": [{**EXPECTATION, "value": "moon"}]}
    lines = problems(load, wrong).splitlines()
    assert [line.split(":")[0].strip() for line in lines[1:]] == ["lab.workers", "two", "three"]


def test_a_wrong_target_and_every_wrong_formula_of_one_experiment_are_reported_together(load):
    formulas = [
        {**EXPECTATION, "id": name, "value": name} for name in ("moon", "election_s", "sun")
    ]
    wrong = changed(((*STEP, "target"), "etcd:boss"), ((*FIRST, "expect"), formulas))
    boss, moon, sun = problems(load, wrong).splitlines()[1:]
    assert boss.startswith("  kill-leader: step kill: target 'etcd:boss'")
    assert moon.startswith("  kill-leader: expectation moon: ")
    assert sun.startswith("  kill-leader: expectation sun: ")


def cut(near, far, **lab):
    """Return the suite with a cut between two selectors, on another lab when one is given."""
    step = {**CUT, "target": near, "from": far}
    return changed((STEP, step), *((("lab", key), lab[key]) for key in lab))


@pytest.mark.parametrize(
    "suite",
    [
        pytest.param(cut("etcd:all", "etcd:all"), id="all from all"),
        pytest.param(cut("etcd-1", "etcd-1"), id="a node from itself"),
        pytest.param(cut("etcd:etcd-1", "node:etcd-1"), id="a node from itself by another name"),
        pytest.param(cut("etcd:all", "etcd-2"), id="all from one of them"),
        pytest.param(cut("etcd", "etcd:leader"), id="all from whichever leads"),
        pytest.param(cut("master:all", "etcd:all", stacked=True, etcd=2), id="stacked roles"),
    ],
)
def test_a_cut_without_another_side_is_refused(load, suite):
    step = suite["experiments"][0]["steps"][0]
    shown = f"step cut: a cut of {step['target']} from {step['from']} has no other side"
    assert shown in problems(load, suite)


@pytest.mark.parametrize(
    "suite",
    [
        pytest.param(cut("etcd-1", "etcd:all"), id="one from all"),
        pytest.param(cut("etcd:leader", "etcd-1"), id="the leader, who may be another"),
        pytest.param(cut("etcd:any", "etcd:any"), id="two that are chosen later"),
        pytest.param(cut("etcd:all", "master:all"), id="two roles"),
        pytest.param(cut("master:all", "etcd:all", stacked=True), id="a member beside the masters"),
    ],
)
def test_a_cut_that_may_have_two_sides_loads(load, suite):
    assert load(suite).experiments[0].steps[0].fault == "cut"


@pytest.mark.parametrize(
    ("only", "chosen"),
    [
        pytest.param([], ["one", "two", "three"], id="no choice is all"),
        pytest.param(["two"], ["two"], id="one"),
        pytest.param(["three", "one"], ["one", "three"], id="in the suite's order"),
    ],
)
def test_experiments_are_selected_by_name(load, only, chosen):
    suite = load(changed((("experiments",), several(*IDS))))
    assert [experiment.id for experiment in select(suite, only).experiments] == chosen
    assert [experiment.id for experiment in suite.experiments] == IDS, (
        "the suite itself is left as it was"
    )


def test_an_unknown_experiment_is_refused_with_those_there_are(load):
    with pytest.raises(InputError, match="no experiment moon, sun in mine; it has kill-leader"):
        select(load(SUITE), ["sun", "kill-leader", "moon"])


@pytest.mark.parametrize(
    "path",
    sorted([*SHIPPED.glob("*.yaml"), *SHIPPED.glob("proofs/*.yaml")]),
    ids=lambda path: path.stem,
)
def test_a_shipped_suite_loads_and_all_of_it_resolves(path):
    suite = load_suite(path)
    assert suite.name == path.stem
    for planned in plan_suite(suite, DEFAULT_SERIES, "netns", seed=0):
        assert planned.record.steps
        assert planned.record.expect
        for expectation in planned.record.expect:
            assert 0 <= expectation.value < 120


def test_the_shipped_proofs_are_suites_with_one_experiment_of_their_name():
    proofs = [load_suite(path) for path in SHIPPED.glob("proofs/*.yaml")]
    assert {proof.name for proof in proofs} == {
        *("majority-fault", "network-fault", "power-loss", "replace-direct", "replace-learner"),
        *("replace-leader-direct", "replace-leader-learner", "unsafe-order"),
    }
    for suite in proofs:
        assert [experiment.id for experiment in suite.experiments] == [suite.name]
        assert suite.lab.masters == 0


def test_a_suite_is_shipped():
    assert find_suite("ha-report") == SHIPPED / "ha-report.yaml"
    assert find_suite("ha-report").exists()


def test_a_file_of_the_users_comes_before_a_shipped_suite(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "ha-report").touch()
    assert find_suite("ha-report").resolve() == tmp_path / "ha-report"


def test_a_name_that_is_nothing_is_taken_for_a_path(tmp_path):
    assert find_suite(str(tmp_path / "none.yaml")) == tmp_path / "none.yaml"
