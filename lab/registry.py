"""The labs of this machine: a directory for each; its record is written before the lab is made."""

from __future__ import annotations

import contextlib
import fcntl
import json
import shutil
from dataclasses import asdict, dataclass, field
from typing import IO, TYPE_CHECKING

from lab.directories import state_home
from lab.errors import CleanupError, LabError
from lab.nodes import DEFAULT_NETWORK
from lab.spec import LabSpec

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path


@dataclass
class LabRecord:
    """One lab on disk.

    `ports`: worker -> host port; `boots`: node -> its agent's boot id; `network`: the range of its
    addresses.
    """

    name: str
    spec: LabSpec
    ports: dict[str, int] = field(default_factory=dict)
    boots: dict[str, str] = field(default_factory=dict)
    network: str = DEFAULT_NETWORK


class Registry:
    """The labs of this user."""

    def __init__(self, home: Path | None = None) -> None:
        self.home = home or state_home()

    def directory(self, name: str) -> Path:
        """Return the directory of a lab, existing or not."""
        return self.home / "labs" / name

    @contextlib.contextmanager
    def _exclusive(self) -> Iterator[None]:
        self.home.mkdir(parents=True, exist_ok=True)
        with (self.home / "lock").open("w") as handle:
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield

    def claim(self, record: LabRecord) -> IO[str]:
        """Create the lab's directory and record; LabError when the name is taken.

        Close the handle that is returned when the lab no longer depends on this process; should
        the process die before, the kernel does, and `collect` may remove the directory.
        """
        directory = self.directory(record.name)
        with self._exclusive():
            try:
                directory.mkdir(parents=True)
            except FileExistsError as error:
                raise LabError(
                    f"a lab named {record.name} exists; `halab down {record.name}` removes it"
                ) from error
            handle = (directory / "owner.lock").open("w")
            fcntl.flock(handle, fcntl.LOCK_EX)
            self.save(record)
        return handle

    def collect(self, name: str, remove: Callable[[], None] = lambda: None) -> bool:
        """Remove a lab and its directory unless a process owns it; return whether it was removed.

        `remove` removes the leftovers of its nodes. Only for a lab that does not run. Raises
        CleanupError.
        """
        with self._exclusive():
            lock = self.directory(name) / "owner.lock"
            if lock.exists():
                with lock.open("r") as handle:
                    try:
                        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    except BlockingIOError:
                        return False
            remove()
            self.forget(name)
            return True

    def save(self, record: LabRecord) -> None:
        """Write the record atomically."""
        path = self.directory(record.name) / "lab.json"
        draft = path.with_suffix(".tmp")
        fields = {**asdict(record), "spec": record.spec.model_dump()}
        draft.write_text(json.dumps(fields, indent=2))
        draft.replace(path)

    def load(self, name: str) -> LabRecord:
        """Read one record; LabError when there is no such lab or its record is broken."""
        path = self.directory(name) / "lab.json"
        try:
            record = LabRecord(**json.loads(path.read_text()))
            # until here it is a dictionary
            record.spec = LabSpec.model_validate(record.spec)
        except FileNotFoundError as error:
            if name in self.names():
                raise LabError(
                    f"{path} is missing; `halab down {name}` removes the rest"
                ) from error
            raise LabError(f"there is no lab named {name}; `halab status` lists them") from error
        except (ValueError, TypeError) as error:
            raise LabError(f"{path} is broken ({error}); `halab down {name}` removes it") from error
        return record

    def names(self) -> list[str]:
        """Return the names of all labs, alive or not."""
        labs = self.home / "labs"
        return (
            sorted(path.name for path in labs.iterdir() if path.is_dir()) if labs.is_dir() else []
        )

    def forget(self, name: str) -> None:
        """Delete a lab's directory. Raises CleanupError when something of it cannot be deleted."""
        try:
            shutil.rmtree(self.directory(name))
        except FileNotFoundError:
            return
        except OSError as error:
            raise CleanupError(f"cannot remove the directory of lab {name}: {error}") from error
