"""Texts out of files: no terminal obeys them, no XML or table breaks by them."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reports.locale.message import verbatim
from reports.locale.printable import printable, printable_line
from reports.render.environment import cell, url
from reports.render.machine_formats import junit_of, table_files
from reports.verdict import Verdict

ACTING = {
    "a terminal's escape": ("\x1b[31mred", "\\u001b[31mred"),
    "its eight-bit form": ("\x9b31m", "\\u009b31m"),
    "a bell": ("\x07", "\\u0007"),
    "a carriage return": ("good\rbad", "good\\u000dbad"),
    "a backspace": ("a\x08", "a\\u0008"),
    "nothing": ("\x00", "\\u0000"),
    "a turned direction": ("\u202egpj", "\\u202egpj"),
    "a lone surrogate": ("\ud800", "\\ud800"),
    "no character of XML": ("\uffff", "\\uffff"),
}


@pytest.mark.parametrize(("text", "shown"), ACTING.values(), ids=ACTING.keys())
def test_what_acts_is_shown_as_its_code(text, shown):
    assert printable(text) == printable_line(text) == shown


@pytest.mark.parametrize("text", ["", "a b", "一\n二\t三", "é–“”", "a\\b", "👍"])
def test_what_is_shown_stays_as_it_is(text):
    assert printable(text) == text


def test_lines_become_one_line():
    assert printable_line("a\r\nb\n\n\tc") == "a\\u000d b c"


@settings(max_examples=200, deadline=None, derandomize=True)
@given(st.text(st.characters()))
def test_any_text_is_readable_json_xml_and_one_cell(text):
    assert json.loads(json.dumps(text, ensure_ascii=False)) == text
    json.loads(printable(json.dumps(text, ensure_ascii=False)))
    xml = junit_of(text, [Verdict(text, text, "violated", verbatim(text))])
    assert ET.fromstring(xml)[0][0][0].get("message", "") == printable(text)
    assert printable(cell(text)) == cell(text)
    assert "\n" not in cell(text)
    [line] = table_files({"t": pd.DataFrame({"text": [text]})})["t.csv"].decode().splitlines()[1:]
    assert line.removeprefix('"')[:1] not in {*"=+-@\t\r"} or not line


def test_a_cell_that_a_spreadsheet_computes_is_a_text_and_numbers_are_untouched():
    table = pd.DataFrame(
        {"name": ["=cmd|' /C calc'!A0", "+1", "-1", "@x", "plain"], "value": [-1.5, 2, 3, -4, 5]}
    )
    assert table_files({"t": table})["t.csv"].decode().splitlines() == [
        "name,value",
        "'=cmd|' /C calc'!A0,-1.5",
        "'+1,2",
        "'-1,3",
        "'@x,-4",
        "plain,5",
    ]


@pytest.mark.parametrize("name", ["javascript:alert(1)", "100%#a?b", "//host/x", "a\udcffb", "ü"])
def test_a_name_becomes_a_relative_address_of_the_file(name):
    address = url(name)
    assert not set(address) & {*":#?"}
    assert address.isascii()
