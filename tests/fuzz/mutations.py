"""What can be deleted, doubled, moved or cut off in a run directory, at random from a seed."""

from __future__ import annotations

import json
import random
import shutil
from typing import TYPE_CHECKING, Any

from tests.fuzz.streams import lines_mutated, samples_mutated, truncated

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

# what was demanded before a run is no evidence that could be missing
DEMANDS = {"expect", "expected", "claims"}
Place = tuple[Any, Any, str]


def mutate(directory: Path, seed: str) -> str:
    """Change one thing of a run directory; return what was done."""
    chance = random.Random(seed)
    for _ in range(100):
        if done := chance.choice([_file, _file, _file, _file, _record, _files])(directory, chance):
            return done
    raise AssertionError(f"nothing of {directory} can be changed")


def _file(directory: Path, chance: random.Random) -> str:
    paths = sorted(path for path in directory.rglob("*") if path.is_file())
    path = chance.choice([path for path in paths if path.name != "run.json"])
    content, renumber = path.read_bytes(), chance.random() < 0.5
    if chance.random() < 0.05:
        changed = truncated(content, chance)
    elif path.suffix == ".jsonl":
        changed = lines_mutated(content, chance, renumber=renumber)
    elif path.suffix == ".parquet":
        changed = samples_mutated(content, chance, renumber=renumber)
    else:
        changed = _json_mutated(content, chance)
    if changed is None:
        return ""
    path.write_bytes(changed[0])
    numbers = "renumbered" if renumber else "with its numbers"
    return f"{path.relative_to(directory)}, {numbers}: {changed[1]}"


def _record(directory: Path, chance: random.Random) -> str:
    path = chance.choice(sorted(directory.rglob("run.json")))
    if changed := _json_mutated(path.read_bytes(), chance):
        path.write_bytes(changed[0])
        return f"{path.relative_to(directory)}: {changed[1]}"
    return ""


def _json_mutated(content: bytes, chance: random.Random) -> tuple[bytes, str] | None:
    """Delete, double or move an element or a field, at any depth but within demands."""
    whole = json.loads(content)
    holder, key, path = chance.choice(list(_places(whole, "")))
    done = "delete"
    if isinstance(holder, list) and chance.random() < 0.5:
        other = chance.randrange(len(holder))
        done = chance.choice(["double", f"swap with {other}"])
        if done == "double":
            holder.insert(key, holder[key])
        else:
            holder[key], holder[other] = holder[other], holder[key]
    else:
        del holder[key]
    return json.dumps(whole, indent=1).encode(), f"{done} {path}"


def _places(value: Any, path: str) -> Iterator[Place]:
    """Yield every holder with a key of it; an element of a list is drawn as often as a field."""
    keys = list(value) if isinstance(value, dict) else range(len(value))
    for key in keys:
        if key in DEMANDS or path.endswith("/values"):
            continue
        yield value, key, f"{path}/{key}"
        if isinstance(value[key], dict | list):
            yield from _places(value[key], f"{path}/{key}")


def _files(directory: Path, chance: random.Random) -> str:
    """Delete a file or a folder, double a trial, or swap two trials or files of theirs."""
    trials = sorted(path for path in directory.rglob("trials/*") if path.is_dir())
    below = sorted(path for path in directory.glob("experiments/*/*") if path.is_dir())
    files = sorted(path for path in directory.rglob("*") if path.is_file())
    kind = chance.choice(["delete", "double", "swap", "swap files"])
    if kind == "delete":
        path = chance.choice([*trials, *below, *files])
        shutil.rmtree(path) if path.is_dir() else path.unlink()
        return f"delete {path.relative_to(directory)}"
    if kind == "double" and trials:
        path = chance.choice(trials)
        shutil.copytree(path, path.with_name("0009"))
        return f"copy {path.relative_to(directory)} to 0009"
    folders = chance.choice([trials, below])
    if len(folders) < 2:
        return ""
    first, second = chance.sample(folders, 2)
    if kind == "swap files":
        names = sorted({path.name for path in first.iterdir()} & {p.name for p in second.iterdir()})
        if not names:
            return ""
        name = chance.choice(names)
        first, second = first / name, second / name
    _swap(first, second)
    return f"swap {first.relative_to(directory)} and {second.relative_to(directory)}"


def _swap(first: Path, second: Path) -> None:
    aside = first.with_name("aside")
    first.rename(aside)
    second.rename(first)
    aside.rename(second)
