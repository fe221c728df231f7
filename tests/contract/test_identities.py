"""The contract of the runtimes that make nodes, held by root and by an ordinary user.

The ordinary user has no entry in /etc/passwd and no rights at all: its number is all that the
kernel knows. In a mount namespace of its own, folders that only root may enter (a home, say)
are replaced by empty ones that hold the three trees that the tests need.
"""

from __future__ import annotations

import shutil

import pytest

from tests.contract.running import NODES, RUNTIME, hold_to_contract


@pytest.mark.timeout(300)
@pytest.mark.parametrize(
    ("user", "runtime", "only"),
    [
        # which see of the host neither links nor processes, and change neither
        pytest.param("root", "netns", "", marks=pytest.mark.beside),
        pytest.param("ordinary", "netns", "", marks=pytest.mark.beside),
        ("root", "docker", ""),
        # whom the group makes free to use the daemon: what depends on whose the files are
        ("ordinary", "docker", "destroying or released or asked_for or own_name"),
    ],
)
def test_the_contract_holds(user, runtime, only, tmp_path):
    hold_to_contract(user, runtime, (NODES, RUNTIME), tmp_path, only)


def test_both_users_can_be_had_here():
    assert None not in (shutil.which("setpriv"), shutil.which("unshare"))
