"""Errors of Docker's SDK as messages to a user."""

from __future__ import annotations

import docker
import pytest
import requests

from lab.errors import LabError, RuntimeUnavailableError
from lab.runtime.docker.connection import (
    check_version,
    refusal_reason,
    sdk_errors,
    unreachable_reason,
)

REFUSED = requests.ConnectionError(OSError("aborted", PermissionError(13, "Permission denied")))


ABSENT = requests.ConnectionError(OSError("aborted", FileNotFoundError(2, "No such file")))


DEAD = requests.ConnectionError(OSError("aborted", ConnectionRefusedError(111, "refused")))


FULL = docker.errors.APIError("500", explanation="write /x: no space left on device")


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (
            REFUSED,
            "you may not use the Docker daemon at unix:///x: `sudo usermod -aG docker $USER`",
        ),
        (ABSENT, "no Docker daemon answers at unix:///x: start it"),
        (DEAD, "no Docker daemon answers at unix:///x: start it"),
        (requests.ReadTimeout("60 s"), "the Docker daemon at unix:///x cannot be used: 60 s"),
    ],
    ids=["no permission", "no socket", "a dead socket", "no answer"],
)
def test_why_no_daemon_answers_is_said_with_the_way_out(error, message):
    assert str(unreachable_reason("unix:///x", error)).startswith(message)


def test_a_full_disk_of_the_daemon_is_told_from_other_refusals():
    message = "making node etcd-1: the disk of the Docker daemon is full"
    with pytest.raises(LabError, match=message), sdk_errors("making node etcd-1"):
        raise FULL
    assert (
        refusal_reason(docker.errors.APIError("500", explanation="no such image"))
        == "no such image"
    )


@pytest.mark.parametrize("api", ["1.39", "1.24", "1.9"])
def test_an_old_engine_is_refused_with_both_versions(api):
    with pytest.raises(RuntimeUnavailableError, match=f"speaks API {api}, halab needs 1.40"):
        check_version(api)


@pytest.mark.parametrize("api", ["1.40", "1.41", "1.100", "2.0"])
def test_a_newer_engine_is_taken(api):
    check_version(api)
