"""A history that is read from etcd's gateway."""

from __future__ import annotations

import pytest

from lab.clients import etcd
from lab.errors import LabError


class Watched:
    """An endpoint whose watch says what it was given."""

    def __init__(self, *lines):
        self._lines = lines

    def lines(self, *_):
        yield from self._lines


EVENTS = (
    b'{"result": {"created": true}}',
    b'{"result": {"events": [{"kv": {"key": "cC8x", "value": "YQ==", "mod_revision": "2"}}]}}',
    b'{"result": {"events": [{"kv": {"key": "cC8y", "mod_revision": "4"}}]}}',
)


def test_a_history_is_read_until_its_last_revision():
    never = b"what comes after the end is not even decoded"
    versions = etcd.versions_below(Watched(*EVENTS, never), "p/", 4)
    assert versions == [("p/1", "a", 2), ("p/2", "", 4)]


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        (EVENTS[:2], "ended before revision 4"),
        ([b'{"result": {"canceled": true, "compact_revision": "9"}}'], "cancelled"),
    ],
    ids=["an end too early", "a compaction"],
)
def test_a_history_that_is_not_whole_is_an_error(lines, message):
    with pytest.raises(LabError, match=message):
        etcd.versions_below(Watched(*lines), "p/", 4)
