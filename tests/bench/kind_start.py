"""How long a lab of kind takes against `kind create cluster` alone, by turns, of the same image."""

from __future__ import annotations

import os
import statistics
import subprocess
import tempfile
import time
from pathlib import Path

from rich.table import Table

from lab.binaries.resolve import resolve
from lab.lab import Lab
from lab.runtime.drivers import DRIVERS
from lab.runtime.kind.cluster_config import cluster_config
from lab.runtime.kind.image import definition
from lab.spec import LabSpec

ROUNDS = 2
NAME = "bench-alone"
SPEC = LabSpec.model_validate({"name": "bench", "runtime": "kind", "etcd": 3, "masters": 3})


def alone_s() -> float:
    """Return the seconds until all nodes of a cluster that kind alone makes are Ready."""
    programs = resolve(["kind", "kubectl"], progress=print)
    with tempfile.TemporaryDirectory() as folder:
        config, kubeconfig = Path(folder, "config.yaml"), Path(folder, "kubeconfig")
        config.write_text(cluster_config(SPEC, definition.tag()))

        def call(program: str, *argv: str) -> None:
            own = {"KUBECONFIG": str(kubeconfig), "KIND_EXPERIMENTAL_DOCKER_NETWORK": NAME}
            environment = {**os.environ, **own}
            command = [str(programs.path(program)), *argv]
            subprocess.run(command, env=environment, check=True, capture_output=True)

        try:
            begun_s = time.monotonic()
            call("kind", "create", "cluster", "--name", NAME, "--config", str(config))
            call("kubectl", "wait", "--for=condition=Ready", "nodes", "--all", "--timeout=120s")
            return time.monotonic() - begun_s
        finally:
            call("kind", "delete", "cluster", "--name", NAME)
            subprocess.run(["docker", "network", "rm", NAME], check=False, capture_output=True)


def kind_start() -> Table:
    """Time `Lab.up`, proxies serving and nodes Ready, against kind alone; the image is there."""
    DRIVERS["kind"].prepare(print)
    table = Table("round", "kind alone s", "halab s", "ratio", title="kind, 3 + 2, until ready")
    alone, ours = [], []
    for number in range(ROUNDS):
        alone.append(alone_s())
        begun_s = time.monotonic()
        lab = Lab.up(SPEC, owned=True, progress=lambda _: None)
        ours.append(time.monotonic() - begun_s)
        lab.down()
        row = (alone[-1], ours[-1], ours[-1] / alone[-1])
        table.add_row(str(number + 1), *(f"{value:.2f}" for value in row))
    middle = (statistics.median(alone), statistics.median(ours))
    table.add_row("median", *(f"{value:.2f}" for value in (*middle, middle[1] / middle[0])))
    return table
