"""`halab selftest`: what it prints, and how it ends."""

from __future__ import annotations

import json

import pytest

from chaos.selftest import run
from chaos.selftest.statements import STATEMENTS, verdict
from lab.errors import CleanupError
from lab.runtime.netns.driver import NetnsDriver
from reports.locale.message import verbatim


@pytest.fixture
def verdicts(monkeypatch):
    """Let the self-test have these verdicts."""

    def put(*values, left=()):
        judged = [
            verdict(statement, value, verbatim(f"note [{statement}]"))
            for statement, value in zip(STATEMENTS, values, strict=True)
        ]
        monkeypatch.setattr(run, "run_selftest", lambda _: run.Tried(judged, [*left]))

    return put


@pytest.mark.parametrize(
    ("values", "code"),
    [
        (["holds"] * 5, 0),
        (["holds"] * 4 + ["unknown"], 5),
        (["violated", "unknown", "holds", "holds", "holds"], 1),
    ],
)
def test_the_worst_verdict_is_the_exit_code(halab, verdicts, values, code):
    verdicts(*values)
    ended = halab("selftest")
    assert ended.code == code
    assert "a lost write is noticed" in ended.out
    assert "note [clean-up]" in ended.out
    assert ("Can be believed on this machine" in ended.out) == ("holds" in values)
    assert ("Must not be believed" in ended.out) == ("violated" in values)


@pytest.mark.parametrize("options", [[], ["--json"]], ids=["text", "JSON"])
def test_what_is_left_behind_is_said_after_the_verdicts_and_ends_in_4(halab, verdicts, options):
    verdicts(*["holds"] * 4, "violated", left=[CleanupError("process 7 is still there")])
    ended = halab("selftest", *options)
    assert (ended.code, ended.err) == (4, "halab: process 7 is still there\n")
    assert "note [clean-up]" in ended.out


def test_json_is_one_object_with_the_verdicts_in_english(halab, verdicts):
    verdicts("holds", "holds", "holds", "violated", "unknown")
    ended = halab("selftest", "--json")
    document = json.loads(ended.out)
    assert ended.code == 1
    assert [entry["id"] for entry in document["verdicts"]] == list(STATEMENTS)
    assert document["verdicts"][3] == {
        "id": "silent-fault",
        "experiment": "selftest",
        "verdict": "violated",
        "note": "note [silent-fault]",
        "remark": "",
    }
    assert document["summary"].startswith("Can be believed")
    assert halab("selftest", "--json", "--lang", "zh").code == 2


def test_it_speaks_chinese(halab, verdicts):
    verdicts(*["holds"] * 5)
    ended = halab("selftest", "--lang", "zh")
    assert "丢失的写入会被发现" in ended.out
    assert "在本机上可以相信" in ended.out


def test_a_machine_without_namespaces_is_unknown(halab, monkeypatch):
    monkeypatch.setattr(NetnsDriver, "unavailable", lambda *_: "missing: nft")
    ended = halab("selftest", "--json")
    document = json.loads(ended.out)
    assert ended.code == 5
    assert {entry["verdict"] for entry in document["verdicts"]} == {"unknown"}
    assert all("missing: nft" in entry["note"] for entry in document["verdicts"])
