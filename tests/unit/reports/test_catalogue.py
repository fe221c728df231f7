"""The words of the reports: each stands once, in every language, and is used."""

from __future__ import annotations

import ast
import re
import shutil
from collections import Counter
from functools import cache
from pathlib import Path
from string import Formatter

import pytest
import yaml

from reports.locale import catalogue
from reports.locale.catalogue import (
    FOLDER,
    LANGUAGES,
    default_language,
    languages_in,
    text_of,
    words_of,
)
from reports.locale.message import joined, message, verbatim

ROOT = Path(__file__).parents[3]
PACKAGES = ("chaos", "lab", "reports")
# What a plural or a placeholder of another kind fills in: the catalogue's own.
OWN_KEYS = {"separator"}


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
def test_no_key_stands_twice_in_a_section(lang):
    text = (FOLDER / f"{lang}.yaml").read_text(encoding="utf-8")
    mappings = [yaml.compose(text)]
    mappings += [section for _, section in mappings[0].value]
    for mapping in mappings:
        counted = Counter(key.value for key, _ in mapping.value)
        assert [key for key, count in counted.items() if count > 1] == []


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_languages_have_the_same_placeholders(lang):
    words = words_of(lang)
    different = [key for key, text in words_of("en").items() if fields(text) != fields(words[key])]
    assert different == []


@cache
def trees():
    paths = [path for package in PACKAGES for path in sorted((ROOT / package).rglob("*.py"))]
    return [(path, ast.parse(path.read_text(encoding="utf-8"))) for path in paths]


def patterns_of(node):
    """Return what a string of the source may be, as regular expressions."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return [re.escape(node.value)]
    if isinstance(node, ast.JoinedStr):
        parts = (
            re.escape(part.value) if isinstance(part, ast.Constant) else ".+"
            for part in node.values
        )
        return ["".join(parts)]
    if isinstance(node, ast.IfExp):
        return [*patterns_of(node.body), *patterns_of(node.orelse)]
    return []


@cache
def keys_of(pattern):
    """Return the keys that a string may be; a pattern without a hole is that of one string."""
    if ".+" in pattern:
        return [key for key in words_of("en") if re.fullmatch(pattern, key)]
    return escaped_keys().get(pattern, [])


@cache
def escaped_keys():
    return {re.escape(key): [key] for key in words_of("en")}


def test_every_key_is_used():
    used = set(OWN_KEYS)
    for path in (ROOT / "reports/render/templates").iterdir():
        text = path.read_text(encoding="utf-8")
        used.update(re.findall(r"""words(?:\.|\[["'])([\w. '-]+?)\b(?=["'\]|,.()\s}])""", text))
        for prefix in re.findall(r'words(?:\[|\.get\()"([\w-]+)" ~', text):
            used.update(keys_of(re.escape(prefix) + ".+"))
    for _, tree in trees():
        for node in ast.walk(tree):
            for pattern in patterns_of(node):
                # what stands for anything is no use of every key
                if re.search(r"\w", pattern.replace(".+", "")):
                    used.update(keys_of(pattern))
    assert sorted(set(words_of("en")) - used) == []


def test_every_message_has_a_text_and_fills_it_in():
    wrong = []
    for path, tree in trees():
        for node in ast.walk(tree):
            if not (isinstance(node, ast.Call) and getattr(node.func, "id", "") == "message"):
                continue
            names = {keyword.arg for keyword in node.keywords}
            for pattern in patterns_of(node.args[0]):
                keys = keys_of(pattern)
                unfilled = [key for key in keys if fields(words_of("en")[key]) - names]
                if not keys or (unfilled and None not in names):
                    wrong.append((f"{path.relative_to(ROOT)}:{node.lineno}", pattern, unfilled))
    assert wrong == []


@pytest.mark.parametrize(
    ("environ", "lang"),
    [
        ({}, "en"),
        ({"LANG": "zh_CN.UTF-8"}, "zh"),
        ({"LANG": "zh_TW"}, "zh"),
        ({"LANG": "zh"}, "zh"),
        ({"LANG": "C.UTF-8"}, "en"),
        ({"LANG": "xx_XX@euro"}, "en"),
        ({"LANG": "zh_CN.UTF-8", "LC_MESSAGES": "en_US.UTF-8"}, "en"),
        ({"LANG": "en_US.UTF-8", "LC_ALL": "zh_CN.UTF-8", "LC_MESSAGES": "xx_XX"}, "zh"),
        ({"LANG": "zh_CN.UTF-8", "LC_ALL": "C"}, "en"),
        ({"LANG": "zh_CN.UTF-8", "LC_ALL": ""}, "zh"),
    ],
)
def test_the_language_is_that_of_the_locale(environ, lang):
    assert default_language(environ) == lang


@pytest.mark.parametrize(
    ("sentence", "lang", "text"),
    [
        (message("trial"), "en", "trial"),
        (message("seconds", seconds="2"), "zh", "2 秒"),
        (verbatim("exit {code}"), "zh", "exit {code}"),
        (joined(verbatim("a"), verbatim("b")), "en", "a; b"),
        (joined(verbatim("a"), message("trial")), "zh", "a；试验"),
        (message("of-a-newer-version", late_s=2), "en", "of-a-newer-version(late_s=2)"),
        (message("seconds"), "en", "seconds"),
    ],
)
def test_a_message_is_put_into_a_language(sentence, lang, text):
    assert text_of(sentence, lang) == text


def test_a_further_file_is_a_further_language(tmp_path, monkeypatch):
    for lang in LANGUAGES:
        shutil.copy(FOLDER / f"{lang}.yaml", tmp_path)
    further = (FOLDER / "en.yaml").read_text(encoding="utf-8")
    further = further.replace("  trial: trial\n", "  trial: Versuch\n")
    (tmp_path / "xx.yaml").write_text(further, encoding="utf-8")
    assert languages_in(tmp_path) == ("en", *sorted({"xx", *LANGUAGES} - {"en"}))
    monkeypatch.setattr(catalogue, "FOLDER", tmp_path)
    try:
        assert sorted(words_of("xx")) == sorted(words_of("en"))
        assert text_of(message("trial"), "xx") == "Versuch"
    finally:
        words_of.cache_clear()
