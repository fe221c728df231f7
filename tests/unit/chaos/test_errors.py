"""Errors that may be recorded: their sentence as data, and in English as a string."""

from __future__ import annotations

from chaos.errors import ChaosError, MaskedError, message_of
from lab.errors import LabError
from reports.locale.catalogue import LANGUAGES, text_of
from reports.locale.message import message, verbatim
from reports.locale.outcomes import OUTCOME_TEXTS, outcome_text


def test_an_error_is_english_as_a_string_and_data_in_a_record():
    error = MaskedError(["a", "b"], message("no-observer", target="etcd-1/etcd"))
    assert str(error) == "hidden by a, b: no node is left to observe etcd-1/etcd"
    assert "etcd-1/etcd" in text_of(error.message, "zh")
    assert text_of(error.message, "zh") != str(error)


def test_the_text_of_an_error_from_elsewhere_stands_for_itself():
    assert message_of(LabError("refused")) == verbatim("refused")
    assert message_of(ChaosError("refused")) == verbatim("refused")


def test_every_outcome_of_a_dial_and_a_request_has_its_word_in_every_language():
    for lang in LANGUAGES:
        words = [text_of(outcome_text(outcome), lang) for outcome in OUTCOME_TEXTS]
        assert len(set(words)) == len(words)
