"""What a lab of kind has on disk: its cluster, its nodes, its credentials."""

from __future__ import annotations

import pytest

from lab.errors import LabError
from lab.runtime.docker.containers import resource_name
from lab.runtime.kind.cluster_record import ClusterRecord, read_cluster, write_cluster
from lab.runtime.kind.credentials import write_credentials
from lab.runtime.kind.kept_nodes import RECORD, KeptNode, read_nodes, write_nodes

NODE = KeptNode(
    "worker-1",
    "id",
    "c-worker",
    "net",
    "10.83.0.2",
    "boot",
    {"nginx": {"program": "nginx", "supervisor": "kubelet"}},
    ("127.0.0.1", 6443),
)


def test_nodes_are_read_as_they_were_written(tmp_path):
    write_nodes(tmp_path, [NODE])
    assert read_nodes(tmp_path) == {"worker-1": NODE}
    assert (tmp_path / RECORD).stat().st_mode & 0o777 == 0o600


def test_before_they_are_found_there_are_none(tmp_path):
    assert read_nodes(tmp_path) == {}


def test_a_broken_record_of_nodes_says_what_to_do(tmp_path):
    (tmp_path / RECORD).write_text("[{}]")
    with pytest.raises(LabError, match=f"halab down {tmp_path.name}"):
        read_nodes(tmp_path)


def test_a_cluster_without_a_record_is_one_that_halab_has_made(tmp_path):
    assert read_cluster(tmp_path) == ClusterRecord(resource_name(tmp_path), made=True)


def test_a_cluster_that_exists_already_is_known_by_its_record(tmp_path):
    write_cluster(tmp_path, ClusterRecord("theirs", made=False))
    assert read_cluster(tmp_path) == ClusterRecord("theirs", made=False)


def test_keys_are_for_this_user_only(tmp_path):
    write_credentials(tmp_path, ["a", "b"], {"admin.key": b"secret"})
    for node in ("a", "b"):
        path = tmp_path / "nodes" / node / "pki" / "admin.key"
        assert path.read_bytes() == b"secret"
        assert path.stat().st_mode & 0o777 == 0o600
