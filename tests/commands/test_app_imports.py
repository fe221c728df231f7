"""What commands wait for before they work: libraries that take seconds to import come late."""

from __future__ import annotations

import subprocess
import sys

import pytest


@pytest.mark.parametrize(
    ("module", "late"),
    [
        pytest.param("lab.runtime.drivers", {"docker"}, id="the runtimes are known"),
        pytest.param("chaos.experiment.loader", {"pandas", "numpy"}, id="a suite is checked"),
        pytest.param("chaos.survey.record", {"pandas", "scipy"}, id="a survey begins"),
        pytest.param(
            "reports.kinds.registry", {"scipy.stats", "scipy.optimize"}, id="a run is judged"
        ),
    ],
)
def test_what_takes_seconds_to_import_is_imported_when_it_is_needed(module, late):
    code = f"import sys, {module}; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert late.isdisjoint(done.stdout.split())


def test_what_renders_computes_nothing_anew():
    """Analysis is done once and handed on: no renderer imports it, but for the names of types."""
    code = (
        "import importlib, pkgutil, sys, reports.render as render\n"
        "for found in pkgutil.walk_packages(render.__path__, 'reports.render.'):\n"
        "    importlib.import_module(found.name)\n"
        "print(*(name for name in sys.modules if name.startswith('reports.analysis')))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []
