"""What errors of the lab say: English from one place, and in every catalogue of the reports."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path
from string import Formatter

import pytest

from lab.agent.refusal import RefusalError, answer_of
from lab.errors import LabError
from lab.sentence import Sentence, joined, labelled, read_words, sentence
from reports.locale.catalogue import LANGUAGES, words_of
from reports.locale.outcomes import OUTCOME_TEXTS

ROOT = Path(__file__).parents[3]
MAKERS = ("sentence", "RefusalError")
# What these raise as plain texts ends a command before anything runs: it is in no record.
OF_COMMANDS = {"lab/collection.py", "lab/registry.py"}


def test_a_sentence_is_english_as_a_string():
    inner = sentence("inner", "{node} is gone", node="etcd-1")
    outer = sentence("outer", "waited {timeout_s:g} s: {why}", timeout_s=2.0, why=inner)
    assert str(outer) == "waited 2 s: etcd-1 is gone"
    assert str(LabError(outer)) == str(outer)
    assert LabError(outer).why is outer


def test_words_of_other_programs_are_no_placeholders():
    assert str(labelled("etcd-1", "{gone}")) == "etcd-1: {gone}"


def test_several_sentences_are_one():
    assert joined(["alone"]) == "alone"
    assert str(joined([labelled("a", "x"), "y"])) == "a: x; y"


def test_what_an_agent_refuses_comes_as_it_was_said():
    refusal = RefusalError("undo-exists", "{undo} is in already", undo="x")
    assert str(refusal) == "x is in already"
    answer = read_words(answer_of(refusal))
    assert answer == sentence("undo-exists", "{undo} is in already", undo="x")
    assert read_words(answer_of(OSError(2, "gone"))) == "[Errno 2] gone"
    assert read_words(answer_of(KeyError())) == "KeyError()"


@cache
def trees():
    paths = [
        path for package in ("lab", "chaos") for path in sorted((ROOT / package).rglob("*.py"))
    ]
    return {
        str(path.relative_to(ROOT)): ast.parse(path.read_text(encoding="utf-8")) for path in paths
    }


def calls(tree):
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            yield node, node.func.id


def literal(part, tree):
    """Return the text of an argument: it is written there, or into a variable just before."""
    if not isinstance(part, ast.Name):
        return ast.literal_eval(part)
    values = [
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Assign)
        and [ast.unparse(target) for target in node.targets] == [part.id]
        and node.lineno < part.lineno
    ]
    return ast.literal_eval(max(values, key=lambda value: value.lineno))


def written():
    """Yield place, code, English and the names of the values of every sentence in the source."""
    for path, tree in trees().items():
        for node, name in calls(tree):
            if name not in MAKERS or any(isinstance(part, ast.Attribute) for part in node.args[:2]):
                continue  # one that is passed on
            code, text = (literal(part, tree) for part in node.args[:2])
            yield f"{path}:{node.lineno}", code, text, {word.arg for word in node.keywords}


def test_the_english_of_every_sentence_is_that_of_the_catalogue():
    words = words_of("en")
    wrong = [
        (place, code, words.get(code))
        for place, code, text, _ in written()
        if words.get(code) != text
    ]
    assert wrong == []


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_sentence_fills_in_its_text_in_every_language(lang):
    words = words_of(lang)
    wrong = [
        (place, code)
        for place, code, _, names in written()
        if {field for _, field, _, _ in Formatter().parse(words[code])} - {None} != names
    ]
    assert wrong == []


def test_the_outcomes_of_a_dial_are_those_of_the_catalogue():
    dialled = {name: key for name, key in OUTCOME_TEXTS.items() if key.startswith("dial-")}
    assert dialled == {name: f"dial-{name}" for name in dialled}
    assert {name: words_of("en")[key] for name, key in dialled.items()} == {
        name: str(Sentence(key, name, {})) for name, key in dialled.items()
    }


PLACE = re.compile(r"\{[^}]*\}")
CHINESE = re.compile(r"[\u3400-\u9fff\uff00-\uffef]")


def test_every_sentence_is_chinese_in_chinese():
    words = words_of("zh")
    worded = {code for _, code, text, _ in written() if re.search(r"[a-z]", PLACE.sub("", text))}
    assert [code for code in worded if not CHINESE.search(words[code])] == []


def errors_of_the_lab():
    """Return the names of LabError and of all classes below it."""
    bases = {
        node.name: {base.id for base in node.bases if isinstance(base, ast.Name)}
        for tree in trees().values()
        for node in ast.walk(tree)
        if isinstance(node, ast.ClassDef)
    }
    found = {"LabError"}
    while more := {name for name, of in bases.items() if of & found} - found:
        found |= more
    return found


def is_text(part):
    """Whether an expression is a text that is put together here."""
    if isinstance(part, ast.Call) and isinstance(part.func, ast.Attribute):
        return part.func.attr in ("join", "format")
    if isinstance(part, ast.Call) and isinstance(part.func, ast.Name):
        return part.func.id == "str"
    return isinstance(part, (ast.Constant, ast.JoinedStr, ast.BinOp))


def test_no_error_of_the_lab_is_a_plain_text():
    names = errors_of_the_lab()
    assert {"AgentError", "NotReadyError", "RefusedError", "UnavailableError"} < names
    plain = [
        f"{path}:{node.lineno}"
        for path, tree in trees().items()
        if path not in OF_COMMANDS
        for node, name in calls(tree)
        if name in names and is_text(node.args[0])
    ]
    assert plain == []
