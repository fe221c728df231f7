"""The language of the console: as asked for, else that of the locale; JSON is always English."""

from __future__ import annotations

import json

import pytest
from judged_runs import HOLDS, VIOLATED, made_run

from reports.locale.catalogue import LANGUAGES


@pytest.fixture
def run(tmp_path):
    return made_run(tmp_path / "runs/run", HOLDS, VIOLATED)


@pytest.fixture(params=["option", "locale"])
def chinese(request, monkeypatch):
    """The options that make a command Chinese."""
    if request.param == "option":
        return ["--lang", "zh"]
    monkeypatch.setenv("LC_ALL", "zh_CN.UTF-8")
    return []


def test_verdicts_tables_and_the_page_follow_the_language(halab, run, chinese):
    ended = halab("analyze", run, *chinese)
    assert ended.code == 1
    assert "不成立" in ended.out
    assert "violated" not in ended.out
    assert f"报告：{run}/report/index.html" in ended.out
    assert 'lang="zh' in (run / "report/index.html").read_text()


def test_a_list_follows_the_language(halab, run, chinese):
    assert halab("analyze", run).code == 1
    [line] = halab("list", "--runs-dir", run.parent, *chinese).out.splitlines()
    assert "1 成立, 1 不成立" in line
    assert "随机种子：0" in line


def test_a_comparison_follows_the_language(halab, run, chinese):
    gate = ["--fail-on", "read.outage > 1.2x"]
    ended = halab("compare", run, run, *gate, *chinese)
    assert ended.code == 5
    assert "未知" in ended.out
    assert "unknown" not in ended.out


def test_the_option_wins_over_the_locale(halab, run, monkeypatch):
    monkeypatch.setenv("LC_ALL", "zh_CN.UTF-8")
    assert "violated" in halab("analyze", run, "--lang", "en").out


def test_json_is_english_in_every_locale(halab, run, chinese):
    english = json.loads(halab("analyze", run, "--json").out)
    assert json.loads(halab("analyze", run, "--json", *chinese).out) == english
    assert english["verdicts"][0]["verdict"] == "holds"
    assert not any("\u4e00" <= each <= "\u9fff" for each in json.dumps(english, ensure_ascii=False))


def test_a_language_without_a_catalogue_is_refused(halab, run):
    ended = halab("analyze", run, "--lang", "xx")
    assert (ended.code, ended.out) == (2, "")
    assert ended.err == f"halab: --lang xx: there are {', '.join(LANGUAGES)}\n"
