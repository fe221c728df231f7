"""Every kind of event is written and read through its own class, and documented."""

from __future__ import annotations

import json
import typing
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reports.history.events import EVENT_KINDS, Leader, UnknownEvent, from_line, kind_of, to_line
from reports.locale.message import Message

RECORD = Path(__file__).parents[3] / "docs/record.md"
TIMES = st.floats(-1e3, 1e6)
WORDS = st.text(max_size=9)
VALUES = WORDS | st.integers(-(2**53), 2**53) | st.floats(allow_nan=False, allow_infinity=False)
MESSAGES = st.recursive(
    st.builds(Message, WORDS, st.dictionaries(WORDS, VALUES, max_size=3)),
    lambda inner: st.builds(
        Message,
        WORDS,
        st.dictionaries(WORDS, inner | st.lists(inner, max_size=2).map(tuple), max_size=2),
    ),
    max_leaves=3,
)
st.register_type_strategy(Message, MESSAGES)


@pytest.mark.parametrize("kind", EVENT_KINDS)
@settings(deadline=None, max_examples=25)  # a busy machine is no failure
@given(data=st.data())
def test_what_was_written_is_read(kind, data):
    hints = typing.get_type_hints(EVENT_KINDS[kind])
    drawn = {
        name: data.draw(TIMES if name == "t_s" else st.from_type(hint))
        for name, hint in hints.items()
    }
    # through JSON and back, which has but a single NaN
    plain = {
        name: value if isinstance(value, Message) else json.loads(json.dumps(value))
        for name, value in drawn.items()
    }
    event = EVENT_KINDS[kind](**plain)
    line = json.loads(json.dumps(to_line(event)))
    assert line["kind"] == kind
    assert from_line(line) == event


@settings(deadline=None)
@given(t_s=TIMES, more=st.dictionaries(st.sampled_from("abc"), st.integers() | st.text()))
def test_a_kind_that_is_not_known_is_kept_as_it_is(t_s, more):
    line = {"t_s": t_s, "kind": "eclipse", **more}
    event = from_line(dict(line))
    assert event == UnknownEvent(t_s, "eclipse", more)
    assert to_line(event) == line


def test_a_kind_is_its_class():
    assert kind_of(Leader) == "leader"
    assert {"inject_begin", "effect_masked", "operations_sent", "clients_end"} <= EVENT_KINDS.keys()


NO_EVENTS = {
    "no kind": ({"t_s": 1.0}, "no kind"),
    "a kind that is no text": ({"t_s": 1.0, "kind": 3}, "no kind"),
    "no time": ({"kind": "steady"}, "no time"),
    "a time that is none": ({"kind": "steady", "t_s": True}, "no time"),
    "a time after months": ({"kind": "steady", "t_s": 1e9}, "no time"),
    "what belongs to it is missing": ({"kind": "leader", "t_s": 1.0, "node": "etcd-1"}, "term"),
    "of another type": ({"kind": "leader", "t_s": 1.0, "node": 1, "term": 2}, "node"),
}


@pytest.mark.parametrize(("line", "reason"), NO_EVENTS.values(), ids=NO_EVENTS.keys())
def test_what_is_no_event_is_refused(line, reason):
    with pytest.raises(ValueError, match=reason):
        from_line(line)


def test_every_kind_is_documented_with_its_fields():
    rows = [row for row in RECORD.read_text(encoding="utf-8").splitlines() if row.startswith("| `")]
    documented = {row.split("`")[1]: row for row in rows}
    for kind, model in EVENT_KINDS.items():
        fields = [name for name in model.__dataclass_fields__ if name != "t_s"]
        assert kind in documented, f"docs/record.md lacks {kind}"
        assert all(f"`{name}`" in documented[kind] for name in fields), documented[kind]
