"""`halab images make`: the images of the runtime that is named, and of no other."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from lab.errors import RuntimeUnavailableError
from lab.runtime.drivers import DRIVERS


@pytest.mark.parametrize(("argv", "runtime"), [((), "docker"), (("kind",), "kind")])
def test_what_is_missing_is_made_for_the_runtime_that_is_named(halab, monkeypatch, argv, runtime):
    prepared = []
    for name in DRIVERS:
        driver = SimpleNamespace(prepare=lambda _, name=name: prepared.append(name))
        monkeypatch.setitem(DRIVERS, name, driver)
    ended = halab("images", "make", *argv)
    assert (ended.code, ended.out, ended.err, prepared) == (0, "", "", [runtime])


def test_an_unknown_runtime_is_refused(halab):
    refused = halab("images", "make", "podman")
    assert refused.code == 2
    assert "podman: there are netns, docker, kind" in refused.err


def test_what_cannot_be_made_ends_in_a_message_and_no_traceback(halab, monkeypatch):
    def prepare(_progress):
        raise RuntimeUnavailableError("no space left for the image")

    monkeypatch.setitem(DRIVERS, "kind", SimpleNamespace(prepare=prepare, expected=lambda _: None))
    ended = halab("images", "make", "kind")
    assert ended.code == 3
    assert "no space left for the image" in ended.err
    assert "Traceback" not in ended.err
