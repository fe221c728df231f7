"""Labs that are not three by three by two, and labs that cannot be."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from lab import bootstrap
from lab import lab as lab_module
from lab.bootstrap import proxy_problem
from lab.components.lab_plan import plan_lab
from lab.errors import LabError, NotReadyError
from lab.health import lab_problem
from lab.lab import Lab
from lab.plan import LabPlan
from lab.spec import LabSpec

pytestmark = pytest.mark.beside

SHAPES = {
    "the smallest": ["--etcd", "1", "--masters", "1", "--workers", "0"],
    "stacked": ["--etcd", "3", "--masters", "3", "--workers", "1", "--stacked"],
    "more members than masters, stacked": [
        *["--etcd", "3", "--masters", "2", "--workers", "1", "--stacked"]
    ],
    "port 443 with the timeouts of kubespray": [
        *["--etcd", "1", "--masters", "1", "--workers", "1", "--proxy-port", "443"],
        *["--profile", "kubespray"],
    ],
    "an even number of members and many workers": [
        *["--etcd", "4", "--masters", "1", "--workers", "6"]
    ],
}


@pytest.mark.parametrize("options", SHAPES.values(), ids=SHAPES.keys())
def test_a_lab_of_any_shape_serves_at_every_worker(home, options):
    home.halab("up", "odd", *options)
    lab = home.attach("odd")
    assert lab_problem(lab) is None
    for worker in lab.plan.with_role("worker"):
        assert proxy_problem(lab, worker.name) is None
    lab.close()
    home.halab("down", "odd")


def with_flag(spec, flag):
    """The plan of a lab whose apiservers get one flag, in place of the one of that name."""
    plan, name = plan_lab(spec), flag.partition("=")[0]

    def changed(component):
        if component.name != "kube-apiserver":
            return component
        kept = tuple(word for word in component.argv if word.partition("=")[0] != name)
        return replace(component, argv=(*kept, flag))

    return LabPlan(spec, plan.nodes, tuple(changed(one) for one in plan.components))


def test_an_apiserver_that_ends_at_once_is_told_with_the_lines_that_say_why(home, monkeypatch):
    monkeypatch.setattr(lab_module, "plan_lab", lambda spec, *_: with_flag(spec, "--no-such-flag"))
    spec = LabSpec(name="bad", etcd=1, masters=1, workers=1)
    with pytest.raises(NotReadyError, match="unknown flag: --no-such-flag"):
        Lab.up(spec, owned=True, progress=print, registry=home.registry)
    assert home.labs() == []
    home.wait_empty()


def test_an_apiserver_that_never_gets_ready_is_told_with_the_end_of_its_log(home, monkeypatch):
    monkeypatch.setattr(
        lab_module,
        "plan_lab",
        lambda spec, *_: with_flag(spec, "--etcd-servers=https://10.83.1.1:1"),
    )
    monkeypatch.setattr(bootstrap, "READY_TIMEOUT_S", 12)
    spec = LabSpec(name="bad", etcd=1, masters=1, workers=1)
    with pytest.raises(
        NotReadyError, match=re.compile("last lines.*connection refused", re.DOTALL)
    ):
        Lab.up(spec, owned=True, progress=print, registry=home.registry)
    assert home.labs() == []


def test_a_lab_that_does_not_fit_starts_nothing(home, monkeypatch):
    class Little:
        available = 100 * 2**20

    monkeypatch.setattr("lab.memory.psutil.virtual_memory", Little)
    with pytest.raises(LabError, match="100 MiB are available; nothing was started"):
        Lab.up(LabSpec(), owned=True, progress=print, registry=home.registry)
    assert home.labs() == []
    assert home.processes() == []
