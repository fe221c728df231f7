"""Where halab keeps files: the user's folders for state and for caches."""

from __future__ import annotations

import os
import re
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from lab.errors import RuntimeUnavailableError, SettingError
from lab.sentence import sentence

if TYPE_CHECKING:
    from lab.sentence import Sentence

LAB_NAME = r"[a-z][a-z0-9-]{0,19}"


def state_home() -> Path:
    """Return where labs live: $XDG_STATE_HOME/halab, or ~/.local/state/halab.

    Raises SettingError, as `cache_home`.
    """
    return _home("XDG_STATE_HOME", ".local/state")


def cache_home() -> Path:
    """Return where binaries are: $XDG_CACHE_HOME/halab, or ~/.cache/halab."""
    return _home("XDG_CACHE_HOME", ".cache")


def _home(variable: str, usual: str) -> Path:
    base = os.environ.get(variable)
    if base:
        if not Path(base).is_absolute():
            raise SettingError(_not_absolute(variable, base))
        return Path(base) / "halab"
    try:
        home = Path.home()
    except RuntimeError as error:
        raise SettingError(
            sentence(
                "no-home",
                "this user has no home directory: set HOME or {variable}",
                variable=variable,
            )
        ) from error
    if not home.is_absolute():
        raise SettingError(_not_absolute("HOME", str(home)))
    return home / usual / "halab"


def _not_absolute(variable: str, path: str) -> Sentence:
    return sentence(
        "path-not-absolute",
        "{variable}={path}: must be an absolute path",
        variable=variable,
        path=path,
    )


def check_writable(folder: Path) -> None:
    """Raise OSError where nothing can be made in a folder that exists or is to be made.

    Nothing is left of the attempt.
    """
    existing = next(path for path in (folder, *folder.absolute().parents) if path.exists())
    with tempfile.TemporaryDirectory(prefix=".halab-", dir=existing):
        pass


def check_homes() -> None:
    """Refuse folders for state and caches that nothing can be made in, or started from.

    Raises SettingError, RuntimeUnavailableError.
    """
    for variable, folder in (("XDG_STATE_HOME", state_home()), ("XDG_CACHE_HOME", cache_home())):
        try:
            check_writable(folder)
        except OSError as error:
            raise RuntimeUnavailableError(
                sentence(
                    "folder-not-writable",
                    "{folder} cannot be written ({error}); {variable} names another place",
                    folder=str(folder),
                    error=str(error.strerror),
                    variable=variable,
                )
            ) from error
    check_executable(cache_home())


def check_executable(folder: Path) -> None:
    """Raise RuntimeUnavailableError where programs in a folder cannot be started."""
    existing = next(path for path in (folder, *folder.parents) if path.exists())
    if os.statvfs(existing).f_flag & os.ST_NOEXEC:
        raise RuntimeUnavailableError(
            sentence(
                "folder-noexec",
                "{folder} is mounted noexec: the programs of a lab cannot be started from there; "
                "XDG_CACHE_HOME names another place",
                folder=str(folder),
            )
        )


def labs_folder(home: Path) -> Path:
    """Return the folder below a home that has a directory for each lab."""
    return home / "labs"


def is_lab_name(name: str) -> bool:
    """Whether a lab may have this name: nothing that leads to another folder is one."""
    return re.fullmatch(LAB_NAME, name) is not None


def lab_in(home: Path, directory: str) -> str:
    """Return the lab of a home whose directory this is, "" where it is anything else."""
    name = directory.rpartition("/")[2]
    return name if is_lab_name(name) and directory == str(labs_folder(home) / name) else ""
