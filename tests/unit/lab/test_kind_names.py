"""The names of a lab of kind."""

from __future__ import annotations

import pytest

from lab.directories import labs_folder
from lab.runtime.docker.containers import resource_name
from lab.runtime.kind.names import labs_of_clusters, number_of


@pytest.mark.parametrize(
    ("container", "role", "number"),
    [
        ("c-control-plane", "control-plane", 1),
        ("c-control-plane12", "control-plane", 12),
        ("c-worker3", "worker", 3),
        ("c-external-load-balancer", "external-load-balancer", 1),
    ],
)
def test_kind_numbers_all_but_the_first_of_a_role(container, role, number):
    assert number_of(container, "c", role) == number


@pytest.mark.parametrize("container", ["c-worker-2", "x-worker", "c-worker2x", "worker"])
def test_another_name_is_no_node(container):
    with pytest.raises(ValueError, match="is no worker"):
        number_of(container, "c", "worker")


def test_a_cluster_is_of_a_lab_only_below_its_own_home(tmp_path):
    home, other = tmp_path / "a", tmp_path / "b"
    cluster = resource_name(labs_folder(home) / "my-lab")
    assert labs_of_clusters({cluster, "kind", "halab-x", "halab-lab-123456"}, home) == {"my-lab"}
    assert labs_of_clusters({cluster}, other) == set()
