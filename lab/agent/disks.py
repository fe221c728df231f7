"""Disks of this node: ext4 on loop devices, so that a loss of power takes what was not synced.

The images lie in the node's directory; the mounts end with the keeper's mount namespace, and the
loop devices with the mounts.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import struct
import subprocess
import time

SIZE_MIB = 512
# linux/fs/ext4/ext4.h: the file system stops at once and its journal is not flushed
EXT4_IOC_SHUTDOWN = 0x8004587D
NO_LOG_FLUSH = 2
BUSY_TIMEOUT_S = 5.0
POLL_S = 0.05


def _run(*argv: str) -> None:
    done = subprocess.run(argv, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise ValueError(argv[0] + ": " + done.stderr.strip())


class Disks:
    """Makes, mounts and cuts the disks of one node, which may have none."""

    def __init__(self, directory: str) -> None:
        self._directory = directory
        self._points: list[str] = []

    def _image(self, point: str) -> str:
        return point + ".img"

    def make(self, path: str) -> None:
        """Make a disk and mount it at a path of the node's directory."""
        point = os.path.join(self._directory, path)
        os.makedirs(point, mode=0o700, exist_ok=True)
        with open(self._image(point), "wb") as image:
            image.truncate(SIZE_MIB * 2**20)
        _run("mkfs.ext4", "-q", "-F", "-m", "0", self._image(point))
        _run("mount", "-o", "loop", self._image(point), point)
        self._points.append(point)
        os.rmdir(os.path.join(point, "lost+found"))
        os.chmod(point, 0o700)

    def wipe(self, path: str) -> None:
        """Delete everything below a path of the node's directory, on a disk or not."""
        top = os.path.join(self._directory, path)
        for name in os.listdir(top):
            below = os.path.join(top, name)
            if os.path.isdir(below) and not os.path.islink(below):
                shutil.rmtree(below)
            else:
                os.unlink(below)

    def cut_power(self) -> None:
        """Stop every disk where it is: what was not synced is lost, writers get errors."""
        for point in self._points:
            handle = os.open(point, os.O_RDONLY)
            try:
                fcntl.ioctl(handle, EXT4_IOC_SHUTDOWN, struct.pack("I", NO_LOG_FLUSH))
            finally:
                os.close(handle)

    def unmount(self) -> None:
        """Unmount every disk; processes that use them must be gone."""
        for point in self._points:
            until_s = time.monotonic() + BUSY_TIMEOUT_S
            while os.path.ismount(point):
                try:
                    _run("umount", point)
                except ValueError:
                    # the kernel closes the files of a process a moment after its death
                    if time.monotonic() > until_s:
                        raise
                    time.sleep(POLL_S)

    def mount(self) -> None:
        """Mount every disk that is not mounted; ext4 replays its journal."""
        for point in self._points:
            if not os.path.ismount(point):
                _run("mount", "-o", "loop", self._image(point), point)
