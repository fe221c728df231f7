"""Images that cannot be pulled or built."""

from __future__ import annotations

import docker
import pytest

from lab.errors import RuntimeUnavailableError
from lab.runtime.docker import bootstrap_image, image_build


def test_a_pull_that_breaks_off_is_an_error_with_its_last_words():
    steps = [{"status": "Pulling"}, {"status": "Downloading"}, {"error": "unexpected EOF"}]
    with pytest.raises(docker.errors.DockerException, match=r"(?s)Downloading.*unexpected EOF"):
        image_build.follow(steps, print)


def test_a_pull_that_breaks_off_says_both_ways_when_there_is_no_other(monkeypatch):
    def broken(*_):
        raise docker.errors.DockerException("unexpected EOF")

    monkeypatch.setattr(image_build, "from_registry", broken)
    monkeypatch.setattr(bootstrap_image, "why_impossible", lambda: "it needs root")
    with pytest.raises(RuntimeUnavailableError) as caught:
        image_build.build_image(None, lambda _: None)
    assert "unexpected EOF" in str(caught.value)
    assert "it needs root" in str(caught.value)
    assert "`halab images build` tries again" in str(caught.value)
