"""What would make this program lie is noticed by a test of ours: each sabotage fails one.

The tests run as they are, in processes of their own, with the program broken (sabotages.py). That
they hold in the whole program is seen here, too.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.net.sabotages import SABOTAGES

ROOT = Path(__file__).parents[2]
PASSED, FAILED = 0, 1
TIMEOUT_S = 500


@pytest.fixture(scope="module")
def ended(tmp_path_factory) -> dict[str, tuple[int, str]]:
    """Return sabotage -> the exit code of pytest and what it wrote; "" for none."""
    folder = tmp_path_factory.mktemp("sabotages")
    done = subprocess.run(
        [sys.executable, "-m", "tests.net.sabotages", str(folder)],
        cwd=ROOT,
        env={key: value for key, value in os.environ.items() if not key.startswith("PYTEST_")},
        capture_output=True,
        text=True,
        timeout=TIMEOUT_S,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout.splitlines()[-1])
    return {name: (code, Path(log).read_text()) for name, (code, log) in found.items()}


def test_without_a_sabotage_all_hold(ended):
    code, text = ended[""]
    assert code == PASSED, text


@pytest.mark.parametrize("name", SABOTAGES)
def test_a_sabotage_is_noticed(ended, name):
    code, text = ended[name]
    assert code == FAILED, text
    assert "1 failed" in text, text
