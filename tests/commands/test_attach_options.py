"""`--attach`, `--consent`: a cluster that exists is as it is, and nothing happens to it unasked."""

from __future__ import annotations

from pathlib import Path

import pytest

from chaos.consent import check_consent
from chaos.errors import InputError
from lab.errors import LabError
from lab.runtime.drivers import DRIVERS
from lab.spec import LabSpec

THEIRS = {"etcd": 3, "masters": 3, "workers": 2, "stacked": True, "lb": "external"}


@pytest.fixture
def theirs(monkeypatch):
    """A cluster named `theirs`, and none besides."""

    def describe(cluster):
        if cluster != "theirs":
            raise LabError(f"there is no cluster {cluster}")
        return THEIRS

    monkeypatch.setattr(DRIVERS["kind"], "describe", describe, raising=False)
    monkeypatch.setattr(DRIVERS["kind"], "unavailable", lambda _: "", raising=False)
    monkeypatch.setattr(DRIVERS["kind"], "prepare", lambda _: None, raising=False)


@pytest.mark.usefixtures("theirs")
def test_without_consent_nothing_is_made_and_the_option_that_lacks_is_named(halab, opened):
    ended = halab("run", "ha-report", "--attach", "theirs")
    assert (ended.code, ended.out) == (2, "")
    assert "--consent theirs" in ended.err
    assert opened == []
    assert not list(Path().iterdir())


@pytest.mark.usefixtures("theirs")
def test_with_consent_the_lab_is_the_cluster_as_it_was_described(halab, opened):
    halab("run", "ha-report", "--attach", "theirs", "--consent", "theirs")
    [writer] = opened
    for experiment in writer.record.experiments:
        assert experiment.lab.items() >= {**THEIRS, "runtime": "kind", "attach": "theirs"}.items()
    assert writer.record.runtime == "kind"
    assert "--attach theirs --consent theirs" in writer.record.command


@pytest.mark.usefixtures("theirs")
@pytest.mark.parametrize(
    ("argv", "why"),
    [
        (["--attach", "theirs", "--etcd", "5"], "--etcd would change nothing"),
        (["--attach", "theirs", "--runtime", "docker"], "exclude each other"),
        (["--attach", "theirs", "--consent", "other"], "it names other"),
        (["--consent", "theirs"], "the cluster is our own"),
    ],
)
def test_what_cannot_be_meant_is_refused(halab, opened, argv, why):
    ended = halab("run", "ha-report", *argv)
    assert (ended.code, ended.out) == (2, "")
    assert why in ended.err
    assert opened == []


@pytest.mark.usefixtures("theirs")
def test_a_cluster_that_is_not_there_is_an_error_of_labs(halab):
    ended = halab("run", "ha-report", "--attach", "another")
    assert (ended.code, ended.err) == (3, "halab: there is no cluster another\n")


def test_only_clusters_of_others_need_consent():
    check_consent(LabSpec())
    theirs = {**THEIRS, "runtime": "kind", "attach": "theirs"}
    check_consent(LabSpec(**theirs, consent="theirs"))
    with pytest.raises(InputError, match="--consent theirs"):
        check_consent(LabSpec(**theirs))


@pytest.mark.parametrize("runtime", ["netns", "docker"])
def test_runtimes_that_plan_their_labs_attach_nothing(runtime):
    with pytest.raises(LabError, match="halab's own"):
        DRIVERS[runtime].describe("theirs")
    with pytest.raises(ValueError, match="no cluster of this runtime"):
        LabSpec(runtime=runtime, attach="theirs")
