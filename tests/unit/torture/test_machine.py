"""A snapshot of this machine has what is planted, and not what is in the torture's own folder."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

from tests.torture.machine import snapshot
from tests.torture.snapshot import differences


def test_a_planted_process_and_file_are_found_and_own_files_are_not(tmp_path):
    with tempfile.TemporaryDirectory(prefix="halab-torture-", dir="/tmp") as own:
        before = snapshot(Path(own), docker=False)
        (Path(own) / "halab-own").touch()
        with (
            tempfile.NamedTemporaryFile(prefix="halab-planted-", dir="/tmp") as planted,
            subprocess.Popen(
                [sys.executable, "-I", "-c", "print(flush=True); input()"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                cwd=tmp_path,
            ) as process,
        ):
            assert process.stdout.readline()
            after = snapshot(Path(own), docker=False)
            process.stdin.close()
    found = {(entry.kind, entry.change, entry.name) for entry in differences(before, after)}
    assert ("files", "new", planted.name) in found
    assert ("processes", "new", str(process.pid)) in found
    assert not any(name.startswith(own) for _, _, name in found)
    assert before.things["sysctls"]["kernel/hostname"]
    assert "lo" in before.things["links"]
