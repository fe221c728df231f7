"""The memory that control groups leave, read from files as systemd and containers lay them.

The lines are those of real machines.
"""

from __future__ import annotations

import pytest

from lab.cgroups import available_bytes

MIB = 2**20
V2 = "30 23 0:26 {root} {point} rw,nosuid - cgroup2 cgroup2 rw,nsdelegate"
V1 = "35 31 0:32 {root} {point} rw,relatime - cgroup cgroup rw,memory"
CPU = "32 31 0:29 / {point}-cpu rw,relatime - cgroup cgroup rw,cpu"
NO_LIMIT_OF_V1 = 9223372036854771712


@pytest.fixture
def left(tmp_path):
    """Return what is available to a process in a group, below a mount with these groups' files."""

    def available(cgroup, groups, mount=V2, root="/"):
        point = tmp_path / "cgroup"
        for name, files in groups.items():
            for file, content in files.items():
                path = point / name / file
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(f"{content}\n")
        proc = tmp_path / "proc"
        proc.mkdir(exist_ok=True)
        (proc / "cgroup").write_text(f"1:cpu:/elsewhere\n{cgroup}\n")
        mounts = (mount, CPU)
        lines = [line.format(root=root, point=point) for line in mounts]
        (proc / "mountinfo").write_text("\n".join(lines))
        return available_bytes(proc)

    return available


def v2(limit, used, inactive=0):
    return {
        "memory.max": limit,
        "memory.current": used * MIB,
        "memory.stat": f"anon 1\ninactive_file {inactive * MIB}",
    }


def v1(limit, used, inactive=0):
    return {
        "memory.limit_in_bytes": limit,
        "memory.usage_in_bytes": used * MIB,
        "memory.stat": f"inactive_file 7\ntotal_inactive_file {inactive * MIB}",
    }


def test_a_scope_of_systemd_has_its_limit(left):
    groups = {"user.slice/run.scope": v2(1200 * MIB, 100), "user.slice": v2("max", 4000)}
    assert left("0::/user.slice/run.scope", groups) == 1100 * MIB


def test_the_narrowest_of_nested_groups_counts(left):
    groups = {"a/b": v2(2000 * MIB, 100), "a": v2(1000 * MIB, 900), "": {}}
    assert left("0::/a/b", groups) == 100 * MIB


def test_caches_that_the_kernel_gives_back_are_available(left):
    assert left("0::/a", {"a": v2(1000 * MIB, 900, inactive=600)}) == 700 * MIB


def test_where_the_kernel_slows_down_is_a_limit_too(left):
    files = v2("max", 100) | {"memory.high": 500 * MIB}
    assert left("0::/a", {"a": files}) == 400 * MIB


def test_a_container_that_sees_its_own_group_as_the_root(left):
    assert left("0::/", {"": v2(1200 * MIB, 200)}) == 1000 * MIB


@pytest.mark.parametrize("name", ["/docker/1a", "/docker/1a/lab"])
def test_a_container_of_version_1_whose_mount_is_its_group(left, name):
    groups = {"": v1(1200 * MIB, 200)}
    assert left(f"9:memory:{name}", groups, mount=V1, root="/docker/1a") == 1000 * MIB


def test_a_group_of_another_namespace_has_at_least_the_limit_of_the_mount(left):
    groups = {"": v1(1200 * MIB, 200)}
    assert left("9:memory:/elsewhere", groups, mount=V1, root="/docker/1a") == 1000 * MIB


def test_version_1_counts_what_is_below_and_every_level(left):
    groups = {"a/b": v1(NO_LIMIT_OF_V1, 10), "a": v1(1000 * MIB, 900, inactive=400)}
    assert left("4:hugetlb,memory:/a/b", groups, mount=V1) == 500 * MIB


def test_a_group_that_has_used_more_leaves_nothing(left):
    assert left("0::/a", {"a": v2(100 * MIB, 200)}) == 0


@pytest.mark.parametrize("groups", [{}, {"a": v2("max", 5)}], ids=["no files", "no limit"])
def test_without_a_limit_there_is_none(left, groups):
    assert left("0::/a", groups) is None


def test_a_machine_without_control_groups_has_no_limit(tmp_path):
    assert available_bytes(tmp_path) is None
