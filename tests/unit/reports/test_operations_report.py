"""The page of an experiment whose operations go to etcd: a member is replaced."""

from __future__ import annotations

import pytest
from made_histories import step
from made_operations import ALWAYS, EVENTS, REPLACE, final, good, operations, write

from reports.kinds.registry import judge
from reports.kinds.report import write_report


def page_of(directory, lang="en"):
    return write_report(directory, judge(directory), lang).read_text(encoding="utf-8")


def test_the_page_speaks_both_languages_and_stands_alone(tmp_path):
    directory = write(tmp_path / "run", good())
    english, chinese = page_of(directory), page_of(directory, "zh")
    for page in (english, chinese):
        assert "http://" not in page
        assert "src=" not in page
    for said in (
        "A member is replaced",
        "All 6 expectations about 1 fault hold.",
        "No acknowledged write is missing",
        "While kill is in effect, the loss is tolerated",
        "write and read 1 keys open loop, 20 operations a second",
        '<td>acknowledged writes</td><td class="n">250</td>',
        '<td>from the heal to the same data, s</td><td class="n">1 – 1.5</td>',
        '<td>last write through every member</td><td class="n">yes</td>',
        "<td>replace-member etcd-3</td><td>etcd-3/etcd</td>",
        "<td>members have the same data</td><td>kill</td>",
    ):
        assert said in english
    for said in ("替换一个成员", "已确认的写入没有丢失", "每秒 20 个操作"):
        assert said in chinese


def test_a_page_without_requests_has_no_sections_about_them(tmp_path):
    page = page_of(write(tmp_path / "run", good()))
    for absent in ("What each fault costs", "How the outages were", 'id="recovery"', "None"):
        assert absent not in page


def test_the_text_has_the_figures_and_no_recovery_either(tmp_path):
    directory = write(tmp_path / "run", good())
    page_of(directory)
    text = (directory / "report/report.md").read_text(encoding="utf-8")
    assert "| made | acknowledged writes | 250 |" in text
    for absent in ("## Recovery", "Every worker sends its requests"):
        assert absent not in text


def test_an_action_alone_is_shown_with_its_times(tmp_path):
    page = page_of(write(tmp_path / "run", good(), steps=[REPLACE], expect=ALWAYS))
    assert "<td>replace-member etcd-3</td><td>etcd-3/etcd</td>" in page


def test_where_no_request_was_sent_none_is_called_good(tmp_path):
    stages = judge(write(tmp_path / "run", good())).tables["stages"]
    sources = stages[stages["stage"] == "first_error"]["source"]
    assert set(sources) == {"no request was sent"}


def test_a_lost_write_is_named_on_the_page(tmp_path):
    made = operations()
    state = final(made)
    state.versions.pop(100)
    page = page_of(write(tmp_path / "run", (EVENTS, made, state, None)))
    assert "write a = v100 at revision 102" in page


def test_a_run_without_trials_has_a_page(tmp_path):
    assert "could not be judged" in page_of(write(tmp_path / "run", status="interrupted"))


@pytest.mark.parametrize(
    ("disk", "said"), [("ext4", "real loss of power"), ("directory", "crash of the processes")]
)
def test_a_power_off_is_called_what_it_was(tmp_path, disk, said):
    steps = [step("dark", fault="power-off", target="etcd:all", for_s=2)]
    lab = {"etcd": 3, "masters": 0, "workers": 1, "disk": disk}
    assert said in page_of(write(tmp_path / "run", good(), steps=steps, lab=lab))


def test_what_cannot_be_read_is_said(tmp_path):
    directory = write(tmp_path / "run", good())
    (directory / "trials/0000/final.json").write_text('{"members": {')
    assert "final.json is broken" in page_of(directory)
