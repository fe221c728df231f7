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


class Ranged:
    """An endpoint that answers a range, and keeps what it was asked."""

    def __init__(self, answer):
        self._answer = answer

    def request(self, _method, path, body, _timeout_s):
        self.asked = path, body
        return 200, self._answer


def test_the_keys_below_a_prefix_are_those_that_exist():
    endpoint = Ranged({"kvs": [{"key": "cC8x"}, {"key": "cC8y"}]})
    assert etcd.keys_below(endpoint, "p/") == {"p/1", "p/2"}
    wanted = {"key": etcd.encode("p/"), "range_end": etcd.encode("p0"), "keys_only": True}
    assert endpoint.asked == ("/v3/kv/range", wanted)
    assert etcd.keys_below(Ranged({"header": {}}), "p/") == set()


READERS = {
    "members": etcd.members,
    "a new member": lambda endpoint: etcd.add_member(endpoint, "https://10.0.0.1", learner=True),
    "a status": lambda endpoint: etcd.member_status(endpoint, 1.0),
    "a write": lambda endpoint: etcd.put(endpoint, "p/1", "a"),
    "a hash": lambda endpoint: etcd.hash_at(endpoint, 0),
    "a revision": lambda endpoint: etcd.newest_revision(endpoint, "p/"),
    "keys": lambda endpoint: etcd.keys_below(endpoint, "p/"),
}
OTHERS = [[], "", None, 7, {"header": None, "members": 1, "member": 1, "kvs": 1}, {"kvs": [{}]}]


@pytest.mark.parametrize("answer", OTHERS, ids=str)
@pytest.mark.parametrize("read", READERS.values(), ids=READERS.keys())
def test_an_answer_of_another_form_is_an_error_of_the_lab(read, answer):
    with pytest.raises(LabError):
        read(Ranged(answer))


@pytest.mark.parametrize("line", [b"bad gateway", b"[]", b'{"result": []}', b"7"])
def test_a_line_of_another_form_is_an_error_of_the_lab(line):
    with pytest.raises(LabError):
        etcd.versions_below(Watched(line), "p/", 4)
