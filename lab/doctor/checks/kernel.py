"""What the kernel must be able to do, tried in namespaces as a lab has them."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from lab.doctor.check import NETNS, NONE, Check, lacking, ok, remark
from lab.doctor.programs import in_namespaces
from lab.runtime.netns.driver import why_no_disks

if TYPE_CHECKING:
    from lab.doctor.check import Finding

# sysctl -> the value with which an ordinary user makes no namespaces.
AGAINST_USERS = {
    "kernel/apparmor_restrict_unprivileged_userns": "1",
    "kernel/unprivileged_userns_clone": "0",
    "user/max_user_namespaces": "0",
}
SYSCTLS = Path("/proc/sys")
LINKS = "ip link add br0 type bridge && ip link add v0 type veth peer name v1 master br0"
RULES = (
    "nft 'add table inet halab; "
    "add chain inet halab c { type filter hook input priority 0; }; "
    "add rule inet halab c ip saddr 10.83.0.1 drop'"
)
# A connection to itself, which `ss -K` is to end.
DESTROY = """
import socket, subprocess, sys
subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
server = socket.create_server(("127.0.0.1", 0))
client = socket.create_connection(server.getsockname())
subprocess.run(["ss", "-K", "dst", "127.0.0.1"], stdout=subprocess.DEVNULL)
client.settimeout(1)
try:
    client.send(b"x")
    client.recv(1)
except TimeoutError:
    sys.exit("ss -K ends no connection")
except OSError:
    sys.exit(0)
"""


def _tried(works: str, *argv: str) -> Finding:
    code, output = in_namespaces(*argv)
    return ok(works) if code == 0 else lacking(output or f"ended with {code}")


def _user_namespaces() -> Finding:
    values = {name: SYSCTLS / name for name in AGAINST_USERS if (SYSCTLS / name).exists()}
    against = [
        f"{name.replace('/', '.')}={value}"
        for name, path in values.items()
        if (value := path.read_text().strip()) == AGAINST_USERS[name]
    ]
    if not against:
        return ok("ordinary users may make them")
    found = f"{', '.join(against)}: only root may make them"
    return remark(found) if os.geteuid() == 0 else lacking(found)


def _disks() -> Finding:
    reason = why_no_disks()
    return lacking(str(reason)) if reason else ok("loop devices and ext4 can be had")


CHECKS = (
    Check(
        "namespaces",
        NETNS,
        "nodes of netns are network namespaces",
        "run it as root, or see the line user-namespaces; inside a container it needs --privileged",
        lambda: _tried("PID, mount and network namespaces can be made", "true"),
    ),
    Check(
        "user-namespaces",
        NONE,
        "with them an ordinary user makes labs, without any right of root",
        "sysctl kernel.apparmor_restrict_unprivileged_userns=0 (Ubuntu), "
        "kernel.unprivileged_userns_clone=1 (old Debian), user.max_user_namespaces=10000",
        _user_namespaces,
    ),
    Check(
        "kernel-links",
        NETNS,
        "nodes are joined by a bridge and pairs of virtual links",
        "modprobe bridge veth; inside a virtual machine take a kernel that has them",
        lambda: _tried("bridge and veth work", "sh", "-c", LINKS),
    ),
    Check(
        "kernel-nftables",
        NETNS,
        "cuts and power-offs are rules of nftables",
        "modprobe nf_tables; Linux 4.18 or newer",
        lambda: _tried("rules can be fired", "sh", "-c", RULES),
    ),
    Check(
        "kernel-socket-destroy",
        NETNS,
        "a node that is powered off must not end its connections politely after its heal",
        "a kernel with CONFIG_INET_DIAG_DESTROY; modprobe tcp_diag",
        lambda: _tried("ss -K ends connections", sys.executable, "-I", "-c", DESTROY),
    ),
    Check(
        "disks",
        NONE,
        "`disk: ext4` gives etcd disks that really lose their power; `disk: directory` does not",
        "run it as root, on a machine with loop devices, with e2fsprogs",
        _disks,
    ),
)
