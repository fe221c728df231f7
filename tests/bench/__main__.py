"""Benchmarks: raw seconds and ratios, side by side in one run. `make bench` runs all of them.

They judge nothing by themselves: machines are noisy, and a bound in a test would be too.
"""

from __future__ import annotations

import contextlib
import statistics
import time
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table

from lab.lab import Lab
from lab.runtime.drivers import DRIVERS
from lab.spec import LabSpec
from tests.bench import (
    comparing,
    cost,
    faults,
    judging,
    kind_faults,
    kind_start,
    offering,
    plain_start,
    probing,
    truth,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

ROUNDS = 3
# Controllers and leases of a new lab keep two cores busy; what is killed is to be idle.
SETTLE_S = 15.0


def lab_start() -> Table:
    """Time `Lab.up` against the plain start of its etcd and apiserver processes, by turns."""
    table = Table("round", "plain start s", "halab up s", "ratio", title="3 x 3 x 2, until ready")
    plain, ours = [], []
    for number in range(ROUNDS):
        plain.append(plain_start.seconds())
        begun_s = time.monotonic()
        lab = Lab.up(LabSpec(name="bench"), owned=True, progress=lambda _: None)
        ours.append(time.monotonic() - begun_s)
        lab.down()
        row = (plain[-1], ours[-1], ours[-1] / plain[-1])
        table.add_row(str(number + 1), *(f"{value:.2f}" for value in row))
    middle = (statistics.median(plain), statistics.median(ours))
    table.add_row("median", *(f"{value:.2f}" for value in (*middle, middle[1] / middle[0])))
    return table


def runtimes_start() -> Table:
    """Time `Lab.up` in containers against network namespaces, by turns; the image is there."""
    table = Table(
        "round", "netns s", "docker s", "ratio", title="3 x 3 x 2 by runtime, until ready"
    )
    DRIVERS["docker"].prepare(print)
    taken: dict[str, list[float]] = {"netns": [], "docker": []}
    for number in range(ROUNDS):
        for runtime, seconds in taken.items():
            spec = LabSpec.model_validate({"name": "bench", "runtime": runtime})
            begun_s = time.monotonic()
            lab = Lab.up(spec, owned=True, progress=lambda _: None)
            seconds.append(time.monotonic() - begun_s)
            lab.down()
        row = (taken["netns"][-1], taken["docker"][-1], taken["docker"][-1] / taken["netns"][-1])
        table.add_row(str(number + 1), *(f"{value:.2f}" for value in row))
    middle = [statistics.median(seconds) for seconds in taken.values()]
    table.add_row("median", *(f"{value:.2f}" for value in (*middle, middle[1] / middle[0])))
    return table


@contextlib.contextmanager
def idle_lab(runtime: str, **size: int) -> Iterator[Lab]:
    """Give a lab that has settled, then take it down. `size`: numbers of nodes, as in LabSpec."""
    spec = LabSpec.model_validate({"name": f"bench-{runtime}", "runtime": runtime, **size})
    lab = Lab.up(spec, owned=True, progress=lambda _: None)
    try:
        time.sleep(SETTLE_S)
        yield lab
    finally:
        lab.down()


def main() -> None:
    """Run every benchmark and print its table."""
    console = Console(width=110)
    console.print(judging.operations())
    console.print(judging.samples())
    console.print(truth.table())
    console.print(comparing.table())
    console.print(lab_start())
    console.print(runtimes_start())
    console.print(kind_start.kind_start())
    small = kind_faults.SIZE
    with idle_lab("docker", **small) as docker, idle_lab("kind", **small) as kind:
        console.print(kind_faults.compared(docker, kind))
    with idle_lab("docker") as lab:
        console.print(faults.kills(lab))
    with idle_lab("netns") as lab:
        console.print(faults.kills(lab))
        console.print(faults.cuts(lab))
        console.print(probing.cost(lab))
        console.print(cost.beside_vegeta(lab))
        console.print(cost.many_workers(lab))
        console.print(offering.offered(lab))


if __name__ == "__main__":
    main()
