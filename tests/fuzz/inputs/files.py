"""Files that users write, changed: suites, claims, expected tables, balancers' files."""

from __future__ import annotations

import copy
import shutil
from functools import cache
from typing import TYPE_CHECKING, Any

import yaml

from chaos.experiment.loader import SHIPPED
from tests.fuzz.inputs.balancer_texts import BALANCERS
from tests.fuzz.inputs.command import Input
from tests.fuzz.inputs.nasty import changed_bytes, changed_data, changed_text

if TYPE_CHECKING:
    import random
    from collections.abc import Callable
    from pathlib import Path

REFUSED_OR_FINE = frozenset({0, 2})
TABLES = (
    "size,majority,tolerance\n1,1,0\n2,2,0\n3,2,1\n4,3,1\n5,3,2\n",
    "\ufeffSize,Majority,Tolerance\r\n3,2,1\r\n",
    'size,majority,tolerance\n"3","2","1"\n',
)


class _Dumper(yaml.SafeDumper):
    """Writes what no file of the project has: aliases, long lines."""


@cache
def _suites() -> dict[str, str]:
    paths = [*SHIPPED.glob("*.yaml"), *SHIPPED.glob("proofs/*.yaml")]
    return {path.name: path.read_text(encoding="utf-8") for path in sorted(paths)}


@cache
def _claims() -> dict[str, str]:
    paths = sorted(SHIPPED.glob("claims/*.yaml"))
    return {path.name: path.read_text(encoding="utf-8") for path in paths}


@cache
def _data_of(text: str) -> Any:
    return yaml.safe_load(text)


def suite(chance: random.Random, folder: Path) -> Input:
    """Return a dry run of a suite that was changed."""
    path, done = _yaml(_suites(), chance, folder)
    argv = ["run", str(path), "--dry-run", *chance.choice(([], ["--lang", "zh"], ["--seed", "1"]))]
    return Input(argv, REFUSED_OR_FINE, [str(path)], done)


def claims(chance: random.Random, folder: Path) -> Input:
    """Return a dry run of claims that were changed."""
    beside = folder / "suites"  # the suites that claims name are in the folder above
    if not beside.exists():
        shutil.copytree(SHIPPED, beside, ignore=shutil.ignore_patterns("*.py", "__pycache__"))
    path, done = _yaml(_claims(), chance, beside / "claims")
    return Input(["claims", str(path), "--dry-run"], REFUSED_OR_FINE, [str(path)], done)


def expected(chance: random.Random, folder: Path) -> Input:
    """Return a dry run with an expected table that was changed."""
    path, done = _changed("expected.csv", chance.choice(TABLES), chance, folder, changed_text)
    argv = ["tolerance", "--expect", str(path), "--dry-run"]
    return Input(argv, REFUSED_OR_FINE, [str(path)], done)


def balancer(chance: random.Random, folder: Path) -> Input:
    """Return a dry run with a balancer's file that was changed."""
    name = chance.choice(sorted(BALANCERS))
    path, done = _changed(name, BALANCERS[name], chance, folder, changed_text)
    argv = ["run", "balancers", "--lb", name.partition("-")[0], "--lb-config", str(path)]
    return Input([*argv, "--dry-run"], REFUSED_OR_FINE, [path.name], f"{name} {done}")


def _yaml(texts: dict[str, str], chance: random.Random, folder: Path) -> tuple[Path, str]:
    """Write a file of YAML: changed as text, as data or both."""
    name = chance.choice(sorted(texts))
    text, done = texts[name], []
    if chance.random() < 0.6:
        data = copy.deepcopy(_data_of(text))
        for _ in range(chance.choice((0, 1, 1, 1, 2, 3))):
            data = changed_data(data, chance)
        text = yaml.dump(data, Dumper=_Dumper, allow_unicode=chance.random() < 0.5)
        done.append("data")
        if chance.random() < 0.8:
            return _written(name, text.encode(errors="surrogatepass"), folder), f"{name} data"
    path, how = _changed(name, text, chance, folder, changed_text)
    return path, " ".join([name, *done, how])


def _changed(
    name: str,
    text: str,
    chance: random.Random,
    folder: Path,
    change: Callable[[str, random.Random], str],
) -> tuple[Path, str]:
    """Write a text, changed; now and then its bytes are changed too."""
    for _ in range(chance.choice((0, 1, 1, 1, 2, 4))):
        text = change(text, chance)
    content, done = text.encode(errors="surrogatepass"), "text"
    if chance.random() < 0.2:
        content, done = changed_bytes(content, chance), "text bytes"
    return _written(name, content, folder), done


def _written(name: str, content: bytes, folder: Path) -> Path:
    path = folder / name
    path.write_bytes(content)
    return path
