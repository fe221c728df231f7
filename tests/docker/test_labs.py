"""Labs in containers from the command line: they work, they are found again, nothing is left."""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
import time

import pytest
from conftest import SMALL, docker_traces
from home_of_labs import Home

from lab.binaries.resolve import resolve
from lab.readiness import wait_until
from reports.history.run_json import read_record
from reports.history.schema import SuiteRecord
from reports.locale.catalogue import text_of
from tests.torture.troubles import small_disk

TINY = ("--etcd", "1", "--masters", "1", "--workers", "1", "--runtime", "docker")


def containers_of(client, home):
    """The containers of every lab of a home."""
    containers = client.containers(all=True, filters={"label": "halab.directory"})
    return [
        container
        for container in containers
        if container["Labels"]["halab.directory"].startswith(str(home.path))
    ]


def begun(home, *argv):
    """Start a run and wait until its fault is in; return the process and its log."""
    log = home.path / "log"
    with log.open("w") as out:
        process = home.popen("run", str(SMALL), *argv, stdout=out, stderr=out)

    def holding():
        assert process.poll() is None, log.read_text()
        events = [path.read_text() for path in home.path.glob("runs/*/trials/*/events.jsonl")]
        return "" if "effect_confirmed" in "".join(events) else "not yet"

    wait_until("the fault to be in", holding, 120)
    return process, log


def test_a_lab_serves_kubectl_runs_commands_and_takes_faults(home):
    home.halab("up", "one", *TINY)
    home.halab("kubeconfig", "--out", "k.conf")
    kubectl = str(resolve(["kubectl"], progress=print).path("kubectl"))
    argv = [kubectl, "--kubeconfig", "k.conf", "get", "configmaps", "-n", "halab", "-o", "name"]
    output = subprocess.run(argv, cwd=home.path, capture_output=True, text=True, check=True)
    assert "configmap/probe" in output.stdout
    assert home.halab("exec", "worker-1", "--", "uname", "-n").stdout == "worker-1\n"
    home.halab("exec", "worker-1", "--", "sh", "-c", "exit 7", code=7)
    assert "refused" in home.halab("kill", "etcd-1").stdout
    assert "etcd DOWN" in home.halab("status").stdout
    home.halab("heal")
    assert "timeout" in home.halab("power-off", "node:master-1").stdout
    home.halab("heal")
    assert "etcd" in home.halab("logs", "etcd-1", "etcd").stdout
    assert home.halab("status").stdout.startswith("one: running (docker)\n")
    home.halab("gc")
    assert home.labs() == ["one"]


def test_two_labs_of_one_name_in_two_homes_have_ranges_of_their_own(home, client):
    other = Home(home.path / "other")
    other.path.mkdir()
    taken = client.create_network(
        "halab-test-taken", ipam={"Config": [{"Subnet": "10.83.0.0/19"}]}, check_duplicate=True
    )
    try:
        for owner in (home, other):
            owner.halab("up", "same", *TINY)
        networks = [owner.registry.load("same").network for owner in (home, other)]
        assert networks == ["10.83.32.0/21", "10.83.40.0/21"]
        other.halab("down")
        assert "kube-apiserver up" in home.halab("status").stdout
    finally:
        client.remove_network(taken["Id"])


def test_a_run_holds_and_says_which_runtime_and_versions_it_had(home):
    done = home.halab("run", str(SMALL), "--runtime", "docker", "--json")
    answer = json.loads(done.stdout)
    assert [verdict["verdict"] for verdict in answer["verdicts"]] == ["holds"]
    run = read_record(home.path / answer["run"], SuiteRecord)
    assert run.runtime == "docker"
    assert run.versions["nginx"][0].isdigit()
    assert "--runtime docker" in run.command
    assert (home.path / answer["run"] / "logs/etcd-1/etcd.log").stat().st_size > 1000


@pytest.mark.parametrize("moment_s", [1.0, 3.0, 9.0])
def test_what_a_killed_run_leaves_is_removed_by_gc(home, client, moment_s):
    before = docker_traces()
    process = home.popen("run", str(SMALL), "--runtime", "docker")
    time.sleep(moment_s)
    process.kill()
    process.wait()

    def running():
        return ", ".join(
            container["State"]
            for container in containers_of(client, home)
            if "Up" in container["Status"]
        )

    wait_until("the containers to end", running, 20)
    home.halab("gc")
    assert docker_traces() == before
    assert home.labs() == []


def test_a_lab_whose_record_was_lost_is_found_by_its_labels(home, client):
    home.halab("up", "lost", *TINY)
    shutil.rmtree(home.registry.directory("lost"))
    assert len(containers_of(client, home)) == 3
    assert "lost" in home.halab("status").stdout
    assert home.halab("gc").stdout == "removed what was left of lab lost\n"
    assert containers_of(client, home) == []


def test_an_interrupted_run_is_undone_and_kept(home):
    process, log = begun(home, "--runtime", "docker")
    process.send_signal(signal.SIGINT)
    assert process.wait(90) == 130, log.read_text()
    assert "Traceback" not in log.read_text()
    (directory,) = home.path.glob("runs/*")
    assert (directory / "report/index.html").exists()


def test_a_container_that_somebody_removes_makes_the_trial_unknown_and_is_named(home, client):
    process, log = begun(home, "--runtime", "docker", "--trials", "2")
    (victim,) = [
        container for container in containers_of(client, home) if "etcd-1" in container["Names"][0]
    ]
    client.remove_container(victim["Id"], force=True)
    assert process.wait(240) == 5, log.read_text()
    (directory,) = home.path.glob("runs/*")
    first, second = read_record(directory, SuiteRecord).trials
    assert "was stopped or removed from outside" in text_of(first.doubt.reason, "en")
    assert first.doubt.kind == "not-measured"
    assert second.doubt is None


def test_a_full_disk_ends_in_3_and_nothing_is_left(tmp_path):
    before = docker_traces()
    full = tmp_path / "full"
    full.mkdir()
    with small_disk(full, 200):  # of the host, for the daemon has to find it
        output = Home(full).halab("up", "one", *TINY, code=3).stderr
        assert "No space left" in output
        assert Home(full).labs() == []
    assert docker_traces() == before


def test_without_a_daemon_it_is_said_how_to_get_one(home):
    home.environment["DOCKER_HOST"] = f"unix://{home.path}/nothing.sock"
    output = home.halab("up", "one", *TINY, code=3).stderr
    assert output.startswith("halab: no Docker daemon answers at unix://")
    assert "--runtime netns" in output


def test_a_daemon_of_another_machine_is_refused(home):
    home.environment["DOCKER_HOST"] = "tcp://192.0.2.1:2375"
    output = home.halab("up", "one", *TINY, code=3).stderr
    assert "is not on this machine" in output


def test_images_are_listed_with_what_they_are_for(home):
    output = home.halab("images", "list").stdout
    assert "halab-node:" in output
    assert output.rstrip().endswith("in use")
