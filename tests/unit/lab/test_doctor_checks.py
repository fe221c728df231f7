"""The checks of `halab doctor`: every row is whole, and each kind notices what is missing."""

from __future__ import annotations

import os
import resource
from types import SimpleNamespace

import psutil
import pytest

from lab.balancers.registry import programs
from lab.doctor import registry
from lab.doctor.check import NETNS, Check, ok
from lab.doctor.checks import limits, rights
from lab.runtime.docker.driver import DockerDriver
from lab.runtime.drivers import DRIVERS
from lab.runtime.netns.runtime import TOOLS

ROWS = {check.name: check for check in registry.CHECKS}


def test_every_row_is_whole_and_its_name_is_its_own():
    assert len(ROWS) == len(registry.CHECKS)
    for check in registry.CHECKS:
        assert check.meaning
        assert check.mend
        assert set(check.needed_by) <= set(DRIVERS)


def test_every_program_that_labs_run_has_a_row():
    assert {f"tool-{name}" for name in (*TOOLS, *programs(), "mkfs.ext4")} <= ROWS.keys()


def test_a_check_that_fails_is_a_line_and_hides_no_other(monkeypatch):
    def broken():
        raise ValueError("odd machine")

    rows = (
        Check("odd", NETNS, "m", "n", broken),
        Check("even", NETNS, "m", "n", lambda: ok("fine")),
    )
    monkeypatch.setattr(registry, "CHECKS", rows)
    odd, even = registry.examine()
    assert odd.finding.state == "lacking"
    assert odd.finding.found == "cannot be found out: ValueError: odd machine"
    assert even.finding.state == "ok"
    assert registry.hindrances([odd, even], "netns") == [odd]
    assert registry.hindrances([odd, even], "docker") == []


def test_missing_programs_are_lacking(monkeypatch, tmp_path):
    monkeypatch.setattr("lab.doctor.programs.search_path", lambda: str(tmp_path))
    for name in (*TOOLS, *programs()):
        assert ROWS[f"tool-{name}"].look().state == "lacking"


def test_an_nginx_without_its_stream_module_is_lacking(monkeypatch, tmp_path):
    nginx = tmp_path / "nginx"
    nginx.write_text("#!/bin/sh\necho nginx version: nginx/1.22.1 --with-http >&2\n")
    nginx.chmod(0o755)
    monkeypatch.setattr("lab.doctor.programs.search_path", lambda: f"{tmp_path}:/usr/bin:/bin")
    found = ROWS["tool-nginx"].look()
    assert found.state == "lacking"
    assert "1.22.1" in found.found
    nginx.write_text("#!/bin/sh\necho nginx/1.22.1 --with-stream=dynamic >&2\n")
    assert ROWS["tool-nginx"].look().state == "ok"


@pytest.mark.parametrize(
    ("limit", "state"),
    [(256, "remark"), (1024, "ok"), (65536, "ok"), (1 << 30, "remark"), (-1, "remark")],
)
def test_too_few_and_too_many_descriptors_are_remarks(monkeypatch, limit, state):
    monkeypatch.setattr(resource, "getrlimit", lambda _: (limit, limit))
    assert ROWS["limit-descriptors"].look().state == state


@pytest.mark.parametrize(("available", "state"), [(100, "lacking"), (1000, "remark"), (9000, "ok")])
def test_memory_is_lacking_where_not_even_etcd_fits(monkeypatch, available, state):
    monkeypatch.setattr(
        psutil, "virtual_memory", lambda: SimpleNamespace(available=available << 20)
    )
    monkeypatch.setattr("lab.cgroups.available_bytes", lambda: None)
    assert ROWS["memory"].look().state == state


def test_a_limit_of_inotify_is_read(monkeypatch, tmp_path):
    file = tmp_path / "max_user_instances"
    monkeypatch.setattr(limits, "WATCHERS", file)
    file.write_text("64\n")
    assert ROWS["limit-inotify"].look().state == "remark"
    file.write_text("512\n")
    assert ROWS["limit-inotify"].look().state == "ok"


