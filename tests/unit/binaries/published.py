"""The official layout, a server for it that misbehaves as told, and what must come of it."""

from __future__ import annotations

import hashlib
import io
import platform
import tarfile
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from typing import TYPE_CHECKING

from lab.binaries.download import ARCHITECTURES
from lab.binaries.versions import ETCD_VERSION, KUBERNETES_VERSION

if TYPE_CHECKING:
    from pathlib import Path

KUBERNETES = ["kube-apiserver", "kube-controller-manager", "kube-scheduler", "kubectl"]
ETCD = ["etcd", "etcdctl", "etcdutl"]


def content(name: str) -> bytes:
    return f"#!/bin/sh\n# the official {name}\n".encode() + name.encode() * 5000


def make_tarball(members: dict[str, bytes | str]) -> bytes:
    """A gzipped tarball; a value of text is a symbolic link to it."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz") as tar:
        for name, value in members.items():
            info = tarfile.TarInfo(name)
            if isinstance(value, str):
                info.type, info.linkname = tarfile.SYMTYPE, value
                tar.addfile(info)
            else:
                info.size = len(value)
                tar.addfile(info, io.BytesIO(value))
    return out.getvalue()


@dataclass
class Official:
    """What the server holds, how it misbehaves, and what it was asked for."""

    files: dict[str, bytes] = field(default_factory=dict)
    truncate: dict[str, int] = field(default_factory=dict)
    busy: dict[str, int] = field(default_factory=dict)
    ignore_range: bool = False
    refuse: set[str] = field(default_factory=set)
    asked: list[tuple[str, str | None]] = field(default_factory=list)
    url: str = ""
    arch: str = ARCHITECTURES.get(platform.machine(), "amd64")

    @property
    def etcd_stem(self) -> str:
        return f"etcd-v{ETCD_VERSION}-linux-{self.arch}"

    @property
    def etcd_archive(self) -> str:
        return f"/etcd/v{ETCD_VERSION}/{self.etcd_stem}.tar.gz"

    def kubernetes(self, name: str) -> str:
        return f"/kubernetes/v{KUBERNETES_VERSION}/bin/linux/{self.arch}/{name}"

    def publish_etcd(self, archive: bytes) -> None:
        digest = hashlib.sha256(archive).hexdigest()
        other = "0" * 64
        self.files[self.etcd_archive] = archive
        self.files[f"/etcd/v{ETCD_VERSION}/SHA256SUMS"] = (
            f"{other}  etcd-v{ETCD_VERSION}-linux-s390x.tar.gz\n{digest}  {self.etcd_stem}.tar.gz\n"
        ).encode()

    def publish(self) -> None:
        for name in KUBERNETES:
            self.files[self.kubernetes(name)] = content(name)
            digest = hashlib.sha256(content(name)).hexdigest()
            self.files[self.kubernetes(f"{name}.sha256")] = digest.encode()
        members: dict[str, bytes | str] = {f"{self.etcd_stem}/{n}": content(n) for n in ETCD}
        self.publish_etcd(make_tarball({**members, f"{self.etcd_stem}/README.md": b"read me"}))

    def ranges(self, path: str) -> list[str | None]:
        return [asked_range for asked, asked_range in self.asked if asked == path]


def handler(official: Official) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            wanted = self.headers.get("Range")
            official.asked.append((self.path, wanted))
            if official.busy.get(self.path, 0) > 0:
                official.busy[self.path] -= 1
                self.send_error(503)
                return
            body = official.files.get(self.path)
            if body is None or self.path in official.refuse:
                self.send_error(404)
                return
            start = 0
            if wanted and not official.ignore_range:
                start = int(wanted.removeprefix("bytes=").removesuffix("-"))
                if start >= len(body):
                    self.send_error(416)
                    return
                self.send_response(206)
                self.send_header("Content-Range", f"bytes {start}-{len(body) - 1}/{len(body)}")
            else:
                self.send_response(200)
            rest = body[start:]
            self.send_header("Content-Length", str(len(rest)))
            self.end_headers()
            if official.truncate.get(self.path, 0) > 0:
                official.truncate[self.path] -= 1
                rest = rest[: len(rest) // 2]
            self.wfile.write(rest)

        def log_message(self, *_: object) -> None:
            """Say nothing among the output of the tests."""

    return Handler


def part(home: Path, module: str, name: str, content: bytes) -> Path:
    version = {"etcd": ETCD_VERSION, "kubernetes": KUBERNETES_VERSION}[module]
    path = home / "bin" / f"download-{module}-{version}" / f"{name}.part"
    path.parent.mkdir(parents=True)
    path.write_bytes(content)
    return path


def assert_official(home: Path, built: list[str]) -> None:
    for module, version, names in (
        ("etcd", ETCD_VERSION, ETCD),
        ("kubernetes", KUBERNETES_VERSION, KUBERNETES),
    ):
        for name in names:
            path = home / "bin" / f"{module}-{version}" / name
            assert path.read_bytes() == content(name)
            assert path.stat().st_mode & 0o7777 == 0o755
    assert built == ["kubemark"]
    assert not list((home / "bin").glob("download-*"))
