"""What a node's root file system and its images are made of."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest

from lab.binaries.resolve import Binaries
from lab.binaries.versions import ALL_BINARIES
from lab.errors import RuntimeUnavailableError
from lab.runtime.docker import node_image
from lab.runtime.kind.image import definition, preload, rootfs, system_images

ROOT = Path(__file__).parents[3]
KUBEADM = """\
registry.k8s.io/kube-apiserver:v1.37.2
registry.k8s.io/coredns/coredns:v1.14.6
registry.k8s.io/pause:3.10.2
registry.k8s.io/etcd:3.7.0-0
"""


def script(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return path


@pytest.fixture
def binaries(tmp_path):
    said = {"ctr": 'echo \'{"process": {"rlimits": [1], "args": ["sh"]}}\'', "pause": "exit 0"}
    folder = tmp_path / "binaries"
    return Binaries(
        {name: script(folder / name, said.get(name, "")) for name in definition.BINARIES}
    )


@pytest.fixture
def root(tmp_path):
    """A root file system as debootstrap leaves it, as far as it is changed."""
    root = tmp_path / "root"
    for path in (
        "etc/systemd/journald.conf",
        "etc/systemd/system/timers.target.wants/apt-daily.timer",
        "lib/systemd/system/multi-user.target.wants/dbus.service",
        "lib/systemd/system/sockets.target.wants/dbus.socket",
        "usr/share/doc/bash/copyright",
        "var/lib/apt/lists/x",
        "var/cache/apt/x",
    ):
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).touch()
    for folder in ("etc/containerd", "usr/share/man", "usr/share/info", "usr/share/locale"):
        (root / folder).mkdir(parents=True)
    return root


@pytest.fixture
def kind_files(tmp_path):
    folder = tmp_path / "kind"
    for path in ("usr/local/bin/entrypoint", "etc/systemd/system/kubelet.service", "kind/bin/x.sh"):
        script(folder / path, "")
    return folder


def test_a_node_has_kinds_files_its_programs_and_its_services(root, kind_files, binaries):
    rootfs.furnish(root, kind_files, binaries)
    executable = ("usr/local/bin/entrypoint", "usr/bin/kubelet", "opt/cni/bin/ptp", "kind/bin/x.sh")
    assert all(os.access(root / path, os.X_OK) for path in executable)
    assert (root / "etc/systemd/system/kubelet.service").stat().st_mode & 0o777 == 0o644
    wanted = root / "etc/systemd/system/multi-user.target.wants"
    assert {path.name for path in wanted.iterdir()} == set(rootfs.SERVICES)
    assert "ReadKMsg=no" in (root / "etc/systemd/journald.conf").read_text()
    assert (root / "kind/version").read_text().startswith("v1.")


def test_a_node_starts_nothing_that_a_machine_needs(root, kind_files, binaries):
    rootfs.furnish(root, kind_files, binaries)
    assert not list(root.glob("lib/systemd/system/multi-user.target.wants/*"))
    assert not list(root.glob("etc/systemd/system/timers.target.wants/*"))
    assert list(root.glob("lib/systemd/system/sockets.target.wants/dbus.socket"))
    assert not list(root.glob("var/lib/apt/lists/*"))


def test_containers_of_a_node_are_started_with_kinds_hook(root, kind_files, binaries):
    rootfs.furnish(root, kind_files, binaries)
    started = json.loads((root / "etc/containerd/cri-base.json").read_text())
    assert started["hooks"]["createContainer"] == [rootfs.PRODUCT_HOOK]
    assert started["process"] == {"args": ["sh"]}


def test_kind_fills_values_into_the_network_of_pods():
    manifest = (definition.FILES / "default-cni.yaml").read_text()
    assert "would you kindly patch this file" in manifest
    assert "would you kindly template this file" in manifest
    assert f"image: {definition.POD_NETWORK}\n" in manifest


def test_images_have_the_names_that_kubeadm_asks_for(tmp_path):
    kubeadm = script(tmp_path / "kubeadm", f"cat <<'EOF'\n{KUBEADM}EOF")
    assert system_images.wanted_by_kubeadm(kubeadm) == {
        "kube-apiserver": "registry.k8s.io/kube-apiserver:v1.37.2",
        "coredns": "registry.k8s.io/coredns/coredns:v1.14.6",
        "pause": "registry.k8s.io/pause:3.10.2",
        "etcd": "registry.k8s.io/etcd:3.7.0-0",
    }


def test_a_kubeadm_that_fails_is_an_error_with_its_words(tmp_path):
    kubeadm = script(tmp_path / "kubeadm", "echo no such version >&2; exit 3")
    with pytest.raises(RuntimeUnavailableError, match=r"(?s)failed with 3.*no such version"):
        system_images.wanted_by_kubeadm(kubeadm)


def import_by(tmp_path, containerd, ctr):
    root, scratch, archive = (tmp_path / name for name in ("root", "s", "images.tar"))
    scratch.mkdir()
    programs = {
        "containerd": script(tmp_path / "c", containerd),
        "ctr": script(tmp_path / "r", ctr),
    }
    argv = preload.prepare([archive], root, scratch, Binaries(programs))
    return subprocess.run(argv, capture_output=True, text=True, check=False, timeout=30), scratch


BIND = "import socket, sys, time; socket.socket(1).bind(sys.argv[1]); time.sleep(60)"
LISTENS = f"exec python3 -c '{BIND}' $(dirname $2)/c.sock"


def test_images_are_imported_once_containerd_listens(tmp_path):
    done, scratch = import_by(tmp_path, f"echo $$ >{tmp_path}/pid; {LISTENS}", 'echo "$@"')
    assert (done.returncode, done.stdout) == (0, "")
    log = (scratch / "log").read_text()
    assert f"{tmp_path}/images.tar" in log
    assert f"--address {scratch}/c.sock --namespace k8s.io" in log
    assert not Path(f"/proc/{(tmp_path / 'pid').read_text().strip()}").exists()


@pytest.mark.parametrize(
    ("containerd", "ctr"),
    [
        ("echo its reason; exit 1", "exit 0"),
        (f"echo its reason; {LISTENS}", "exit 1"),
    ],
    ids=["containerd ends", "ctr fails"],
)
def test_what_containerd_said_is_shown_when_images_cannot_be_imported(tmp_path, containerd, ctr):
    done, _ = import_by(tmp_path, containerd, ctr)
    assert done.returncode == 1
    assert "its reason" in done.stdout


def test_every_program_of_the_image_is_pinned():
    assert set(definition.BINARIES) <= set(ALL_BINARIES)


def test_the_root_file_system_is_checked_as_that_of_halabs_nodes_is():
    argv = node_image.bootstrap_argv("/target", definition.PACKAGES)
    assert {"--force-check-gpg", f"--keyring={node_image.KEYRING}"} <= set(argv)
    assert f"--include={','.join(definition.PACKAGES)}" in argv
