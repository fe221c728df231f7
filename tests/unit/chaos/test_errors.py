"""Errors that may be recorded: their sentence as data, and in English as a string."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from pydantic import TypeAdapter

from chaos.errors import ChaosError, MaskedError, message_of
from lab.clients.channel import no_agent
from lab.components.lab_plan import plan_lab
from lab.errors import LabError
from lab.health import check_agents, etcd_leader
from lab.readiness import wait_until
from lab.sentence import sentence
from lab.spec import LabSpec
from reports.locale.catalogue import LANGUAGES, text_of
from reports.locale.message import Message, message, verbatim
from reports.locale.outcomes import OUTCOME_TEXTS, outcome_text

PLAN = plan_lab(LabSpec())


def raising(error):
    def ask(*_):
        raise error

    return ask


def test_an_error_is_english_as_a_string_and_data_in_a_record():
    error = MaskedError(["a", "b"], message("no-observer", target="etcd-1/etcd"))
    assert str(error) == "hidden by a, b: no node is left to observe etcd-1/etcd"
    assert "etcd-1/etcd" in text_of(error.message, "zh")
    assert text_of(error.message, "zh") != str(error)


def test_the_text_of_an_error_from_elsewhere_stands_for_itself():
    assert message_of(LabError("refused")) == verbatim("refused")
    assert message_of(ChaosError("refused")) == verbatim("refused")


def test_an_error_of_the_lab_is_put_into_every_language_to_its_innermost_sentence():
    refused = no_agent("etcd-1", "[Errno 111] Connection refused")
    with pytest.raises(LabError) as caught:
        check_agents(SimpleNamespace(plan=PLAN, boot=raising(refused)))
    silent = message_of(caught.value)
    assert (
        text_of(silent, "en")
        == str(caught.value)
        == f"the agent of etcd-1 does not answer: {refused}"
    )
    assert text_of(silent, "zh") == (
        "etcd-1 上的 agent 没有应答：节点 etcd-1 上没有 agent 应答：[Errno 111] Connection refused"
    )


def test_several_answers_are_put_into_a_language_one_by_one():
    with pytest.raises(LabError) as caught:
        etcd_leader(SimpleNamespace(plan=PLAN, etcd=raising(no_agent("etcd", "EOF"))))
    leaderless = message_of(caught.value)
    answers = [f"etcd-{number}: no agent answers on node etcd: EOF" for number in (1, 2, 3)]
    assert text_of(leaderless, "en").endswith(f"leads: {'; '.join(answers)}")
    assert text_of(leaderless, "en") == str(caught.value)
    assert text_of(leaderless, "zh").count("没有 agent 应答") == 3
    assert "answer" not in text_of(leaderless, "zh")


@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_wait_in_vain_is_recorded_with_its_numbers(lang):
    with pytest.raises(LabError) as caught:
        wait_until(sentence("nodes-ready", "all nodes to be Ready"), lambda: "403", 0)
    text = text_of(TypeAdapter(Message).validate_json(recorded(caught.value)), lang)
    assert "0" in text
    assert text.endswith("403")
    assert (text == str(caught.value)) == (lang == "en")


def recorded(error):
    return TypeAdapter(Message).dump_json(message_of(error))


def test_every_outcome_of_a_dial_and_a_request_has_its_word_in_every_language():
    for lang in LANGUAGES:
        words = [text_of(outcome_text(outcome), lang) for outcome in OUTCOME_TEXTS]
        assert len(set(words)) == len(words)
