"""Programs of the system that labs are made with."""

from __future__ import annotations

import functools
import sys
from typing import TYPE_CHECKING

from lab.balancers.registry import MODES, programs
from lab.doctor.check import NETNS, NONE, Check, lacking, ok
from lab.doctor.programs import output_of, path_of
from lab.runtime.program_version import version_in
from lab.spec import LabSpec

if TYPE_CHECKING:
    from lab.doctor.check import Finding

# Program -> its package in Debian, the argument that asks for its version, what it is for.
TOOLS = {
    "unshare": ("util-linux", "--version", "makes the namespaces of a lab"),
    "mount": ("util-linux", "--version", "mounts what a lab has for itself"),
    "ip": ("iproute2", "-V", "makes the network of a lab"),
    "ss": ("iproute2", "-V", "ends the connections of a node that is powered off"),
    "nft": ("nftables", "--version", "cuts nodes from one another"),
}
# Of balancers: program -> its package where that has another name, and another argument than -v.
PACKAGES = {"nginx": "libnginx-mod-stream"}
VERSION_ARGUMENTS = {"bash": "--version"}


def _tool(program: str, version_argument: str) -> Finding:
    path = path_of(program)
    if path is None:
        return lacking("not found in PATH or /usr/sbin")
    _, output = output_of(path, version_argument)
    return ok(f"{path}, {version_in(output).rstrip(',')}")


def _nginx() -> Finding:
    found = _tool("nginx", "-v")
    if found.state != "ok":
        return found
    _, output = output_of(path_of("nginx") or "nginx", "-V")
    if "--with-stream" not in output:
        return lacking(f"{found.found}, built without its stream module")
    return found


def _of_balancers(program: str) -> Check:
    """Return the line of a program that balancers need; the usual balancer's is always needed."""
    modes = [name for name, mode in MODES.items() if program in mode.programs + mode.tools]
    return Check(
        f"tool-{program}",
        NETNS if LabSpec().lb in modes else NONE,
        f"labs with --lb {', '.join(modes)} run it",
        f"make setup, or apt-get install {PACKAGES.get(program, program)}",
        _nginx
        if program == "nginx"
        else functools.partial(_tool, program, VERSION_ARGUMENTS.get(program, "-v")),
    )


def _platform() -> Finding:
    if not sys.platform.startswith("linux"):
        return lacking(sys.platform)
    return ok(f"{sys.platform}, Python {sys.version.split()[0]}")


CHECKS = (
    Check(
        "platform",
        NETNS,
        "network namespaces are Linux's",
        "on another system take --runtime docker",
        _platform,
    ),
    *(
        Check(
            f"tool-{program}",
            NETNS,
            purpose,
            f"make setup, or apt-get install {package}",
            functools.partial(_tool, program, argument),
        )
        for program, (package, argument, purpose) in TOOLS.items()
    ),
    *(_of_balancers(program) for program in programs() if program not in TOOLS),
    Check(
        "tool-mkfs.ext4",
        NONE,
        "makes disks that can lose their power (`disk: ext4`)",
        "make setup, or apt-get install e2fsprogs",
        functools.partial(_tool, "mkfs.ext4", "-V"),
    ),
)
