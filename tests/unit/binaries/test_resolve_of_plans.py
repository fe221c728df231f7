"""The binaries that labs fetch: those of their plans, and none that has to be built for nothing."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from chaos.experiment.loader import load_suite
from lab.components.lab_plan import plan_lab
from lab.errors import LabError
from lab.lab import Lab
from lab.registry import Registry
from lab.runtime.netns.driver import NetnsDriver
from lab.spec import LabSpec

if TYPE_CHECKING:
    from collections.abc import Mapping

    from published import Official

SHIPPED = Path(__file__).parents[3] / "experiments" / "ha-report.yaml"
MASTERS = ["kube-apiserver", "kube-controller-manager", "kube-scheduler"]


class NoNodes:
    """A runtime that is given the programs of a lab, and makes no nodes."""

    def __init__(self) -> None:
        self.programs: dict[str, Path] = {}

    def reserve(self) -> str:
        return "10.83.0.0/16"

    def create(self, *settings: object) -> None:
        """Keep the programs: the last but one, after the request, the nodes and the frontends."""
        programs: Mapping[str, Path] = settings[3]
        self.programs = dict(programs)
        raise LabError("no nodes are made here")

    def close(self) -> None:
        pass

    def destroy(self) -> None:
        pass


@pytest.fixture
def runtime(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> NoNodes:
    """A machine with an empty cache and all memory that a lab may ask for."""
    no_nodes = NoNodes()
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr("lab.lab.check_memory", lambda _: None)
    monkeypatch.setattr(NetnsDriver, "at", lambda *_: no_nodes)
    return no_nodes


def bring_up(spec: LabSpec, tmp_path: Path) -> None:
    with pytest.raises(LabError, match="no nodes are made here"):
        Lab.up(spec, owned=True, progress=print, registry=Registry(tmp_path / "state"))


def test_the_lab_of_the_shipped_report_is_downloaded_and_nothing_is_built(
    official: Official, runtime: NoNodes, built: list[str], tmp_path: Path
) -> None:
    suite = load_suite(SHIPPED)
    for spec in (
        suite.lab,
        *(experiment.lab for experiment in suite.experiments if experiment.lab),
    ):
        bring_up(spec, tmp_path)
    assert sorted(runtime.programs) == sorted(["etcd", *MASTERS])
    assert built == []
    fetched = {path.rpartition("/")[2] for path, _ in official.asked if ".sha256" not in path}
    assert fetched == {"SHA256SUMS", f"{official.etcd_stem}.tar.gz", *MASTERS}
    home = tmp_path / "halab" / "bin"
    assert all(path.is_relative_to(home) for path in runtime.programs.values())


def test_kubelets_alone_have_kubemark_built(
    official: Official, runtime: NoNodes, built: list[str], tmp_path: Path
) -> None:
    bring_up(LabSpec(kubelets=True), tmp_path)
    assert official.asked
    assert sorted(runtime.programs) == sorted(["etcd", "kubemark", *MASTERS])
    assert built == ["kubemark"]


@pytest.mark.parametrize(
    ("spec", "binaries"),
    [
        (LabSpec(masters=0), ("etcd",)),
        (LabSpec(lb="vip"), ("etcd", *MASTERS)),
        (LabSpec(kubelets=True), ("etcd", *MASTERS, "kubemark")),
    ],
    ids=["etcd alone", "a VIP", "kubelets"],
)
def test_a_plan_names_the_binaries_that_it_runs(spec: LabSpec, binaries: tuple[str, ...]) -> None:
    assert plan_lab(spec).binaries == binaries
