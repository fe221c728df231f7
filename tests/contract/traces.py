"""What a machine has of what labs are made of: a lab leaves none of it behind."""

from __future__ import annotations

import contextlib
import subprocess
from pathlib import Path

from lab.runtime.docker.connection import connect

# what kubelets and kube-proxies set, on the host as well
SYSCTLS = (
    *("kernel/panic", "kernel/panic_on_oops", "vm/overcommit_memory"),
    *("kernel/keys/root_maxkeys", "kernel/keys/root_maxbytes"),
)


def host_traces():
    """Return the namespaces, links, routes and mounts of the host."""
    commands = (["ip", "-o", "link"], ["ip", "netns"], ["ip", "route"])
    output = [
        subprocess.run(c, capture_output=True, text=True, check=True).stdout for c in commands
    ]
    return [*output, Path("/proc/self/mounts").read_text()]


def docker_traces():
    """Return the containers, networks and volumes of Docker."""
    with contextlib.closing(connect()) as client:
        networks = sorted(network["Name"] for network in client.networks())
        containers = sorted(container["Names"][0] for container in client.containers(all=True))
        volumes = sorted(volume["Name"] for volume in client.volumes()["Volumes"] or ())
        return [containers, networks, volumes]


def sysctls():
    """Return the settings of the host's kernel that a cluster changes."""
    return {name: Path("/proc/sys", name).read_text() for name in SYSCTLS}
