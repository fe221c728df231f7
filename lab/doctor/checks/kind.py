"""What clusters of kind need besides a Docker daemon. Its SDK takes half a second to import."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lab.doctor.check import KIND, Check, lacking, ok
from lab.runtime.kind.driver import KindDriver

if TYPE_CHECKING:
    from lab.doctor.check import Finding


def _daemon() -> Finding:
    reason = KindDriver().unavailable(())
    return lacking(str(reason)) if reason else ok("the daemon can be asked for clusters of kind")


CHECKS = (
    Check(
        "kind-daemon",
        KIND,
        "nodes of kind are privileged containers, in which systemd runs; whether the daemon runs "
        "such containers is tried when a cluster is made",
        "make docker; a daemon of root; control groups of version 2 for a rootless one",
        _daemon,
    ),
)
