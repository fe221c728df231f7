"""`halab doctor`: its table, its JSON, its exit codes, and the lines behind a failure."""

from __future__ import annotations

import json

import pytest

from chaos.cli.ends import report_error
from lab.doctor import registry
from lab.doctor.check import ALL, DOCKER, KIND, NETNS, NONE, Check, lacking, ok, remark
from lab.errors import AgentError, BinaryError, NotCapableError, RuntimeUnavailableError


def check(name, needed_by, finding):
    return Check(name, needed_by, f"what {name} means", f"how {name} is mended", lambda: finding)


NFT = check("tool-nft", NETNS, lacking("not found"))
DAEMON = check("docker-daemon", DOCKER, lacking("no daemon"))
PRIVILEGED = check("kind-daemon", KIND, lacking("not permitted"))
DISKS = check("disks", NONE, lacking("only root"))
FINE = check("memory", ALL, ok("enough"))
FEW = check("limit-inotify", NONE, remark("few"))


@pytest.fixture
def checks(monkeypatch):
    def set_checks(*rows):
        monkeypatch.setattr(registry, "CHECKS", rows)

    return set_checks


@pytest.mark.parametrize(
    ("rows", "arguments", "code"),
    [
        ((FINE, FEW, DISKS), (), 0),
        ((FINE, DAEMON), (), 0),
        ((FINE, NFT), (), 0),
        ((NFT, DAEMON), (), 3),
        ((FINE, DAEMON), ("--runtime", "netns"), 0),
        ((FINE, DAEMON), ("--runtime", "docker"), 3),
        ((FINE, NFT), ("--runtime", "netns"), 3),
        ((FINE, DAEMON), ("--runtime", "kind"), 3),
        ((FINE, PRIVILEGED), ("--runtime", "kind"), 3),
        ((FINE, PRIVILEGED), ("--runtime", "docker"), 0),
        ((NFT, PRIVILEGED), (), 0),
        ((FINE,), ("--runtime", "podman"), 2),
    ],
)
def test_it_ends_in_0_where_the_wanted_runtime_lacks_nothing(halab, checks, rows, arguments, code):
    checks(*rows)
    assert halab("doctor", *arguments).code == code


def test_a_line_says_what_is_here_what_it_means_and_how_to_mend_it(halab, checks):
    checks(NFT, FINE, FEW)
    out = halab("doctor").out
    nft, few, fine = (
        line for line in out.splitlines() if " what " in line and "and how" not in line
    )
    assert ("tool-nft" in nft, "not found" in nft, "how tool-nft is mended" in nft) == (True,) * 3
    assert "how" not in fine
    assert "how limit-inotify is mended" in few
    assert "netns: makes no lab here: tool-nft\ndocker: makes labs\n" in out


def test_json_has_every_line_whole(halab, checks):
    checks(NFT, DISKS)
    answer = json.loads(halab("doctor", "--json").out)
    assert answer["runtimes"] == {"netns": ["tool-nft"], "docker": [], "kind": []}
    assert answer["checks"][0] == {
        "name": "tool-nft",
        "state": "lacking",
        "found": "not found",
        "needed_by": ["netns"],
        "meaning": "what tool-nft means",
        "mend": "how tool-nft is mended",
    }


@pytest.mark.parametrize("kind", [RuntimeUnavailableError, NotCapableError, BinaryError])
def test_a_failure_of_the_machine_names_the_lines_behind_it(checks, capsys, kind):
    checks(NFT, FINE, FEW, DISKS)
    report_error(kind("missing: nft"))
    assert capsys.readouterr().err.splitlines() == [
        "halab: missing: nft",
        "halab doctor: tool-nft: not found (how tool-nft is mended)",
        "halab doctor: disks: only root (how disks is mended)",
    ]


def test_a_failure_of_a_lab_names_none(checks, capsys):
    checks(NFT)
    report_error(AgentError("node etcd-1 is gone"))
    assert capsys.readouterr().err == "halab: node etcd-1 is gone\n"
