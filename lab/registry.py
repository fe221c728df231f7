"""What exists on this machine: one directory a lab, its record written before the lab is made."""

from __future__ import annotations

import json
import os
import shutil
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from lab.errors import LabError


def state_home() -> Path:
    """Return where labs live: $XDG_STATE_HOME/halab, or ~/.local/state/halab."""
    base = os.environ.get("XDG_STATE_HOME")
    return (Path(base) if base else Path.home() / ".local" / "state") / "halab"


@dataclass
class LabRecord:
    """One lab on disk. `pid` is the keeper's, 0 while it is being made."""

    name: str
    spec: dict[str, Any]
    owned: bool
    pid: int = 0
    ports: dict[str, int] = field(default_factory=dict)


class Registry:
    """The labs of this user."""

    def __init__(self, home: Path | None = None) -> None:
        self.home = home or state_home()

    def directory(self, name: str) -> Path:
        """Return the directory of a lab, existing or not."""
        return self.home / "labs" / name

    def claim(self, record: LabRecord) -> Path:
        """Create the lab's directory and record; LabError when the name is taken."""
        directory = self.directory(record.name)
        try:
            directory.mkdir(parents=True)
        except FileExistsError as error:
            raise LabError(
                f"a lab named {record.name} exists; `halab down {record.name}` removes it"
            ) from error
        self.save(record)
        return directory

    def save(self, record: LabRecord) -> None:
        """Write the record atomically."""
        path = self.directory(record.name) / "lab.json"
        draft = path.with_suffix(".tmp")
        draft.write_text(json.dumps(asdict(record), indent=2))
        draft.replace(path)

    def load(self, name: str) -> LabRecord:
        """Read one record; LabError when there is no such lab or its record is broken."""
        path = self.directory(name) / "lab.json"
        try:
            return LabRecord(**json.loads(path.read_text()))
        except FileNotFoundError as error:
            raise LabError(f"there is no lab named {name}; `halab status` lists them") from error
        except (ValueError, TypeError) as error:
            raise LabError(f"{path} is broken ({error}); `halab gc` removes it") from error

    def names(self) -> list[str]:
        """Return the names of all labs, alive or not."""
        labs = self.home / "labs"
        return sorted(path.name for path in labs.iterdir()) if labs.is_dir() else []

    def forget(self, name: str) -> None:
        """Delete a lab's directory."""
        shutil.rmtree(self.directory(name), ignore_errors=True)
