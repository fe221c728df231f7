"""What a shell offers for an argument. Read from folders where that is enough: the shell waits.

Nothing here prints or raises: what cannot be read offers nothing.
"""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

PACKAGES = Path(__file__).parents[2]
SHIPPED = PACKAGES / "experiments"
CATALOGUES = PACKAGES / "reports/locale"
BALANCERS = PACKAGES / "lab/balancers/modes"
TARGETS = ("etcd:leader", "etcd:follower", "etcd:majority", "etcd:all", "master:any", "master:all")


def _names_in(folder: Path, pattern: str = "*") -> list[str]:
    with contextlib.suppress(OSError):
        return sorted(path.name for path in folder.glob(pattern))
    return []


def _starting(names: Iterable[str], incomplete: str) -> list[str]:
    return [name for name in names if name.startswith(incomplete)]


def _paths(incomplete: str) -> Iterator[Path]:
    """Return what is in the folder that a path names so far."""
    folder, _, name = incomplete.rpartition("/")
    with contextlib.suppress(OSError):
        for path in sorted(Path(f"{folder}/" if "/" in incomplete else ".").iterdir()):
            if not path.name.startswith(".") or name.startswith("."):
                yield path


def complete_lab(incomplete: str) -> list[str]:
    """Offer the labs of this user."""
    return _starting(_labs(), incomplete)


def _labs() -> list[str]:
    from lab.directories import state_home

    return _names_in(state_home() / "labs")


def _nodes(context: typer.Context) -> list[str]:
    """Return the nodes of the lab that a command is about, of all labs where none is named."""
    from lab.directories import state_home

    named = context.params.get("lab")
    labs = [str(named)] if named else _labs()
    nodes = {name for lab in labs for name in _names_in(state_home() / "labs" / lab / "nodes")}
    return sorted(nodes)


def complete_node(context: typer.Context, incomplete: str) -> list[str]:
    """Offer the nodes of a lab."""
    return _starting(_nodes(context), incomplete)


def complete_worker(context: typer.Context, incomplete: str) -> list[str]:
    """Offer the workers of a lab."""
    return [name for name in _starting(_nodes(context), incomplete) if name.startswith("worker-")]


def complete_target(context: typer.Context, incomplete: str) -> list[str]:
    """Offer the nodes of a lab, and the selectors that are used most."""
    return _starting([*_nodes(context), *TARGETS], incomplete)


def complete_fault(incomplete: str) -> list[str]:
    """Offer every fault."""
    from chaos.faults.registry import fault_kinds

    return _starting(sorted(fault_kinds()), incomplete)


def complete_suite(incomplete: str) -> list[str]:
    """Offer shipped suites by their names, folders, and YAML files."""
    shipped = [*SHIPPED.glob("*.yaml"), *SHIPPED.glob("proofs/*.yaml")]
    names = sorted(str(path.relative_to(SHIPPED).with_suffix("")) for path in shipped)
    return [*_starting(names, incomplete), *_files(incomplete)]


def complete_claims(incomplete: str) -> list[str]:
    """Offer shipped claims by their names, folders, and YAML files."""
    names = [Path(name).stem for name in _names_in(SHIPPED / "claims", "*.yaml")]
    return [*_starting(names, incomplete), *_files(incomplete)]


def _files(incomplete: str) -> list[str]:
    files = [str(path) for path in _paths(incomplete) if path.suffix == ".yaml"]
    return _starting([*files, *_folders(incomplete)], incomplete)


def _folders(incomplete: str) -> list[str]:
    return [f"{path}/" for path in _paths(incomplete) if path.is_dir()]


def complete_experiment(context: typer.Context, incomplete: str) -> list[str]:
    """Offer the experiments of the suites that are named before."""
    from chaos.experiment.loader import find_suite

    names: list[str] = []
    # an option that lacks its value keeps the words before it from becoming parameters
    for file in context.params.get("files") or context.args:
        with contextlib.suppress(Exception):  # a file that is no suite has no experiments
            names += _ids(find_suite(str(file)))
    return _starting(names, incomplete)


def _ids(path: Path) -> Sequence[str]:
    from chaos.experiment.yaml_file import read_mapping

    return [experiment["id"] for experiment in read_mapping(path, "").data["experiments"]]


def complete_run(incomplete: str) -> list[str]:
    """Offer run directories, and the folders on the way to them; at first those in runs/."""
    if not incomplete and Path("runs").is_dir():
        incomplete = "runs/"
    return _starting(
        [name.removesuffix("/") if _is_run(name) else name for name in _folders(incomplete)],
        incomplete,
    )


def _is_run(folder: str) -> bool:
    return (Path(folder) / "run.json").exists()


def complete_balancer(incomplete: str) -> list[str]:
    """Offer the modes of balancing."""
    names = (Path(name).stem for name in _names_in(BALANCERS, "*.py"))
    return _starting((name for name in names if not name.startswith("_")), incomplete)


def complete_runtime(incomplete: str) -> list[str]:
    """Offer the runtimes."""
    from lab.runtime.drivers import AUTO, DRIVERS

    return _starting([AUTO, *DRIVERS], incomplete)


def complete_driver(incomplete: str) -> list[str]:
    """Offer the runtimes by their own names."""
    from lab.runtime.drivers import DRIVERS

    return _starting(DRIVERS, incomplete)


def complete_language(incomplete: str) -> list[str]:
    """Offer the languages that have a catalogue."""
    return _starting((Path(name).stem for name in _names_in(CATALOGUES, "*.yaml")), incomplete)
