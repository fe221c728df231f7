"""Clean-up beside a real daemon: what lives, what is elsewhere and what is others' is kept."""

from __future__ import annotations

import functools
import http.server
import json
import subprocess
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from test_labs import TINY, containers_of

from lab.directories import labs_folder
from lab.readiness import wait_until
from lab.runtime.docker import node_image, one_off
from lab.runtime.docker.containers import DIRECTORY
from lab.runtime.drivers import DRIVERS

HOSTILE = {
    **dict.fromkeys(("HTTPS_PROXY", "HTTP_PROXY"), "http://192.0.2.1:3128"),
    "ETCD_QUOTA_BACKEND_BYTES": "1000000",
    "GOMAXPROCS": "1",
    "GOGC": "10",
}


@pytest.fixture
def lab(home):
    """A lab that was made in a shell with an environment that would hurt its components."""
    for name, value in HOSTILE.items():
        home.environment[name] = value
    home.halab("up", "one", *TINY)
    return home.registry.directory("one")


def test_a_lab_knows_nothing_of_the_users_environment_and_is_removed_only_in_its_daemon(home, lab):
    places = {"etcd": "etcd-1", "kube-apiserver": "master-1", "kube-scheduler": "master-1"}
    for name, node in places.items():
        script = f"cat /proc/$(pgrep -o -x {name[:15]})/environ"
        output = home.halab("exec", node, "--", "sh", "-c", script).stdout
        names = {setting.partition("=")[0] for setting in output.split("\0") if setting}
        assert names == {"PATH", "LANG"}, f"{name}: {output}"

    path = lab / "lab.json"
    record = json.loads(path.read_text())
    daemon = DRIVERS["docker"].daemon()
    assert record["daemon"] == {"identity": daemon.identity, "address": daemon.address}
    elsewhere = {"identity": "another", "address": "unix:///another.sock"}
    path.write_text(json.dumps({**record, "daemon": elsewhere}))
    output = home.halab("gc").stdout
    assert "kept what was left of lab one: its nodes are in the Docker daemon another" in output
    assert "DOCKER_HOST=unix:///another.sock" in home.halab("down", "one", code=3).stderr
    path.write_text(json.dumps(record))
    assert home.halab("gc").stdout == "nothing was left behind\n"
    assert "kube-apiserver up" in home.halab("status").stdout


def test_a_dead_lab_is_listed_first_and_removed_then(home, lab, client):
    for container in containers_of(client, home):
        client.remove_container(container["Id"], force=True)
    would = home.halab("gc", "--dry-run").stdout
    reason = "it does not run, and no command owns it"
    assert would == f"would remove what was left of lab one: {reason}\n"
    assert lab.exists()
    assert home.halab("gc").stdout == "removed what was left of lab one\n"
    assert home.labs() == []


@pytest.mark.parametrize("below", ["..", "one", "once-4711"])
def test_a_container_that_has_only_inherited_our_label_is_kept(home, client, below):
    label = {DIRECTORY: f"{labs_folder(home.registry.home)}/{below}"}
    body = {"Image": node_image.tag(), "Cmd": ["sleep", "1000"], "Labels": label}
    stranger = client.create_container_from_config(body)["Id"]
    try:
        client.start(stranger)
        assert home.halab("gc").stdout == "nothing was left behind\n"
        assert client.inspect_container(stranger)["State"]["Running"]
    finally:
        client.remove_container(stranger, force=True)


def test_the_container_of_a_command_is_kept_while_the_command_runs(home, client):
    def containers():
        return client.containers(all=True, filters={"label": one_off.LOCK_LABEL})

    argv = ["sh", "-c", "sleep 8; echo done"]
    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(one_off.run_in_image, client, argv, home.registry.home)
        wait_until("the container", lambda: "" if containers() else "none", 10)
        assert home.halab("gc").stdout == "nothing was left behind\n"
        assert len(containers()) == 1
        assert running.result() == "done\n"
    assert containers() == []


@pytest.mark.parametrize("signature", [None, b"no signature"])
def test_debootstrap_takes_nothing_that_the_keyring_does_not_confirm(tmp_path, signature):
    dists = tmp_path / "mirror" / "dists" / node_image.SUITE
    dists.mkdir(parents=True)
    (dists / "Release").write_text("Suite: stable\nCodename: bookworm\nComponents: main\n")
    if signature is not None:
        (dists / "Release.gpg").write_bytes(signature)
    handler = functools.partial(
        http.server.SimpleHTTPRequestHandler, directory=str(tmp_path / "mirror")
    )
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        *argv, _ = node_image.bootstrap_argv(str(tmp_path / "root"))
        mirror = f"http://127.0.0.1:{server.server_port}"
        done = subprocess.run([*argv, mirror], capture_output=True, text=True, check=False)
        server.shutdown()
    assert done.returncode != 0
    assert "signature" in done.stdout + done.stderr
    assert not (tmp_path / "root" / "bin").exists()
