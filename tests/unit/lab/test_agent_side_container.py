"""Beside a node that was found: nothing of the node's is ended, and nothing is left on it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from lab.runtime.netns.runtime import namespaces_argv

BROKEN = {"kubelet stopped": True, "etcd": 0, "streamed": 2, "tables": ["others", "halab_u2"]}
WHOLE = {"kubelet stopped": False, "etcd": 1, "streamed": 0, "tables": ["others"]}


@pytest.fixture(scope="module", params=["SIGTERM", "its owner's end"])
def report(request, tmp_path_factory):
    directory = tmp_path_factory.mktemp("node")
    root = Path(__file__).parents[3]
    script = Path(__file__).with_name("beside_node.py")
    argv = [*namespaces_argv(), sys.executable, script, root, directory, request.param]
    done = subprocess.run(argv, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    return json.loads(done.stdout)


def test_the_first_agent_has_the_identity_that_was_given_and_finds_the_components(report):
    assert (report["boot"], report["components"]) == ("given", ["etcd", "kubelet"])


def test_a_killed_agent_is_followed_by_another_one_and_its_faults_end(report):
    assert report["broken"] == BROKEN
    assert report["boot of the next"] not in ("given", "")
    assert report["after its death"] == WHOLE


def test_a_side_container_that_ends_takes_all_back(report):
    assert report["broken again"] == BROKEN
    assert report["it ended"]
    assert report["after its end"] == WHOLE
    assert report["agent"] == "gone"


def test_what_is_the_nodes_own_is_left_alone(report):
    assert report["others"]
