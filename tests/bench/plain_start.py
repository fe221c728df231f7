"""The same etcd and kube-apiserver processes, with the plan's own argv, and no harness.

One network namespace a node (etcd checks where its peers call from), plain subprocesses, and a
poll of each apiserver's /readyz. What is timed begins with the first process and ends with the
last apiserver that is ready; network, keys and folders are made before.
"""

from __future__ import annotations

import http.client
import json
import os
import ssl
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from lab.binaries.resolve import resolve
from lab.components.lab_plan import plan_lab
from lab.nodes import APISERVER_PORT
from lab.pki import node_files
from lab.runtime.netns.keeper import make_network
from lab.spec import LabSpec

STARTED = ("etcd", "kube-apiserver")
TIMEOUT_S = 120.0
POLL_S = 0.05


def seconds() -> float:
    """Return the seconds until every apiserver of a 3 x 3 x 2 lab said that it is ready."""
    argv = ["unshare", "--net", "--mount", "--pid", "--fork", "--kill-child"]
    if os.geteuid() != 0:
        argv += ["--user", "--map-root-user"]
    with tempfile.TemporaryDirectory() as folder:
        argv += [sys.executable, "-m", __name__, folder]
        done = subprocess.run(argv, check=True, stdout=subprocess.PIPE, text=True)
    return float(json.loads(done.stdout))


def _ready(address: str, pki: Path) -> bool:
    context = ssl.create_default_context(cafile=str(pki / "ca.crt"))
    context.load_cert_chain(pki / "admin.crt", pki / "admin.key")
    connection = http.client.HTTPSConnection(address, APISERVER_PORT, timeout=2, context=context)
    try:
        connection.request("GET", "/readyz")
        return connection.getresponse().status == 200
    except OSError:
        return False
    finally:
        connection.close()


def _start_all(folder: Path) -> float:
    plan = plan_lab(LabSpec())
    binaries = resolve(plan.binaries, progress=lambda _: None)
    make_network({node.name: node.address for node in plan.nodes})
    subprocess.run(["ip", "addr", "add", "10.83.0.1/16", "dev", "br0"], check=True)
    for name, files in node_files(plan).items():
        for path, content in files.items():
            target = folder / name / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(content)
            target.chmod(0o600)
    begun_s = time.monotonic()
    for component in plan.components:
        if component.name in STARTED:
            argv = ["nsenter", f"--net=/run/netns/{component.node}"]
            argv += [str(binaries.path(component.argv[0])), *component.argv[1:]]
            with (folder / component.node / f"{component.name}.log").open("wb") as log:
                subprocess.Popen(argv, cwd=folder / component.node, stdout=log, stderr=log)
    waiting = list(plan.with_role("master"))
    while waiting and time.monotonic() < begun_s + TIMEOUT_S:
        waiting = [one for one in waiting if not _ready(one.address, folder / one.name / "pki")]
        time.sleep(POLL_S)
    if waiting:
        raise SystemExit(f"not ready after {TIMEOUT_S:g} s: {waiting}")
    return time.monotonic() - begun_s


if __name__ == "__main__":
    # we are PID 1 of a namespace: our end is that of all that was started
    print(json.dumps(_start_all(Path(sys.argv[1]))))
