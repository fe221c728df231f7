"""The labs that a report names."""

from __future__ import annotations

import pytest
from made_histories import experiment_record, run_record

from reports.locale.catalogue import LANGUAGES, words_of
from reports.locale.message import message
from reports.render.about import about

NGINX = {"en": "with nginx as kubespray sets it", "zh": "使用按 kubespray 配置的 nginx"}


def labs(*experiments, lang="en"):
    record = run_record(experiments=[experiment_record(**fields) for fields in experiments])
    return about(record, words_of(lang), lang)["labs"]


@pytest.mark.parametrize(
    ("lab", "part"),
    [
        ({"lb": "nginx", "balancing": NGINX}, ", with nginx as kubespray sets it;"),
        ({"lb": "new-mode"}, ", new-mode;"),
        ({"masters": 0}, ", reached directly;"),
        ({"url": "https://it", "address": "1.2.3.4"}, "Requests to https://it at 1.2.3.4;"),
    ],
)
def test_the_report_says_which_lab_was_measured(lab, part):
    (text,) = labs({"lab": {"masters": 3} | lab})
    assert part in text


def test_a_lab_that_experiments_share_is_named_once_and_others_with_their_experiments():
    small, large = {"etcd": 3, "masters": 2}, {"etcd": 5, "masters": 2}
    assert len(labs({"id": "a", "lab": small}, {"id": "b", "lab": small})) == 1
    three, five = labs(
        {"id": "a", "lab": small}, {"id": "b", "lab": large}, {"id": "c", "lab": small}
    )
    assert (three[:15], three[-6:]) == ("etcd members: 3", "(a, c)")
    assert (five[:15], five[-3:]) == ("etcd members: 5", "(b)")


@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_balancer_is_described_in_the_language_of_the_report(lang):
    (text,) = labs({"lab": {"masters": 3, "balancing": NGINX}}, lang=lang)
    assert NGINX.get(lang, NGINX["en"]) in text


@pytest.mark.parametrize("lang", LANGUAGES)
def test_what_differs_from_a_users_file_stands_once(lang):
    remarks = [message("lb-file-supplied", subject="maxconn 4000", line=0, value="")]
    fields = {"lab": {"masters": 3}, "balancer_file_remarks": remarks}
    record = run_record(experiments=[experiment_record(id=name, **fields) for name in "ab"])
    [text] = about(record, words_of(lang), lang)["balancer"]
    assert text.startswith("maxconn 4000")
