"""Run directories of every kind, changed: as bytes, as JSON, as files of another sort."""

from __future__ import annotations

import json
import os
import shutil
from typing import TYPE_CHECKING, Any

from tests.fuzz.bases import HISTORIES, made_bases
from tests.fuzz.inputs.command import Input
from tests.fuzz.inputs.nasty import changed_bytes, changed_data
from tests.net.convert import convert
from tests.net.saved import run_of

if TYPE_CHECKING:
    import random
    from collections.abc import Callable
    from pathlib import Path

# beside the made runs: what was measured by an earlier version, of the kinds that those lack
SAVED = ("claims", "interrupted", "probe", "splits", "tolerance")
MOST_BYTES = 1 << 20
CODES = frozenset({0, 1, 2, 5})
COMMANDS = (
    *("analyze", "analyze --json", "analyze --lang zh", "report", "compare"),
    *("list", "list --page", "list --json"),
)


def bases(folder: Path) -> list[Path]:
    """Write a run directory of each kind; return where they are."""
    saved = [convert(run_of(name), folder / f"saved-{name}") for name in SAVED]
    return [*made_bases(folder), *saved, *sorted(HISTORIES.iterdir())]


def run_directory(base: Path, chance: random.Random, folder: Path) -> Input:
    """Return a command about a copy of a run directory that was changed."""
    run = folder / "runs" / base.name
    shutil.rmtree(run.parent, ignore_errors=True)
    shutil.copytree(base, run)
    done = []
    for _ in range(chance.choice((1, 1, 1, 2, 3))):
        if files := _files(run):
            path = chance.choice(files)
            change = chance.choice(CHANGES)
            change(path, chance, run)
            done.append(f"{change.__name__} {path.relative_to(run)}")
    command, *options = chance.choice(COMMANDS).split()
    if command == "list":
        argv = ["list", "--runs-dir", str(run.parent), *options]
        return Input(argv, frozenset({0}), done="; ".join(done))
    about = [str(run), str(base)] if command == "compare" else [str(run)]
    return Input([command, *about, *options], CODES, [str(run)], "; ".join([base.name, *done]))


def _files(run: Path) -> list[Path]:
    """Return the files that can be read at once."""
    found = (path for path in run.rglob("*") if path.is_file() and not path.is_symlink())
    return sorted(path for path in found if path.stat().st_size < MOST_BYTES)


def _bytes(path: Path, chance: random.Random, _: Path) -> None:
    path.write_bytes(changed_bytes(path.read_bytes(), chance))


def _json(path: Path, chance: random.Random, run: Path) -> None:
    """Change a value of a JSON file, or of some lines of a stream."""
    if path.suffix == ".json":
        try:
            data = json.loads(path.read_bytes())
        except ValueError:  # it was changed before
            return
        for _ in range(chance.randrange(1, 4)):
            data = changed_data(data, chance)
        path.write_text(_dumped(data), errors="surrogatepass")
    elif path.suffix == ".jsonl":
        lines = path.read_bytes().splitlines()
        for _ in range(chance.randrange(1, 4) if lines else 0):
            place = chance.randrange(len(lines))
            try:
                data = changed_data(json.loads(lines[place]), chance)
            except ValueError:  # it was changed before
                continue
            lines[place] = _dumped(data).encode(errors="surrogatepass")
        path.write_bytes(b"".join(line + b"\n" for line in lines))
    else:
        _bytes(path, chance, run)


def _dumped(data: Any) -> str:
    return json.dumps(data, default=str, ensure_ascii=False)


def _gone(path: Path, _: random.Random, __: Path) -> None:
    path.unlink()


def _of_another_sort(path: Path, chance: random.Random, _: Path) -> None:
    path.unlink()
    match chance.randrange(6):
        case 0:
            os.mkfifo(path)
        case 1:
            path.symlink_to("/dev/zero")
        case 2:
            path.symlink_to("/etc/passwd")
        case 3:
            path.mkdir()
        case 4:
            with path.open("wb") as file:
                file.truncate(1 << 40)
        case _:
            path.symlink_to(path)


def _another_files(path: Path, chance: random.Random, run: Path) -> None:
    """Put another file of the run in its place."""
    if files := [other for other in _files(run) if other != path]:
        path.write_bytes(chance.choice(files).read_bytes())


def _as_name(path: Path, chance: random.Random, _: Path) -> None:
    """Give the folder of a trial, or a file, a name that it must not have."""
    name = chance.choice(("0001", "x", "\x1b[31m", "=1", "99999", "a\udcffb"))
    folder = path.parent if path.parent.name.isdigit() else path
    if not folder.with_name(name).exists():
        folder.rename(folder.with_name(name))


CHANGES: tuple[Callable[[Path, random.Random, Path], None], ...] = (
    *(_json, _json, _json, _json, _bytes, _bytes),
    *(_gone, _of_another_sort, _another_files, _as_name),
)
