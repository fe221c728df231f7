"""What this machine has and lacks, as `halab doctor` and `halab binaries` print it."""

from __future__ import annotations

from types import SimpleNamespace

from lab.binaries.versions import BINARIES
from lab.runtime.docker.driver import DockerDriver
from lab.runtime.netns.driver import NetnsDriver

NO_DAEMON = "no Docker daemon answers at /x: start it"


def test_doctor_names_what_is_missing_and_how_to_get_it(halab, monkeypatch):
    lacks = "missing: nft, nginx; `make setup` installs them"
    monkeypatch.setattr(NetnsDriver, "unavailable", lambda *_: lacks)
    monkeypatch.setattr(DockerDriver, "unavailable", lambda *_: NO_DAEMON)
    ended = halab("doctor")
    assert ended.code == 3
    assert ended.out.splitlines() == [f"netns: {lacks}", f"docker: {NO_DAEMON}"]
    assert ended.err.startswith("halab: no runtime can make a lab here:\n  netns: missing: nft")


def test_doctor_is_content_with_a_machine_that_has_one_runtime(halab, monkeypatch):
    monkeypatch.setattr(NetnsDriver, "unavailable", lambda *_: "")
    monkeypatch.setattr(DockerDriver, "unavailable", lambda *_: NO_DAEMON)
    assert halab("doctor").code == 0


def test_binaries_are_one_line_each_and_progress_is_kept_apart(halab, monkeypatch):
    def resolve(names, *, progress):
        assert names == BINARIES
        progress("downloading etcd")
        return SimpleNamespace(paths={"etcd": "/b/etcd", "kube-apiserver": "/b/kube-apiserver"})

    monkeypatch.setattr("lab.binaries.resolve.resolve", resolve)
    ended = halab("binaries")
    assert ended.out == "etcd\t/b/etcd\nkube-apiserver\t/b/kube-apiserver\n"
    assert (ended.code, ended.err) == (0, "downloading etcd\n")


def test_binaries_takes_names_and_refuses_others(halab, monkeypatch):
    def resolve(names, *, progress):
        del progress
        return SimpleNamespace(paths={name: f"/b/{name}" for name in names})

    monkeypatch.setattr("lab.binaries.resolve.resolve", resolve)
    assert halab("binaries", "kubectl", "etcd").out == "kubectl\t/b/kubectl\netcd\t/b/etcd\n"
    refused = halab("binaries", "kubelet")
    assert refused.code == 2
    assert "kubelet: choose from etcd, etcdctl" in refused.err
