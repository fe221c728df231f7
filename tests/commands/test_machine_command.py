"""The binaries of this machine, as `halab binaries` prints them."""

from __future__ import annotations

from types import SimpleNamespace

from lab.binaries.versions import BINARIES


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
