"""Disks that are refused, with the reason."""

from __future__ import annotations

import os
import subprocess

import pytest

from lab.errors import NotCapableError
from lab.runtime.drivers import check_capable
from lab.runtime.netns import driver as netns
from lab.spec import LabSpec


@pytest.mark.parametrize(
    ("uid", "control", "tool", "message"),
    [
        (1000, True, "mkfs.ext4", "only root"),
        (0, False, "mkfs.ext4", "no loop devices"),
        (0, True, None, "mkfs.ext4 is missing"),
    ],
    ids=["an ordinary user", "no loop devices", "no mkfs"],
)
def test_disks_that_cannot_be_had_are_refused_with_the_reason(
    monkeypatch, tmp_path, uid, control, tool, message
):
    path = tmp_path / "loop-control"
    if control:
        path.touch()
    monkeypatch.setattr(os, "geteuid", lambda: uid)
    monkeypatch.setattr(netns, "LOOP_CONTROL", path)
    monkeypatch.setattr(netns.shutil, "which", lambda *_, **__: tool)
    with pytest.raises(NotCapableError, match=message) as caught:
        check_capable(LabSpec(masters=0, disk="ext4"))
    assert "nothing was started" in str(caught.value)
    assert "disk: directory" in str(caught.value)
    check_capable(LabSpec(masters=0))


def test_an_unshare_that_takes_too_long_is_a_reason(monkeypatch):
    def hang(argv, **_):
        raise subprocess.TimeoutExpired(argv, netns.TIMEOUT_S)

    monkeypatch.setattr(netns, "missing_tools", lambda _: [])
    monkeypatch.setattr(netns.subprocess, "run", hang)
    assert "unshare takes longer than 10 s" in str(netns.NetnsDriver().unavailable(()))
