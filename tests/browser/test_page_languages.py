"""A page is in one language: all that it shows, tooltips and labels of pictures included."""

from __future__ import annotations

import json
import re

import pytest
from made_pages import KINDS

from reports.kinds.registry import judge
from reports.kinds.report import write_report
from tests.net.convert import convert
from tests.net.saved import NAMES, run_of

# Every text of its own of a page; code is commands, and figures' names.
TEXTS = """
const texts = [document.title];
const walker = document.createTreeWalker(document.documentElement, NodeFilter.SHOW_TEXT);
while (walker.nextNode()) {
  const text = walker.currentNode;
  if (!text.parentElement.closest("script, style, code, [lang]:not(html)")) texts.push(text.data);
}
for (const element of document.querySelectorAll("*")) {
  for (const name of ["title", "aria-label", "alt", "placeholder", "data-label"]) {
    if (element.hasAttribute(name)) texts.push(element.getAttribute(name));
  }
}
return texts.map(text => text.trim()).filter(Boolean);
"""
CHINESE = re.compile(r"[\u3000-\u303f\u3400-\u9fff\uff00-\uffef]")
# four words in a row; names of programs, selectors, flags and files have other signs in them
WORD = r"(?<![\w./:=-])[A-Za-z]+(?:'s)?(?![\w/:=-])"
ENGLISH = re.compile(rf"{WORD}(?:[ ,;]+{WORD}){{3,}}")
PROGRAMS = re.compile(r"\b(etcd|nginx|haproxy|keepalived|kubelet|kubemark|halab|kubespray)\b")

OF_THE_SYSTEM = re.compile(r"\[Errno \d+\] [\w ]+")


def english_in(text):
    return ENGLISH.search(PROGRAMS.sub("-", OF_THE_SYSTEM.sub("-", text)))


@pytest.mark.parametrize(
    ("text", "english"),
    [
        ("no write was acknowledged", True),
        ("试验 0：the prober was starved badly", True),
        ("etcd, kube-apiserver, nginx, haproxy, keepalived", False),
        ("cut master:any from etcd:all", False),
        ("etcd-1 etcd-2 etcd-3 etcd-4", False),
    ],
)
def test_an_english_sentence_is_recognised(text, english):
    assert bool(english_in(text)) == english


@pytest.mark.parametrize("kind", KINDS)
def test_a_chinese_page_has_no_english_sentence(show, pages, kind):
    texts = show(pages[kind, "zh"]).execute_script(TEXTS)
    assert [text for text in texts if english_in(text)] == []
    assert any(CHINESE.search(text) for text in texts)


@pytest.mark.parametrize("kind", KINDS)
def test_an_english_page_has_no_chinese_character(show, pages, kind):
    texts = show(pages[kind, "en"]).execute_script(TEXTS)
    assert [text for text in texts if CHINESE.search(text)] == []
    assert len(texts) > 10


@pytest.mark.parametrize(("lang", "name"), [("en", "en"), ("zh", "zh-CN")])
@pytest.mark.parametrize("kind", KINDS)
def test_a_page_says_which_language_it_is_in(show, pages, kind, lang, name):
    driver = show(pages[kind, lang])
    assert driver.execute_script("return document.documentElement.lang") == name


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_the_buttons_and_the_pointer_of_a_picture_are_in_the_language(show, pages, lang):
    driver = show(pages["suite", lang])
    script = """
    const svg = document.querySelector("svg.timeline"), box = svg.getBoundingClientRect();
    const middle = { clientX: box.x + box.width / 2, clientY: box.y + box.height / 2 };
    svg.dispatchEvent(new PointerEvent("pointermove", middle));
    const controls = [...document.querySelectorAll(".tools button, .tools output")];
    return controls.map(control => control.textContent);
    """
    *buttons, pointed = driver.execute_script(script)[:6]
    assert all(bool(CHINESE.search(text)) == (lang == "zh") for text in buttons)
    assert ("秒" if lang == "zh" else " s") in pointed


def recorded(run):
    """Return what a run directory itself has in words, the longest first: it is not translated."""
    texts = set()

    def collect(value):
        if isinstance(value, str):
            texts.update(part.strip() for part in [value, *re.split(r"[;:,]", value)])
        elif isinstance(value, dict):
            collect(list(value.values()))
        elif isinstance(value, list):
            for item in value:
                collect(item)

    for path in run.rglob("run.json"):
        collect(json.loads(path.read_text(encoding="utf-8")))
    for path in run.rglob("*.jsonl"):
        for line in path.read_text(encoding="utf-8").splitlines():
            collect(json.loads(line))
    return sorted((text for text in texts if " " in text), key=len, reverse=True)


@pytest.mark.parametrize("name", NAMES)
def test_a_saved_run_has_a_chinese_page_but_for_its_own_words(show, tmp_path, name):
    run = convert(run_of(name), tmp_path / name)
    texts = show(write_report(run, judge(run), "zh")).execute_script(TEXTS)
    own = recorded(run)
    for place, text in enumerate(texts):
        for words in own:
            if words in texts[place]:
                texts[place] = texts[place].replace(words, "·")
        assert not english_in(texts[place]), text
