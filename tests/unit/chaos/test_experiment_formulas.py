"""Formulas: numbers and arithmetic alone, whatever stands in the file, computed at once."""

from __future__ import annotations

import math
import tracemalloc

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chaos.errors import InputError
from chaos.experiment.formulas import evaluate

SETTINGS = {"election_s": 1.0, "etcd": 3.0, "masters": 2.0}
MOST_BYTES = 1 << 20


@pytest.mark.parametrize(
    ("formula", "value"),
    [
        ("4.4 * election_s + 1", 5.4),
        ("(etcd - 1) / masters", 1.0),
        ("-election_s + +2", 1.0),
        ("2 ** 3 ** 2", 512.0),
        ("min(etcd, masters, 7)", 2.0),
        ("max(1, election_s * 2)", 2.0),
        (" etcd\n", 3.0),
    ],
)
def test_arithmetic_over_numbers_and_settings_is_computed(formula, value):
    assert evaluate(formula, SETTINGS) == value


DEAR = {
    "a huge power": "4000000**4000000",
    "a power of powers": "9**9**9",
    "powers that are multiplied": "(4000000**400000)*(4000000**400000)",
    "a huge shift": "1<<9999",
    "padding": "'%999999999d' % 1",
    "padding in an f-string": "f'{1:>999999999}'",
    "a repeated text": "'a'*100000",
    "a repeated list": "[1]*9",
    "a long number": "1" * 5000,
    "a long hexadecimal number": "0x" + "f" * 9000,
    "many signs": "-" * 199 + "1",
    "many brackets": "(" * 99 + "1" + ")" * 99,
    "many powers": "2" + "**2" * 60,
}
OTHER = {
    "a comparison": "1 == 1",
    "an order": "etcd > 2",
    "membership": "'1' in '12'",
    "a choice": "1 if 1 else 2",
    "not": "not 1",
    "and": "1 and 2",
    "bits": "~5",
    "a truth value": "True",
    "nothing": "None",
    "a text": "'1.5'",
    "bytes": "b'1'",
    "an ellipsis": "...",
    "a complex number": "1j",
    "an attribute": "election_s.__class__",
    "a method": "election_s.hex()",
    "a function of texts": "'x'.join('y')",
    "a lambda": "lambda: 1",
    "an assignment in a formula": "(x := 1)",
    "a comprehension": "[x for x in (1,)]",
    "an argument by name": "max(1, 2, key=abs)",
    "unpacked arguments": "max(*(1, 2))",
    "min of nothing": "min()",
    "a function as a number": "min",
    "a remainder": "5 % 2",
    "a null byte": "1\x00",
    "a lone surrogate": "\ud800",
}


def result_of(formula):
    """Return the value of a formula, or the text of the error that refuses it."""
    try:
        return evaluate(formula, SETTINGS)
    except InputError as error:
        return str(error)


@pytest.mark.parametrize("formula", [*DEAR.values(), *OTHER.values()], ids=[*DEAR, *OTHER])
def test_anything_else_is_refused_or_cheap(formula):
    result_of("1 +")  # the first refusal reads the words of all
    tracemalloc.start()
    result = result_of(formula)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < MOST_BYTES
    if isinstance(result, float):
        assert formula in DEAR.values()
        assert abs(result) == 1
    else:
        assert len(result) < 1000
        assert "names: election_s, etcd, masters" in result


PARTS = st.sampled_from(
    [
        *("1", "0", "9e300", "etcd", "election_s", "+", "-", "*", "/", "**", "(", ")", "min("),
        *("max(", ",", " ", "'a'", "==", "<", "[", "]", ".", "%", "<<", ":", "x", "lambda", "if"),
        *("\n", "\\"),
    ]
)


@settings(max_examples=500, deadline=1000, derandomize=True)
@given(st.lists(PARTS, max_size=80).map("".join))
def test_every_formula_is_a_finite_number_or_refused(formula):
    result = result_of(formula)
    refused = isinstance(result, str) and result.startswith("formula ")
    assert refused or math.isfinite(result)
