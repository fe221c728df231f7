"""Control groups that stay frozen below a node: found, and thawed while the node is killed."""

from __future__ import annotations

import pytest

from lab.readiness import wait_until
from lab.runtime.kind import frozen_groups
from lab.runtime.kind.frozen_groups import frozen_below, thawed

NODE, OTHER = "a" * 64, "b" * 64


@pytest.fixture
def group(tmp_path, monkeypatch):
    """Make a group below a container's and return the file with its state."""
    monkeypatch.setattr(frozen_groups, "FREEZER", tmp_path)
    monkeypatch.setattr(frozen_groups, "POLL_S", 0.01)

    def make(top, state):
        folder = tmp_path / top / "kubelet" / "pod"
        folder.mkdir(parents=True)
        (folder / "freezer.state").write_text(f"{state}\n")
        return folder / "freezer.state"

    return make


@pytest.mark.parametrize("top", [f"docker/{NODE}", f"system.slice/docker-{NODE}.scope"])
def test_only_what_is_frozen_below_the_node_is_found(group, top):
    state = group(top, "FROZEN")
    group(f"docker/{OTHER}", "FROZEN")
    assert frozen_below([NODE]) == {state}
    state.write_text("THAWED\n")
    assert frozen_below([NODE]) == set()


def test_what_stays_frozen_is_thawed_while_the_node_is_killed_and_others_are_left(group):
    state, other = group(f"docker/{NODE}", "FROZEN"), group(f"docker/{OTHER}", "FROZEN")
    with thawed([NODE]):
        wait_until(
            "the group to be thawed", lambda: "" if state.read_text() == "THAWED" else "frozen", 5
        )
    assert other.read_text() == "FROZEN\n"


@pytest.mark.usefixtures("group")
def test_a_machine_without_such_groups_has_none():
    assert frozen_below([NODE]) == set()
    with thawed([NODE]):
        pass
