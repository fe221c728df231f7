"""Takes a snapshot of this machine."""

from __future__ import annotations

import json
import os
import re
import subprocess
from pathlib import Path

import psutil

from lab.directories import cache_home
from lab.runtime.netns.runtime import tools_environment
from tests.ordinary_user import ORDINARY_UID
from tests.torture import docker_things
from tests.torture.snapshot import Snapshot, Things, may_be_ours, numbered

NAMESPACES = ("net", "mnt", "pid", "user", "uts", "ipc", "cgroup", "time")
# How deep shared folders are looked through.
SHARED = {"/tmp": 1, "/var/tmp": 1, "/dev/shm": 2, "/run": 2, "/run/netns": 1, "/var/log": 2}
LIFETIME = re.compile(r"\S+ valid_lft.*")
SYSCTLS = Path("/proc/sys")
# These change by themselves: counters, random numbers, what the kernel tunes.
RESTLESS = (
    *("kernel/random/", "kernel/ns_last_pid", "kernel/pty/nr", "kernel/perf_event_max_sample_rate"),
    *("fs/dentry-state", "fs/inode-", "fs/file-nr", "fs/aio-nr", "fs/quota/", "fs/binfmt_misc"),
    *("net/netfilter/nf_conntrack_count", "dev/cdrom/info", "kernel/sched_domain"),
)


def snapshot(root: Path, *, docker: bool) -> Snapshot:
    """Return this machine as it is; `root`: the torture's own folder, which does not count."""
    things: Things = {
        **_processes(),
        "links": _links(),
        "addresses and routes": numbered(
            [
                *(LIFETIME.sub("", line) for line in _lines("ip", "-o", "address")),
                *_lines("ip", "route"),
                *_lines("ip", "rule"),
            ]
        ),
        "named namespaces": numbered(_lines("ip", "netns")),
        "packet rules": numbered([*_nft_lines()]),
        "mounts": numbered(_mounts()),
        "loop devices": _loop_devices(),
        "sysctls": _sysctls(),
        "files": _files(root),
    }
    if not docker:
        return Snapshot(things)
    docker_listing = docker_things.listing(root)
    on_foreign_bridges = {
        name
        for name, detail in things["links"].items()
        if docker_listing.foreign.intersection(detail.split())
    }
    return Snapshot(
        {**things, **docker_listing.things}, docker_listing.foreign | on_foreign_bridges
    )


def _lines(*argv: str) -> list[str]:
    done = subprocess.run(
        argv, capture_output=True, text=True, check=False, env=tools_environment()
    )
    return [line.strip() for line in done.stdout.splitlines()]


def _processes() -> Things:
    """Return what descends from this process: a lost child of its children becomes its own."""
    processes, namespaces = {}, {}
    own = {name: _namespace(os.getpid(), name) for name in NAMESPACES}
    for process in psutil.Process().children(recursive=True):
        try:
            if process.status() == psutil.STATUS_ZOMBIE:
                continue
            processes[f"{process.pid}"] = " ".join(process.cmdline())[:200]
        except psutil.NoSuchProcess:
            continue
        for name in NAMESPACES:
            namespace = _namespace(process.pid, name)
            if namespace and namespace != own[name]:
                namespaces[namespace] = f"of process {process.pid}"
    return {"processes": processes, "namespaces": namespaces}


def _arguments_of_others() -> str:
    """Return the command lines of all processes that do not descend from this one."""
    own = psutil.Process()
    ours = {own.pid, *(process.pid for process in own.children(recursive=True))}
    lines = [
        " ".join(process.info["cmdline"] or [])
        for process in psutil.process_iter(["cmdline"])
        if process.pid not in ours
    ]
    return "\n".join(lines)


def _namespace(pid: int, name: str) -> str:
    try:
        return str(Path(f"/proc/{pid}/ns/{name}").readlink())
    except OSError:
        return ""


def _links() -> dict[str, str]:
    links = json.loads("".join(_lines("ip", "-j", "link")) or "[]")
    shown = ("link_type", "mtu", "master", "qdisc")
    return {
        link["ifname"]: " ".join(f"{name} {link[name]}" for name in shown if name in link)
        for link in links
    }


def _nft_lines() -> list[str]:
    """Return the rules without what counts packets; a line has its chain and table."""
    lines, around = [], []
    for line in _lines("nft", "-s", "list", "ruleset"):
        if line.endswith("{"):
            around.append(line.removesuffix("{").strip())
        elif line == "}":
            around = around[:-1]
        if line and line != "}":
            lines.append(" / ".join([*around, line]))
    return lines


def _mounts() -> list[str]:
    """Return this namespace's mounts without their numbers."""
    lines = Path("/proc/self/mountinfo").read_text().splitlines()
    return [" ".join(line.split()[3:]) for line in lines]


def _loop_devices() -> dict[str, str]:
    devices = {}
    for path in Path("/sys/block").glob("loop*/loop/backing_file"):
        devices[path.parts[3]] = path.read_text().strip()
    return devices


def _sysctls() -> dict[str, str]:
    values = {}
    for folder, _, names in os.walk(SYSCTLS):
        for name in names:
            path = Path(folder, name)
            key = str(path.relative_to(SYSCTLS))
            if not key.startswith(RESTLESS):
                try:
                    values[key] = path.read_text(errors="replace").strip()
                except OSError:  # to be written only, or its link has gone
                    continue
    return values


def _files(root: Path) -> dict[str, str]:
    """Return files in shared folders that may be of labs, and what is in the cache.

    Not those that somebody else's process is at work with.
    """
    files, others = {}, _arguments_of_others()
    for folder, depth in SHARED.items():
        for level in range(1, depth + 1):
            for path in Path(folder).glob("/".join(["*"] * level)):
                try:
                    uid = path.lstat().st_uid
                except OSError:
                    continue
                own = path == root or root in path.parents
                if (
                    not own
                    and may_be_ours(path.name, uid, ORDINARY_UID)
                    and str(path) not in others
                ):
                    files[str(path)] = f"of user {uid}"
    for path in cache_home().rglob("*"):
        files[str(path)] = ""
    return files
