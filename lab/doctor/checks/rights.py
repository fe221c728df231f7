"""Who runs this, and with which rights."""

from __future__ import annotations

import functools
import os
from pathlib import Path
from typing import TYPE_CHECKING

from lab.doctor.check import NETNS, Check, lacking, ok, remark

if TYPE_CHECKING:
    from lab.doctor.check import Finding

STATUS = Path("/proc/self/status")
# Capability -> its number in linux/capability.h, and what a lab of root needs it for.
RIGHTS = {
    "CAP_SYS_ADMIN": (21, "namespaces and mounts"),
    "CAP_NET_ADMIN": (12, "links, addresses, rules"),
    "CAP_NET_RAW": (13, "keepalived, of balancer mode vip"),
    "CAP_NET_BIND_SERVICE": (10, "proxies on ports below 1024"),
    "CAP_KILL": (5, "faults on programs that have changed their user"),
    "CAP_SETUID": (7, "nginx and haproxy, which change to users of their own"),
    "CAP_CHOWN": (0, "files of nodes that belong to other users"),
}


def _effective() -> int:
    line = next(line for line in STATUS.read_text().splitlines() if line.startswith("CapEff"))
    return int(line.split()[1], 16)


def _right(number: int) -> Finding:
    if os.geteuid() != 0:
        return ok("not needed: an ordinary user's lab has it inside its own user namespace only")
    if _effective() >> number & 1:
        return ok("root has it")
    return lacking("root does not have it: this is a container, or a service with fewer rights")


def _user() -> Finding:
    if os.geteuid() == 0:
        return remark("root: labs as root can do everything; they need it only for `disk: ext4`")
    return ok(f"user {os.geteuid()}, without any right of root")


CHECKS = (
    Check(
        "user",
        (),
        "what labs may do on this machine: SECURITY.md says what runs with which right",
        "take an ordinary user where `disk: ext4` is not needed",
        _user,
    ),
    *(
        Check(
            f"capability-{name.removeprefix('CAP_').lower().replace('_', '-')}",
            NETNS,
            f"needed for {purpose}",
            f"docker run --cap-add {name.removeprefix('CAP_')}, or --privileged; "
            f"CapabilityBoundingSet={name} of a service",
            functools.partial(_right, number),
        )
        for name, (number, purpose) in RIGHTS.items()
    ),
)
