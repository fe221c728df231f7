"""JSON of run directories: what cannot be computed with is refused where it is read."""

from __future__ import annotations

import pytest

from reports.history.json_text import decoded

REFUSED = {
    "half a character": '{"a": "\\ud800"}',
    "a key of half a character": '{"\\udcff": 1}',
    "a long integer": "[1000000000000000000000000000000]",
    "a revision of 64 bits": '{"revision": 9223372036854775808}',
    "a number of 5000 digits": "1" * 5000,
    "thousands of brackets": "[" * 5000 + "]" * 5000,
    "nothing": "",
    "a control character": '"\x01"',
    "no end": '{"a": 1',
}


@pytest.mark.parametrize("text", REFUSED.values(), ids=REFUSED.keys())
def test_what_is_no_json_to_compute_with_is_refused(text):
    for content in (text, text.encode()):
        with pytest.raises(ValueError, match=r"\w"):
            decoded(content)


@pytest.mark.parametrize("number", [0, 2**63 - 1, -(2**63) + 1, -1, 10**18])
def test_integers_of_64_bits_are_read(number):
    assert decoded(f'{{"a": [{number}]}}') == {"a": [number]}


def test_long_texts_of_digits_and_long_fractions_are_read():
    assert decoded(b'["99999999999999999999999", 0.12345678901234567890123]') == [
        "9" * 23,
        0.12345678901234567890123,
    ]
