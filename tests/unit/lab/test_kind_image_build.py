"""Where kind's images come from: a registry, else this machine."""

from __future__ import annotations

import docker
import pytest

from lab.errors import RuntimeUnavailableError
from lab.runtime.docker import bootstrap_image
from lab.runtime.kind.image import balancer_image, bootstrap, build, definition, published


class Engine:
    """Answers with the images that it has; a pull adds one, or is refused."""

    def __init__(self, *names, registry=True):
        self.labels = {name: {definition.DEFINITION: definition.definition()} for name in names}
        self.registry = registry
        self.removed = []

    def images(self, name="", filters=None):
        assert not (name and filters)
        return [
            {"Id": known, "Labels": labels}
            for known, labels in self.labels.items()
            if name in {"", known} and (filters is None or definition.DEFINITION in (labels or {}))
        ]

    def pull(self, repository, tag, **_):
        if not self.registry:
            raise docker.errors.DockerException("no such host")
        self.labels[f"{repository}:{tag}"] = None
        return []

    def remove_image(self, name):
        self.removed.append(name)


@pytest.fixture
def made(monkeypatch):
    """The ways in which images were made, by functions that only say so."""
    ways = []
    for module, name in ((published, "make"), (bootstrap, "make"), (balancer_image, "_make")):
        way = module.__name__.rpartition(".")[2]
        monkeypatch.setattr(module, name, lambda *_, way=way: ways.append(way))
    return ways


@pytest.fixture
def no_registry(made, monkeypatch):
    del made  # whose way this replaces

    def refuse(*_):
        raise docker.errors.DockerException("no such host")

    monkeypatch.setattr(published, "make", refuse)


def test_images_that_exist_are_not_made_again(made):
    build.ensure(Engine(definition.tag(), definition.BALANCER), print)
    assert made == []


def test_a_registry_comes_first(made):
    engine = Engine()
    build.ensure(engine, print)
    assert made == ["published"]
    assert definition.BALANCER in engine.labels


@pytest.mark.usefixtures("no_registry")
def test_without_a_registry_they_are_made_here_and_it_is_said_why(made, monkeypatch):
    monkeypatch.setattr(bootstrap_image, "why_impossible", lambda: "")
    said = []
    build.ensure(Engine(registry=False), said.append)
    assert made == ["bootstrap", "balancer_image"]
    assert "no such host" in said[0]
    assert "HAProxy takes its place" in said[-1]


@pytest.mark.usefixtures("made", "no_registry")
def test_both_reasons_are_said_where_there_is_no_way(monkeypatch):
    monkeypatch.setattr(bootstrap_image, "why_impossible", lambda: "it needs root")
    with pytest.raises(RuntimeUnavailableError) as caught:
        build.ensure(Engine(registry=False), print)
    assert "no such host" in str(caught.value)
    assert "it needs root" in str(caught.value)


def test_a_balancer_of_an_older_version_is_made_anew_and_others_removed(made):
    engine = Engine(definition.tag(), definition.BALANCER, "old", registry=False)
    for name in (definition.BALANCER, "old"):
        engine.labels[name] = {definition.DEFINITION: "older"}
    build.ensure(engine, print)
    assert made == ["balancer_image"]
    assert "old" in engine.removed


def test_a_published_balancer_is_left_alone(made):
    engine = Engine(definition.tag())
    engine.labels[definition.BALANCER] = None
    build.ensure(engine, print)
    assert made == []
    assert engine.removed == []
