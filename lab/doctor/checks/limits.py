"""Limits of this machine and of this process."""

from __future__ import annotations

import os
import resource
from pathlib import Path
from typing import TYPE_CHECKING

import psutil

from lab import cgroups
from lab.components.lab_plan import plan_lab
from lab.doctor.check import ALL, NONE, Check, lacking, ok, remark
from lab.memory import available_mib, needed_mib
from lab.spec import LabSpec

if TYPE_CHECKING:
    from lab.doctor.check import Finding

# With fewer a lab of three masters runs, and its port for kubectl takes few connections.
DESCRIPTORS = 1024
# `subprocess` and haproxy look at every number below the limit, or make tables as large.
TOO_MANY_DESCRIPTORS = 10_000_000
PROCESSES = 4096
# Of a container: the limits of its own group are there.
CGROUPS = Path("/sys/fs/cgroup")
WATCHERS = Path("/proc/sys/fs/inotify/max_user_instances")
# An apiserver has two, a scheduler and a controller manager one each, with several labs at once.
INOTIFY_INSTANCES = 128
CORES = 2
SMALLEST = LabSpec(etcd=1, masters=0, workers=1)


def _descriptors() -> Finding:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    found = f"{_limit(soft)}, at most {_limit(hard)}"
    if soft != resource.RLIM_INFINITY and soft < DESCRIPTORS:
        return remark(f"{found}: few")
    if soft == resource.RLIM_INFINITY or soft > TOO_MANY_DESCRIPTORS:
        return remark(f"{found}: so many that programs may take minutes or memory for them")
    return ok(found)


def _processes() -> Finding:
    files = (CGROUPS / "pids.max", CGROUPS / "pids" / "pids.max")
    texts = [file.read_text().strip() for file in files if file.exists()]
    own = resource.getrlimit(resource.RLIMIT_NPROC)[0]
    finite = [int(text) for text in texts if text != "max"]
    finite += [own] if own != resource.RLIM_INFINITY else []
    least = min(finite, default=resource.RLIM_INFINITY)
    found, few = _limit(least), bool(finite) and least < PROCESSES
    return remark(f"{found}: few, threads count") if few else ok(found)


def _limit(value: int) -> str:
    return "no limit" if value == resource.RLIM_INFINITY else str(value)


def _memory() -> Finding:
    available = available_mib("netns")
    usual, least = needed_mib(plan_lab(LabSpec())), needed_mib(plan_lab(SMALLEST))
    limited = cgroups.available_bytes() is not None
    where = ", as far as control groups let it" if limited else ""
    found = f"{available} MiB available{where}; `halab up` takes {usual}, etcd alone {least}"
    if available < least:
        return lacking(found)
    return ok(found) if available >= usual else remark(found)


def _cores() -> Finding:
    cores, all_of_them = float(len(os.sched_getaffinity(0))), psutil.cpu_count() or 1
    quota = _quota_cores()
    if quota is not None:
        cores = min(cores, quota)
    found = f"{cores:g} of {all_of_them}"
    return ok(found) if cores >= CORES else remark(f"{found}: shipped bounds were measured on two")


def _quota_cores() -> float | None:
    """Return how many processors the control group of a container or service gives, None: all."""
    quota, period = "max", "100000"
    if (file := CGROUPS / "cpu.max").exists():
        quota, period = file.read_text().split()
    elif (folder := CGROUPS / "cpu" / "cpu.cfs_quota_us").exists():
        quota = folder.read_text().strip()
        period = folder.with_name("cpu.cfs_period_us").read_text().strip()
    return None if quota in ("max", "-1") else int(quota) / int(period)


def _inotify() -> Finding:
    instances = int(WATCHERS.read_text())
    found = f"{instances} a user"
    if instances < INOTIFY_INSTANCES:
        return remark(f"{found}: few")
    return ok(f"{found}: for one cluster of kind" if instances == INOTIFY_INSTANCES else found)


CHECKS = (
    Check(
        "limit-descriptors",
        NONE,
        "open files of a process: connections to a lab's port for kubectl, and of haproxy",
        "ulimit -n 65536; LimitNOFILE of a service; docker run --ulimit nofile=65536:65536",
        _descriptors,
    ),
    Check(
        "limit-processes",
        NONE,
        "processes and threads of this user: a lab of nine members has hundreds",
        "ulimit -u; TasksMax of a service, pids limit of a container",
        _processes,
    ),
    Check(
        "memory",
        ALL,
        "a lab that does not fit is refused; members that are killed for memory measure nothing",
        "ask for fewer nodes, take other labs down, raise the limit of the service or container",
        _memory,
    ),
    Check(
        "cores",
        NONE,
        "with fewer, members wait for each other, and probes are sent late and then not counted",
        "more processors; the report says where probes were late",
        _cores,
    ),
    Check(
        "limit-inotify",
        NONE,
        "apiservers watch their files, kubelets more: with none left, they end with `too many open "
        "files`; 128 carry one cluster of kind",
        "sysctl fs.inotify.max_user_instances=512",
        _inotify,
    ),
)
