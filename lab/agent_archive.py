"""Packs the agent into one file that runs on nodes, with any Python from 3.9 up."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

import lab.agent

if TYPE_CHECKING:
    from collections.abc import Iterator

AGENT = Path(lab.agent.__file__).parent


def agent_files() -> Iterator[tuple[Path, str]]:
    """Yield every file of the agent with its name in the archive."""
    root = AGENT.parents[1]
    for source in (AGENT.parent / "__init__.py", *sorted(AGENT.rglob("*.py"))):
        yield source, str(source.relative_to(root))


def pack_agent(target: Path) -> None:
    """Write the agent as one file, to be run as `python agent.pyz node CONFIG` or `trunk`."""
    with zipfile.ZipFile(target, "w") as archive:
        archive.writestr("__main__.py", "from lab.agent.container import main\nmain()\n")
        for source, name in agent_files():
            archive.write(source, name)
