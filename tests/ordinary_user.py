"""Somebody without an entry in /etc/passwd and without any right: only a number for the kernel."""

from __future__ import annotations

import os
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
ORDINARY_UID = 23456


def closed_ancestors(paths):
    """Return the outermost folders above the paths that others may not enter."""
    closed = set()
    for path in paths:
        for folder in reversed(path.parents):
            if not folder.stat().st_mode & 0o001:
                closed.add(folder)
                break
    return sorted(closed)


def opened(paths):
    """Return a shell script that makes the paths reachable, in this mount namespace only."""
    lines = ["set -e", "stage=$(mktemp -d)", "mount -t tmpfs -o mode=755 tmpfs $stage"]
    for number, path in enumerate(paths):
        lines += [f"mkdir $stage/{number}", f"mount --bind {path} $stage/{number}"]
    for folder in closed_ancestors(paths):
        lines.append(f"mount -t tmpfs -o mode=755 tmpfs {folder}")
        for number, path in enumerate(paths):
            if folder in path.parents:
                lines += [f"mkdir -p {path}", f"mount --bind $stage/{number} {path}"]
    return "\n".join(lines)


def as_ordinary(argv, home, *groups, readable=()):
    """Return the command line that runs `argv` as somebody without any right but his groups'.

    `readable`: folders that are needed beside the sources, the interpreter and his home.
    """
    if os.geteuid() != 0:
        return argv
    paths = [ROOT, Path(sys.base_prefix), home, *readable]
    home.chmod(0o700)
    os.chown(home, ORDINARY_UID, ORDINARY_UID)
    member = f"--groups={','.join(map(str, groups))}" if groups else "--clear-groups"
    drop = (
        f"exec setpriv --reuid={ORDINARY_UID} --regid={ORDINARY_UID} {member} "
        '--inh-caps=-all -- "$@"'
    )
    return ["unshare", "--mount", "sh", "-c", f"{opened(paths)}\n{drop}", "sh", *argv]
