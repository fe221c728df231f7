"""What is left of a lab is seen, whatever it is."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from chaos.selftest import clean_up
from chaos.selftest.clean_up import LabTraces, judged, left_of

NAMES = ("net:[1]", "pid:[2]")


@pytest.fixture
def traces(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    directory = tmp_path / "halab" / "labs" / "gone"
    tables, processes, mounts = frozenset({"halab_f1"}), frozenset(), frozenset({"a mount"})
    return LabTraces("gone", directory, processes, frozenset(NAMES), tables, mounts)


def changed(traces, **fields):
    return LabTraces(**{**vars(traces), **fields})


def test_nothing_left_holds(traces):
    assert left_of(traces, time.time()) == []
    assert judged(traces, []).verdict == "holds"


def test_a_directory_and_its_record_are_seen(traces):
    traces.directory.mkdir(parents=True)
    left = left_of(traces, time.time())
    assert left == [f"directory {traces.directory}", "record gone"]
    assert judged(traces, left).verdict == "violated"


def test_a_process_that_names_the_directory_is_seen(traces):
    argv = [sys.executable, "-c", "input()", str(traces.directory / "nodes")]
    with subprocess.Popen(argv, stdin=subprocess.PIPE) as process:
        left = left_of(traces, 0.0)
        process.communicate(b"\n")
    assert [name.split(" (")[0] for name in left] == [f"process {process.pid}"]
    assert left_of(traces, time.time()) == []


def test_a_process_that_was_noted_is_seen(traces):
    left = left_of(changed(traces, processes=frozenset({psutil.Process()})), 0.0)
    assert [name.split(" (")[0] for name in left] == [f"process {os.getpid()}"]


def test_a_namespace_is_seen_by_who_began_in_it_before_the_lab_was_down(traces):
    ours = str(Path("/proc/self/ns/net").readlink())
    noted = changed(traces, namespaces=frozenset({ours}))
    assert f"namespace {ours}" in left_of(noted, time.time())
    # the kernel has given its number again
    assert left_of(noted, 0.0) == []


def test_a_table_and_a_mount_are_seen(traces, monkeypatch):
    monkeypatch.setattr(clean_up, "_tables_here", lambda: frozenset({"halab_f1", "halab_other"}))
    monkeypatch.setattr(clean_up, "_mounts", lambda: ["a mount", "of others"])
    assert left_of(traces, time.time()) == ["mount a mount", "nft table halab_f1"]


def test_tables_of_ours_are_told_from_others():
    listed = "table inet filter\ntable inet halab_f1\n\n"
    assert clean_up._our_tables(listed) == frozenset({"halab_f1"})
