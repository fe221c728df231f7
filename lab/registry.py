"""The labs of this machine: a directory for each; its record is written before the lab is made.

A directory appears with its record in it and disappears as a whole, so that one without a record is
not ours. What is being made or removed has a hidden name.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import tempfile
import uuid
from dataclasses import dataclass, field
from typing import IO, TYPE_CHECKING

from pydantic import ConfigDict, TypeAdapter, ValidationError

from lab import owner_lock
from lab.afterwards import if_it_fails
from lab.directories import is_lab_name, labs_folder, state_home
from lab.errors import CleanupError, LabError
from lab.found import FoundCluster  # noqa: TC001
from lab.leftover import Leftover
from lab.nodes import DEFAULT_NETWORK
from lab.runtime.base import Daemon  # noqa: TC001 (pydantic reads the record's types)
from lab.sentence import sentence
from lab.spec import LabSpec  # noqa: TC001

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

RECORD, OWNER_LOCK = "lab.json", "owner.lock"
MAKING, REMOVING = ".making-", ".removing-"
REMOVE_ATTEMPTS = 100


@dataclass
class LabRecord:
    """One lab on disk.

    `ports`: worker -> host port; `boots`: node -> its agent's boot id; `network`: the range of its
    addresses; `daemon`: what holds its nodes, where a daemon does; `found`: the cluster that it was
    made of, None where it was planned; `owned`: whether it ends with the command that makes
    it, as each lab does until it is released.
    """

    __pydantic_config__ = ConfigDict(extra="forbid")

    name: str
    spec: LabSpec
    ports: dict[str, int] = field(default_factory=dict)
    boots: dict[str, str] = field(default_factory=dict)
    network: str = DEFAULT_NETWORK
    daemon: Daemon | None = None
    found: FoundCluster | None = None
    owned: bool = False


RECORDS = TypeAdapter(LabRecord)


class Registry:
    """The labs of this user."""

    def __init__(self, home: Path | None = None) -> None:
        self.home = home or state_home()
        self._labs = labs_folder(self.home)

    def directory(self, name: str) -> Path:
        """Return the directory of a lab, existing or not. Raises LabError for no name of a lab."""
        if not is_lab_name(name):
            raise LabError(sentence("no-lab-name", "{name!r} is no name of a lab", name=name))
        return self._labs / name

    @contextlib.contextmanager
    def _exclusive(self) -> Iterator[None]:
        self.home.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.home.chmod(0o700)  # keys and sockets are below: nobody else may look
        self._labs.mkdir(mode=0o700, exist_ok=True)
        with (self.home / "lock").open("w") as handle:
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield

    def claim(self, record: LabRecord) -> IO[str]:
        """Create the lab's directory and record; LabError when the name is taken.

        Close the handle that is returned when the lab no longer depends on this process; should
        the process die before, the kernel does, and the lab is `unowned`.
        """
        directory = self.directory(record.name)
        with self._exclusive():
            if os.path.lexists(directory):
                raise LabError(
                    sentence(
                        "lab-exists",
                        "a lab named {lab} exists; `halab down {lab}` removes it",
                        lab=record.name,
                    )
                )
            draft = tempfile.mkdtemp(prefix=f"{MAKING}{record.name}-", dir=self._labs)
            making = self._labs / draft
            with if_it_fails(lambda: shutil.rmtree(making)):
                handle = os.fdopen(owner_lock.hold(making / OWNER_LOCK))
                with if_it_fails(handle.close):
                    _write(record, making)
                    making.rename(directory)
        return handle

    def is_taken(self, name: str, claim: IO[str]) -> bool:
        """Whether a lab with this name exists that is not the one of this claim."""
        try:
            lock = os.lstat(self.directory(name) / OWNER_LOCK)
        except FileNotFoundError:
            return False
        return not os.path.samestat(lock, os.fstat(claim.fileno()))

    @contextlib.contextmanager
    def unowned(self, name: str) -> Iterator[bool]:
        """Let nobody claim a lab meanwhile; yield whether no process owns this one."""
        lock = self.directory(name) / OWNER_LOCK
        with self._exclusive(), owner_lock.taken_over(lock) as free:
            yield free

    def save(self, record: LabRecord) -> None:
        """Write the record atomically."""
        _write(record, self.directory(record.name))

    def load(self, name: str) -> LabRecord:
        """Read one record; LabError when there is no such lab or its record is broken."""
        path = self.directory(name) / RECORD
        try:
            record = RECORDS.validate_json(path.read_bytes())
        except FileNotFoundError as error:
            if name in self.names():
                raise LabError(
                    f"{path} is missing; `halab down {name}` removes the rest"
                ) from error
            raise LabError(f"there is no lab named {name}; `halab status` lists them") from error
        except ValidationError as error:
            problems = "; ".join(
                ": ".join([*map(str, problem["loc"]), problem["msg"]]) for problem in error.errors()
            )
            raise LabError(
                f"{path} is broken ({problems}); `halab down {name}` removes it"
            ) from error
        if record.name != name:
            raise LabError(
                f"{path} is broken (it is the record of a lab named {record.name}); "
                f"`halab down {name}` removes it"
            )
        return record

    def names(self) -> list[str]:
        """Return the names of all labs, alive or not."""
        return sorted(path.name for path in self._entries() if _is_of_a_lab(path))

    def strangers(self) -> list[Leftover]:
        """Return what is among the labs and is no directory of one."""
        hidden = (MAKING, REMOVING)
        return [
            Leftover(str(path), "it is no directory of a lab", kept=True)
            for path in self._entries()
            if not _is_of_a_lab(path) and not path.name.startswith(hidden)
        ]

    def _entries(self) -> list[Path]:
        return sorted(self._labs.iterdir()) if self._labs.is_dir() else []

    def forget(self, name: str) -> None:
        """Delete a lab's directory. Raises CleanupError when something of it cannot be deleted."""
        directory = self.directory(name)
        removing = self._labs / f"{REMOVING}{name}-{uuid.uuid4().hex[:8]}"
        try:
            if directory.is_symlink():
                raise CleanupError(
                    sentence(
                        "directory-is-link",
                        "{directory} is a link, and no directory of a lab",
                        directory=str(directory),
                    )
                )
            directory.rename(removing)
            _remove(removing)
        except FileNotFoundError:
            return
        except OSError as error:
            raise CleanupError(
                sentence(
                    "directory-not-removed",
                    "cannot remove the directory of lab {lab}: {error}",
                    lab=name,
                    error=str(error),
                )
            ) from error

    def collect_halves(self, *, dry_run: bool) -> list[Leftover]:
        """Remove what commands that were killed have made or removed by half. Raises CleanupError.

        Nothing of it is a lab that can run: it has no nodes yet, or none any more.
        """
        if not self._labs.is_dir():
            return []
        removed = []
        with self._exclusive():
            for path in self._entries():
                if not path.name.startswith((MAKING, REMOVING)) or path.is_symlink():
                    continue
                with owner_lock.taken_over(path / OWNER_LOCK) as free:
                    if not free:
                        continue
                    removed.append(Leftover(str(path), "the command that was at it has ended"))
                    if not dry_run:
                        try:
                            _remove(path)
                        except OSError as error:
                            raise CleanupError(f"cannot remove {path}: {error}") from error
        return removed


def _is_of_a_lab(path: Path) -> bool:
    return is_lab_name(path.name) and path.is_dir() and not path.is_symlink()


def _write(record: LabRecord, directory: Path) -> None:
    path = directory / RECORD
    draft = path.with_suffix(".tmp")
    draft.write_text(RECORDS.dump_json(record, indent=2).decode())
    draft.replace(path)


def _remove(directory: Path) -> None:
    """Delete a directory that others may be deleting too. Raises OSError."""
    for attempt in range(REMOVE_ATTEMPTS):
        try:
            shutil.rmtree(directory)
        except FileNotFoundError:
            if attempt == REMOVE_ATTEMPTS - 1:
                raise
        if not directory.exists():
            return