@pytest.mark.parametrize(
    ("files", "cores"),
    [
        ({}, "8 of 8"),
        ({"cpu.max": "max 100000\n"}, "8 of 8"),
        ({"cpu.max": "150000 100000\n"}, "1.5 of 8: shipped bounds were measured on two"),
        ({"cpu/cpu.cfs_quota_us": "-1\n", "cpu/cpu.cfs_period_us": "100000\n"}, "8 of 8"),
        ({"cpu/cpu.cfs_quota_us": "400000\n", "cpu/cpu.cfs_period_us": "100000\n"}, "4 of 8"),
    ],
)
def test_cores_are_those_that_a_control_group_gives(monkeypatch, tmp_path, files, cores):
    monkeypatch.setattr(limits, "CGROUPS", tmp_path)
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(8)))
    monkeypatch.setattr(psutil, "cpu_count", lambda: 8)
    (tmp_path / "cpu").mkdir()
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    assert ROWS["cores"].look().found == cores


@pytest.mark.parametrize(
    ("files", "state"),
    [({}, "ok"), ({"pids.max": "max\n"}, "ok"), ({"pids.max": "100\n"}, "remark")],
)
def test_a_limit_of_processes_may_be_a_control_groups(monkeypatch, tmp_path, files, state):
    monkeypatch.setattr(limits, "CGROUPS", tmp_path)
    monkeypatch.setattr(resource, "getrlimit", lambda _: (-1, -1))
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    assert ROWS["limit-processes"].look().state == state


def test_rights_are_those_in_effect(monkeypatch, tmp_path):
    status = tmp_path / "status"
    status.write_text("Name: x\nCapEff:\t0000000000001000\n")  # CAP_NET_ADMIN alone
    monkeypatch.setattr(rights, "STATUS", status)
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    assert ROWS["capability-net-admin"].look().state == "ok"
    assert ROWS["capability-sys-admin"].look().state == "lacking"
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    assert ROWS["capability-sys-admin"].look().state == "ok"


def test_proxies_and_settings_of_components_are_named(monkeypatch):
    for name in [name for name in os.environ if "proxy" in name.lower()]:
        monkeypatch.delenv(name)
    monkeypatch.delenv("GOGC", raising=False)
    assert ROWS["environment-proxies"].look().state == "ok"
    assert ROWS["environment-components"].look().state == "ok"
    monkeypatch.setenv("HTTPS_PROXY", "http://192.0.2.1:3128")
    monkeypatch.setenv("ETCD_QUOTA_BACKEND_BYTES", "1")
    assert ROWS["environment-proxies"].look().found == "set: HTTPS_PROXY"
    assert ROWS["environment-components"].look().found == "set: ETCD_QUOTA_BACKEND_BYTES"


def test_places_that_cannot_be_used_are_lacking(monkeypatch):
    monkeypatch.setenv("XDG_STATE_HOME", "/proc/nowhere")
    monkeypatch.setenv("XDG_CACHE_HOME", "/proc/nowhere")
    assert ROWS["state-home"].look().state == "lacking"
    assert ROWS["cache-home"].look().state == "lacking"


def test_a_cache_that_is_empty_says_what_is_to_be_fetched(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setenv("PATH", str(tmp_path))
    found = ROWS["binaries"].look()
    assert found.state == "remark"
    assert "to be fetched: etcd, etcdctl" in found.found
    assert list(tmp_path.iterdir()) == []


def test_without_a_daemon_docker_is_lacking_with_the_reason(monkeypatch):
    monkeypatch.setattr(DockerDriver, "unavailable", lambda *_: "no Docker daemon answers at /x")
    assert ROWS["docker-daemon"].look().found == "no Docker daemon answers at /x"
