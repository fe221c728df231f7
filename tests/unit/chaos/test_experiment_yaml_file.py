"""YAML of users: whatever it holds, it is read at once, or refused with its line."""

from __future__ import annotations

import os
import threading
import tracemalloc

import pytest

from chaos.errors import InputError
from chaos.experiment.yaml_file import MOST_NODES, read_mapping
from chaos.user_file import MOST_BYTES

WANTED = "a mapping is wanted"
MOST_MEMORY = 16 << 20


def merges(depth):
    """Return mappings that each merge the one before twice."""
    lines = ["a0: &a0 {k0: 1, k1: 1}"]
    lines += [f"a{i}: &a{i}\n  <<: [*a{i - 1}, *a{i - 1}]" for i in range(1, depth)]
    return "\n".join(lines)


def laughs(depth):
    """Return lists that each hold the one before ten times."""
    lines = ["b0: &b0 [x,x,x,x,x,x,x,x,x,x]"]
    lines += [f"b{i}: &b{i} [" + ",".join([f"*b{i - 1}"] * 10) + "]" for i in range(1, depth)]
    return "\n".join(lines)


# name -> the text, its line, and what is said of it
BOMBS = {
    "merge keys": (merges(24), ":23: ", "more than 20000 values"),
    "aliases": (laughs(9), ":5: ", "more than 20000 values"),
    "an alias within what it names": ("a: &a [*a]", ":1: ", "no anchor a before this"),
    "an alias of nothing": ("a: *b", ":1: ", "no anchor b before this"),
    "a mapping that is its own key": ("&a\n? *a\n: 1", ":2: ", "no anchor a"),
    "hundreds of brackets": ("a: " + "[" * 600, ":1: ", "more than 32 levels"),
    "thousands of brackets": ("[" * 100_000, ":1: ", "more than 32 levels"),
    "thousands of mappings": ("{a: " * 50_000, ":1: ", "more than 32 levels"),
    "thousands of dashes": ("- " * 50_000, ":1: ", "more than 32 levels"),
    "a deep block": ("\n".join(" " * i + "a:" for i in range(400)), ":33: ", "32 levels"),
    "many values": ("a: [" + "1," * (MOST_NODES + 1), ":1: ", "more than 20000 values"),
    "a large file": ("a: " + "x" * MOST_BYTES, "", f"more than {MOST_BYTES} bytes"),
    "a long number": ("a: " + "1" * 5000, "", "no valid YAML"),
    "a tag of Python": ("a: !!python/object/apply:os.system [x]", ":1: ", "tags are not read"),
    "a tag of a truth value": ("\na: !!bool foo", ":2: ", "tags are not read"),
    "a tag of a number": ("a: !!int ''", ":1: ", "tags are not read"),
    "a tag of a time": ("a: !!timestamp foo", ":1: ", "tags are not read"),
    "a tag of its own": ("a: !x 1", ":1: ", "tags are not read"),
    "a tag of bytes": ("a: !!binary =", ":1: ", "tags are not read"),
    "a key twice": ("a: 1\nb:\n  c: 1\n  c: 2", ":4: ", "the key c is there twice"),
    "a date that is none": ("d: 2020-99-99", "", "no valid YAML"),
    "a lone surrogate": ('a: "\\ud800"', ":1: ", "no valid YAML"),
    "an open bracket": ("a: [\nb: 1", ":2: ", "no valid YAML"),
    "a tab": ("a: 1\n\tb: 2", ":2: ", "no valid YAML"),
    "two documents": ("a: 1\n---\nb: 2", ":2: ", "no valid YAML"),
}


def error_of(path):
    with pytest.raises(InputError) as caught:
        read_mapping(path, WANTED)
    return str(caught.value)


@pytest.mark.timeout(5)
@pytest.mark.parametrize(("text", "line", "problem"), BOMBS.values(), ids=BOMBS.keys())
def test_what_is_no_plain_data_of_bounded_size_is_refused_with_its_line(
    tmp_path, text, line, problem
):
    path = tmp_path / "mine.yaml"
    path.write_text(text, encoding="utf-8")
    tracemalloc.start()
    shown = error_of(path)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert f"{path}{line}" in shown
    assert problem in shown
    assert len(shown) < 500
    assert peak < MOST_MEMORY


def test_aliases_and_merge_keys_are_read_as_far_as_they_are_small(tmp_path):
    path = tmp_path / "mine.yaml"
    path.write_text("a: &a {x: 1}\nb: {<<: *a, y: 2}\nc: [*a, *a]\n" + merges(5))
    read = read_mapping(path, WANTED).data
    assert read["b"] == {"x": 1, "y": 2}
    assert read["c"] == [{"x": 1}, {"x": 1}]


def test_a_byte_order_mark_and_line_ends_of_windows_are_read(tmp_path):
    path = tmp_path / "mine.yaml"
    path.write_bytes(b"\xef\xbb\xbfa: 1\r\nb: 2\r\n")
    assert read_mapping(path, WANTED).data == {"a": 1, "b": 2}


def test_a_pipe_is_read_up_to_the_bound(tmp_path):
    path = tmp_path / "pipe"
    os.mkfifo(path)
    for content in (b"a: 1", b"#" * (MOST_BYTES + 1)):
        writer = threading.Thread(target=path.write_bytes, args=(content,))
        writer.start()
        if content == b"a: 1":
            assert read_mapping(path, WANTED).data == {"a": 1}
        else:
            assert "more than" in error_of(path)
        writer.join()


@pytest.mark.timeout(5)
def test_an_endless_device_is_read_up_to_the_bound(tmp_path):
    (tmp_path / "zero").symlink_to("/dev/zero")
    assert "more than" in error_of(tmp_path / "zero")


@pytest.mark.parametrize(
    ("place", "line"),
    [
        ((), 1),
        (("name",), 1),
        (("experiments", 1, "id"), 5),
        (("experiments", 1, "steps", 0, "for_s"), 6),
        (("experiments", 1, "steps", 0, "fault"), 6),
        (("experiments", 9), 2),
        (("experiments", 0, "expect"), 3),
        (("experiments", 0, "cut", "id"), 3),
        (("nosuch",), 1),
    ],
)
def test_a_place_has_the_line_of_its_value_or_of_what_is_around_it(tmp_path, place, line):
    path = tmp_path / "mine.yaml"
    path.write_text(
        """name: mine
experiments:
  - {id: a}
  -
    id: b
    steps: [{for_s: 1}]
"""
    )
    assert read_mapping(path, WANTED).line_of(place) == line
