"""What runs on foreign nodes: Python 3.9 up, without anything but the standard library.

pyproject.toml names these files to the linters; here they are what is really shipped, no less.
"""

from __future__ import annotations

import ast
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

from lab.agent_archive import pack_agent

ROOT = Path(__file__).parents[3]
LINTED = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["ruff"]
PATTERNS = list(LINTED["per-file-target-version"])
FOREIGN = sorted({path for pattern in PATTERNS for path in ROOT.glob(pattern)})
ALONE = [path for path in FOREIGN if not path.is_relative_to(ROOT / "lab")]
FOLDERS = {str(path.parent.relative_to(ROOT)).replace("/", ".") for path in FOREIGN}


def name_of(path):
    return str(path.relative_to(ROOT))


def imported(tree):
    """Return the names of all modules that a file imports, wherever in it."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield "." * node.level + (node.module or "")


def is_there(module):
    return module.split(".")[0] in sys.stdlib_module_names or module.startswith(tuple(FOLDERS))


def test_every_pattern_of_the_linters_names_something_and_this_version():
    assert {pattern: any(ROOT.glob(pattern)) for pattern in PATTERNS} == dict.fromkeys(
        PATTERNS, True
    )
    assert set(LINTED["per-file-target-version"].values()) == {"py39"}


def test_all_that_is_shipped_of_the_agent_is_what_the_linters_look_at(tmp_path):
    pack_agent(tmp_path / "agent.pyz")
    with zipfile.ZipFile(tmp_path / "agent.pyz") as archive:
        shipped = set(archive.namelist()) - {"__main__.py", "lab/__init__.py"}
    assert shipped == {name_of(path) for path in FOREIGN if path not in ALONE}
    assert {"lab/agent/faults/cut.py", "lab/agent/server.py"} <= shipped


@pytest.mark.parametrize("path", FOREIGN, ids=name_of)
def test_a_file_is_valid_python_3_9(path):
    ast.parse(path.read_text(encoding="utf-8"), feature_version=(3, 9))


@pytest.mark.parametrize("path", FOREIGN, ids=name_of)
def test_a_file_evaluates_no_annotation(path):
    if path.name != "__init__.py":
        assert "__future__" in imported(ast.parse(path.read_text(encoding="utf-8")))


@pytest.mark.parametrize("path", FOREIGN, ids=name_of)
def test_a_file_imports_only_the_standard_library_and_its_own(path):
    tree = ast.parse(path.read_text(encoding="utf-8"))
    assert [module for module in imported(tree) if not is_there(module)] == []


@pytest.mark.parametrize("path", ALONE, ids=name_of)
def test_a_program_of_its_own_does_not_even_import_the_agent(path):
    tree = ast.parse(path.read_text(encoding="utf-8"))
    assert [module for module in imported(tree) if module.startswith("lab")] == []
