"""What this shell hands on, and what components get of it: nothing."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from lab.doctor.check import NONE, Check, ok, remark
from lab.environment import NETWORK

if TYPE_CHECKING:
    from lab.doctor.check import Finding

# Go's own, and what etcd reads as its flags.
OF_COMPONENTS = ("GOMAXPROCS", "GOGC", "GODEBUG", "GOMEMLIMIT", "GOTRACEBACK")


def _proxies() -> Finding:
    names = [name for name in NETWORK if "proxy" in name.lower() and os.environ.get(name)]
    return remark(f"set: {', '.join(names)}") if names else ok("none is set")


def _components() -> Finding:
    names = [name for name in os.environ if name.startswith("ETCD_") or name in OF_COMPONENTS]
    return remark(f"set: {', '.join(sorted(names))}") if names else ok("none is set")


CHECKS = (
    Check(
        "environment-proxies",
        NONE,
        "proxies are used for downloads and builds; nothing inside a lab uses them",
        "nothing to mend; unset them where downloads fail",
        _proxies,
    ),
    Check(
        "environment-components",
        NONE,
        "settings of etcd and Go: components get an environment of our making, not these",
        "nothing to mend; a profile sets what components get, and the record has it",
        _components,
    ),
)
