"""The tag of the image of nodes."""

from __future__ import annotations

from lab.runtime.docker import node_image


def test_a_change_of_the_definition_makes_another_image(monkeypatch):
    before = node_image.tag()
    monkeypatch.setattr(node_image, "PACKAGES", (*node_image.PACKAGES, "strace"))
    assert node_image.tag() != before
