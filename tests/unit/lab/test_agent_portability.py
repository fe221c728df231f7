"""What runs on foreign nodes: Python 3.9 up, without anything but the standard library."""

from __future__ import annotations

import ast
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
PROOF = ROOT / "chaos" / "proof"
ALONE = [PROOF / "workload.py", PROOF / "process.py", PROOF / "stores.py"]
PROBER = sorted((ROOT / "chaos" / "probes" / "prober").glob("*.py"))
FOREIGN = [*sorted((ROOT / "lab" / "agent").glob("*.py")), *ALONE, *PROBER]
# what is shipped beside the program that imports it
SHIPPED = ("lab.agent", "chaos.probes.prober", "chaos.proof.process", "chaos.proof.stores")


def imported(tree):
    """Return the names of all modules that a file imports, wherever in it."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield "." * node.level + (node.module or "")


def is_there(module):
    return module.split(".")[0] in sys.stdlib_module_names or module.startswith(SHIPPED)


@pytest.mark.parametrize("path", FOREIGN, ids=lambda path: path.name)
def test_a_file_is_valid_python_3_9(path):
    ast.parse(path.read_text(encoding="utf-8"), feature_version=(3, 9))


@pytest.mark.parametrize("path", FOREIGN, ids=lambda path: path.name)
def test_a_file_evaluates_no_annotation(path):
    if path.name != "__init__.py":
        assert "__future__" in imported(ast.parse(path.read_text(encoding="utf-8")))


@pytest.mark.parametrize("path", FOREIGN, ids=lambda path: path.name)
def test_a_file_imports_only_the_standard_library_and_the_agent(path):
    tree = ast.parse(path.read_text(encoding="utf-8"))
    assert [module for module in imported(tree) if not is_there(module)] == []


@pytest.mark.parametrize("path", [*ALONE, *PROBER], ids=lambda path: path.name)
def test_a_program_of_its_own_does_not_even_import_the_agent(path):
    tree = ast.parse(path.read_text(encoding="utf-8"))
    assert [module for module in imported(tree) if module.startswith("lab")] == []


def test_every_file_of_the_agent_was_looked_at():
    assert {"faults.py", "processes.py", "server.py", "program.py", "workload.py"} <= {
        p.name for p in FOREIGN
    }
