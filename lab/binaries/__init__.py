"""The pinned binaries: which version, and where they come from."""

from __future__ import annotations

from lab.binaries.resolve import Binaries, resolve
from lab.binaries.versions import ETCD_VERSION, KUBERNETES_VERSION

__all__ = ["ETCD_VERSION", "KUBERNETES_VERSION", "Binaries", "resolve"]
