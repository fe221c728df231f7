"""Options of labs: the same ones for all commands that make labs, laid over those of suites."""

from __future__ import annotations

import json
import shlex
from pathlib import Path

import pytest
import typer.main
import yaml
from suite_files import suite_file

from chaos.claims.loader import load_document
from chaos.claims.overlay import lay_over
from chaos.cli.app import app
from chaos.cli.lab_options import LabOptions
from chaos.errors import InputError
from lab.balancers.registry import MODES
from lab.spec import LabSpec

CHANGES = ["--etcd", "5", "--workers", "4", "--profile", "kubespray", "--proxy-port", "8443"]
OPTIONS = {
    *("etcd", "masters", "workers", "stacked", "profile", "proxy_port", "kubelets", "lb"),
    *("lb_config", "lb_server", "attach", "consent"),
}


def parameters(command):
    return {each.name: each for each in typer.main.get_command(app).commands[command].params}


@pytest.mark.parametrize("command", ["up", "run", "claims"])
def test_every_command_that_makes_labs_takes_all_their_options(command):
    assert set(parameters(command)) > OPTIONS
    assert set(LabOptions.__dataclass_fields__) == OPTIONS


def test_the_defaults_that_the_help_shows_are_those_of_a_lab():
    for name in OPTIONS - {"stacked", "kubelets", "lb_config", "lb_server", "attach", "consent"}:
        default = str(LabSpec.model_fields[name].default)
        assert parameters("up")[name].show_default == f"{default}, or the suite's"


def test_every_mode_of_balancing_can_be_asked_for(halab):
    for mode in MODES:
        assert halab("run", "balancers", "--lb", mode, "--dry-run").code == 0


def records_of(writers):
    return [json.loads((writer.directory / "run.json").read_text()) for writer in writers]


def test_options_are_laid_over_the_labs_of_a_suite_recorded_and_repeated(halab, tmp_path, opened):
    halab("run", suite_file(tmp_path, "mine"), *CHANGES, "--stacked", "--masters", "4")
    [record] = records_of(opened)
    labs = [experiment["lab"] for experiment in record["experiments"]]
    # the second experiment has `masters: 3` of its own: the same key, where the option wins
    for lab in labs:
        assert (lab["etcd"], lab["masters"], lab["workers"]) == (5, 4, 4)
        assert (lab["profile"], lab["proxy_port"], lab["stacked"]) == ("kubespray", 8443, True)
    assert record["lab_overrides"] == {
        "etcd": 5,
        "masters": 4,
        "workers": 4,
        "stacked": True,
        "profile": "kubespray",
        "proxy_port": 8443,
    }
    [page] = Path("runs").glob("*/report/index.html")
    assert "changed on the command line: etcd = 5" in page.read_text()
    words = shlex.split(record["command"])
    assert words[-11:] == [
        *("--etcd", "5", "--masters", "4", "--workers", "4", "--stacked"),
        *("--profile", "kubespray", "--proxy-port", "8443"),
    ]


def test_a_lab_of_an_experiment_keeps_what_no_option_mentions(halab, tmp_path, opened):
    halab("run", suite_file(tmp_path, "mine"), "--etcd", "5")
    [record] = records_of(opened)
    labs = [experiment["lab"] for experiment in record["experiments"]]
    assert [(lab["etcd"], lab["masters"]) for lab in labs] == [(5, 2), (5, 3)]


def test_without_options_nothing_is_said_to_have_changed(halab, tmp_path, opened):
    halab("run", suite_file(tmp_path, "mine"))
    [record] = records_of(opened)
    assert record["lab_overrides"] == {}


def test_the_command_that_is_recorded_gives_the_same_lab_again(halab, tmp_path, opened):
    halab("run", suite_file(tmp_path, "mine"), *CHANGES, "--no-stacked", "--kubelets")
    [first] = records_of(opened)
    halab(*shlex.split(first["command"])[1:])
    _, second = records_of(opened)
    for field in ("experiments", "command", "lab_overrides"):
        assert first[field] == second[field]


IMPOSSIBLE = {
    "too many members": (["--etcd", "10"], "lab.etcd"),
    "an unknown profile": (["--profile", "fast"], "lab.profile"),
    "no worker": (["--workers", "0"], "workers"),
    "stacked on nothing": (["--masters", "0", "--stacked"], "stacked"),
}


@pytest.mark.parametrize(("argv", "field"), IMPOSSIBLE.values(), ids=IMPOSSIBLE)
def test_a_lab_that_options_make_impossible_is_refused_with_its_file(halab, tmp_path, argv, field):
    path = suite_file(tmp_path, "mine")
    ended = halab("run", path, *argv)
    assert (ended.code, ended.out) == (2, "")
    assert str(path) in ended.err
    assert field in ended.err
    assert not Path("runs").exists()


