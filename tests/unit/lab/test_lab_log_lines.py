"""The lines of a log that explain a failure."""

from __future__ import annotations

import pytest

from lab.log_lines import failure_lines, last_lines


@pytest.mark.parametrize(
    ("log", "lines"),
    [
        pytest.param("", [], id="nothing"),
        pytest.param("one\n\ntwo\n", ["one", "two"], id="nothing grave"),
        pytest.param(
            "I0101 fine\nE0101 lost\nI0101 fine\nF0101 end\n",
            ["E0101 lost", "F0101 end"],
            id="klog",
        ),
        pytest.param(
            "Usage:\n  --flag\nError: unknown flag\n", ["Error: unknown flag"], id="refused flag"
        ),
        pytest.param(
            "flag provided but not defined: -x\nUsage:\n\n  etcd [flags]\n",
            ["flag provided but not defined: -x"],
            id="flag that etcd refuses",
        ),
        pytest.param("\n".join(map(str, range(99))), [*map(str, range(91, 99))], id="long"),
        pytest.param("E" * 1000, ["E" * 400], id="long line"),
    ],
)
def test_of_a_log_the_last_lines_that_say_why_are_told(log, lines):
    assert failure_lines(log) == lines


def test_a_component_without_a_log_has_no_lines(tmp_path):
    log = tmp_path / "etcd.log"
    assert last_lines(log) == ""
    log.write_bytes(b"I fine\nE lost \xff\nF end\n")
    assert last_lines(log) == "E lost \ufffd\nF end"
