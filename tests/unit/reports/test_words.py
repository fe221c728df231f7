"""The words of the reports: each stands once, in every language; and what is said of labs."""

from __future__ import annotations

from collections import Counter
from string import Formatter

import pytest
import yaml
from made_histories import experiment_record, run_record

from reports.analysis.stages import NAMES, RECOVERY
from reports.locale.catalogue import FOLDER, LANGUAGES, words_of
from reports.render.about import about

NGINX = {"en": "with nginx as kubespray sets it", "zh": "使用按 kubespray 配置的 nginx"}


def fields(text):
    return {field for _, field, _, _ in Formatter().parse(text)} - {None}


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_language_has_the_same_keys(lang):
    assert sorted(words_of(lang)) == sorted(words_of("en"))


@pytest.mark.parametrize("lang", LANGUAGES)
def test_no_key_stands_in_two_sections(lang):
    sections = yaml.safe_load((FOLDER / f"{lang}.yaml").read_text(encoding="utf-8"))
    counted = Counter(key for section in sections.values() for key in section)
    assert [key for key, count in counted.items() if count > 1] == []


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("key", words_of("en"))
def test_the_languages_are_filled_in_with_the_same(key, lang):
    assert fields(words_of(lang)[key]) <= fields(words_of("en")[key])


@pytest.mark.parametrize("name", [*NAMES.values(), *RECOVERY.values()])
def test_every_stage_has_a_word_in_chinese(name):
    assert words_of("en")[name] == name != words_of("zh")[name]


def labs(*experiments, lang="en"):
    record = run_record(experiments=[experiment_record(**one) for one in experiments])
    return about(record, words_of(lang), lang)["labs"]


@pytest.mark.parametrize(
    ("lab", "said"),
    [
        ({"lb": "nginx", "balancing": NGINX}, "workers with nginx as kubespray sets it;"),
        ({"lb": "new-mode"}, "workers new-mode;"),
        ({"masters": 0}, "etcd members, reached directly;"),
        ({"url": "https://it", "address": "1.2.3.4"}, "Requests to https://it at 1.2.3.4;"),
    ],
)
def test_the_report_says_which_lab_was_measured(lab, said):
    (text,) = labs({"lab": {"masters": 3} | lab})
    assert said in text


def test_experiments_that_share_a_lab_are_said_once_and_others_by_name():
    small, large = {"etcd": 3, "masters": 2}, {"etcd": 5, "masters": 2}
    assert len(labs({"id": "a", "lab": small}, {"id": "b", "lab": small})) == 1
    three, five = labs(
        {"id": "a", "lab": small}, {"id": "b", "lab": large}, {"id": "c", "lab": small}
    )
    assert (three[:6], three[-6:]) == ("3 etcd", "(a, c)")
    assert (five[:6], five[-3:]) == ("5 etcd", "(b)")


@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_balancer_is_said_in_the_language_of_the_report(lang):
    (text,) = labs({"lab": {"masters": 3, "balancing": NGINX}}, lang=lang)
    assert NGINX[lang] in text
