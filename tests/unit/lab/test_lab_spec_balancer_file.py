"""A lab with a user's own balancer file: what it keeps of it, and what it runs."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import ValidationError

from lab.components.lab_plan import plan_lab
from lab.spec import LabSpec

FILES = Path(__file__).with_name("balancer_files")
MASTERS = [f"10.83.2.{number}:6443" for number in (1, 2, 3)]


@pytest.mark.parametrize(
    ("lb", "name", "node", "file"),
    [
        ("nginx", "kubespray.conf", "worker-1", "nginx.conf"),
        ("haproxy", "check-asks.cfg", "worker-1", "haproxy.cfg"),
        ("external", "check-asks.cfg", "balancer-1", "haproxy.cfg"),
        ("vip", "check-asks.cfg", "balancer-2", "haproxy.cfg"),
    ],
)
def test_a_lab_runs_what_was_fitted(lb, name, node, file):
    spec = LabSpec(lb=lb, lb_config=(FILES / name).read_text())
    written = plan_lab(spec).component(file.split(".")[0], node).files[file]
    assert all(master in written for master in MASTERS)
    assert "10.0.0." not in written


def test_a_spec_keeps_nothing_of_the_file_but_what_is_run():
    spec = LabSpec(lb="haproxy", lb_config=(FILES / "two-defaults.cfg").read_text())
    kept = spec.model_dump_json()
    for gone in ("S3CRET", "auth", "chroot"):
        assert gone not in kept.replace('"subject":"chroot"', "")
    again = LabSpec.model_validate_json(kept)
    assert again == spec
    assert plan_lab(again) == plan_lab(spec)


@pytest.mark.parametrize("server", ["", "9345"])
def test_a_spec_that_is_read_again_is_the_same(server):
    spec = LabSpec(lb_server=server, lb_config=(FILES / "rke2.conf").read_text())
    assert LabSpec.model_validate(spec.model_dump()) == spec


def test_what_somebody_wrote_for_fitted_is_fitted_again():
    evil = {"text": "user root;\n" + (FILES / "kubespray.conf").read_text(), "remarks": []}
    spec = LabSpec.model_validate({"lb_config": evil})
    assert "user" not in spec.lb_config.text
    assert "http" not in spec.lb_config.text


@pytest.mark.parametrize(
    ("lb", "masters", "name", "problem"),
    [
        pytest.param("none", 3, "kubespray.conf", "there is no balancer", id="no balancer"),
        pytest.param("nginx", 1, "kubespray.conf", "line 17: server 2 has no", id="one master"),
        pytest.param("vip", 2, "check-asks.cfg", "line 18: server 3 has no", id="vip"),
        pytest.param("haproxy", 3, "debian.conf", "a file of nginx", id="of nginx"),
        pytest.param("nginx", 3, "kind.cfg", "a file of haproxy", id="of haproxy"),
    ],
)
def test_a_spec_with_a_file_that_does_not_fit_is_refused(lb, masters, name, problem):
    with pytest.raises(ValidationError) as caught:
        LabSpec(masters=masters, lb=lb, lb_config=(FILES / name).read_text())
    assert [error["loc"] for error in caught.value.errors()] == [("lb_config",)]
    assert problem in str(caught.value)