NONE_THERE = "there are none in this lab"
IN_VAIN = {
    "a port without a balancer": (["--lb", "none", "--proxy-port", "1234"], "is no balancer in"),
    "a port without masters": (["--masters", "0", "--proxy-port", "1234"], NONE_THERE),
    "a balancer without masters": (["--masters", "0", "--lb", "nginx"], NONE_THERE),
    "a proxy without workers": (["--workers", "0", "--proxy-port", "1234"], NONE_THERE),
    "a server of no file": (["--lb", "vip", "--lb-server", "api"], "there is no --lb-config for"),
    "haproxy without workers": (["--workers", "0", "--lb", "haproxy"], "haproxy runs on workers"),
}


@pytest.mark.parametrize(("argv", "why"), IN_VAIN.values(), ids=IN_VAIN)
def test_an_option_that_would_change_nothing_is_refused(halab, home, argv, why):
    ended = halab("up", *argv)
    assert (ended.code, ended.out) == (2, "")
    assert "would change nothing" in ended.err
    assert argv[2] in ended.err
    assert why in ended.err
    assert not home.exists()


@pytest.mark.parametrize(
    "argv",
    [
        pytest.param({"lb": "external", "workers": 0, "proxy_port": 1234}, id="a node of its own"),
        pytest.param({"lb": "none", "workers": 0}, id="no balancer"),
        pytest.param({"masters": 0, "profile": "kubespray"}, id="timeouts of etcd"),
        pytest.param({"masters": 0, "stacked": False}, id="what is not wanted"),
    ],
)
def test_an_option_that_changes_something_is_not(argv):
    assert LabOptions(**argv).spec().model_dump().items() >= argv.items()


ELSEWHERE = {
    "JSON of a dry run": (["run", "ha-report", "--dry-run", "--json"], "--json"),
    "JSON of dry claims": (["claims", "--dry-run", "--json"], "--json"),
    "JSON of a dry table": (["tolerance", "--dry-run", "--json"], "--json"),
    "faults of splits": (["tolerance", "--splits", "--faults", "kill"], "--faults"),
    "a port of a suite without balancer": (
        ["run", "balancers", "--lb", "none", "--proxy-port", "1234"],
        "--proxy-port",
    ),
    "two directories of a run": (
        ["probe", "--url", "https://127.0.0.1:1", "--out", "x", "--runs-dir", "y"],
        "--runs-dir",
    ),
    "a language of JSON": (["list", "--json", "--lang", "zh"], "--lang"),
}


@pytest.mark.parametrize(("argv", "option"), ELSEWHERE.values(), ids=ELSEWHERE)
def test_no_command_ignores_an_option(halab, argv, option):
    ended = halab(*argv)
    assert (ended.code, ended.out) == (2, "")
    assert f"{option} would change nothing" in ended.err
    assert not list(Path().iterdir())


DOCUMENT = {
    "name": "mine",
    "title": "Mine",
    "experiments": {
        "table": {"kind": "tolerance", "sizes": "3", "faults": "kill"},
        "killed": {"kind": "suite", "file": "mine.yaml", "lab": {"etcd": 1, "workers": 3}},
    },
    "claims": [
        {
            "id": name,
            "statement": "It is so.",
            "source": "here",
            "expect": [{"figure": f"{figure}", "op": "at_most", "value": 1}],
        }
        for name, figure in (
            ("T1", "table/tolerance_3"),
            ("K1", "killed/kill-leader.read.new.outage_s"),
        )
    ],
}


@pytest.fixture
def document(tmp_path):
    suite_file(tmp_path, "mine")
    path = tmp_path / "claims.yaml"
    path.write_text(yaml.safe_dump(DOCUMENT))
    return path


def test_claims_lay_options_over_their_suites_and_leave_their_surveys(document):
    chosen, [suite] = lay_over(load_document(document), document.parent, {"etcd": 5})
    assert [(lab.etcd, lab.workers) for lab in suite.labs] == [(5, 3), (5, 3)]
    assert chosen.experiments["killed"].lab == {"etcd": 5, "workers": 3}
    assert chosen.experiments["table"] == load_document(document).experiments["table"]


def test_an_impossible_lab_of_claims_names_the_experiment(halab, document):
    ended = halab("claims", document, "--etcd", "10", "--dry-run")
    assert ended.code == 2
    assert "experiments.killed: " in ended.err
    with pytest.raises(InputError):
        LabOptions(etcd=10).spec()


def test_claims_about_a_table_alone_take_no_lab(halab, document):
    ended = halab("claims", document, "--only", "T1", "--etcd", "5")
    assert ended.code == 2
    assert "--etcd would change nothing: these claims need no suite" in ended.err
