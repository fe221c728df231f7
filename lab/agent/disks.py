"""Disks of a node that can lose their power: ext4 on a loop device, mounted in the lab's mounts.

What was fsynced before the loss is there after it; what was not is gone.
"""

from __future__ import annotations

import fcntl
import os
import struct
import subprocess
import time

# EXT4_IOC_SHUTDOWN, and its flag that does not even flush the journal (fs/ext4/ext4.h).
SHUTDOWN = 0x8004587D
NO_LOG_FLUSH = 2
UNMOUNT_TIMEOUT_S = 10.0


def run(*argv: str) -> None:
    """Run a command. Raises ValueError with what it said."""
    done = subprocess.run(argv, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise ValueError(" ".join(argv) + ": " + done.stderr.strip())


class Disks:
    """The disks of one node, by the folder on which each is mounted."""

    def __init__(self, directory: str) -> None:
        self._directory = directory
        self._images: dict[str, str] = {}

    def make(self, folder: str, size_mib: int) -> None:
        """Make a disk and mount it on a folder of the node's directory."""
        mount_point = os.path.join(self._directory, folder)
        image = mount_point + ".img"
        os.makedirs(mount_point, exist_ok=True)
        with open(image, "wb") as handle:
            handle.truncate(size_mib * 2**20)
        run("mkfs.ext4", "-q", "-F", image)
        self._images[mount_point] = image
        self._mount(mount_point)
        os.chmod(mount_point, 0o700)

    def _mount(self, mount_point: str) -> None:
        # the kernel frees the loop device when the last mount of it goes
        run("mount", "-o", "loop", self._images[mount_point], mount_point)

    def lose_power(self) -> None:
        """Forget what was not synced, on every disk; writers get errors from here on."""
        for mount_point in self._images:
            fd = os.open(mount_point, os.O_RDONLY | os.O_DIRECTORY)
            try:
                fcntl.ioctl(fd, SHUTDOWN, struct.pack("I", NO_LOG_FLUSH))
            finally:
                os.close(fd)

    def unmount(self) -> None:
        """Unmount every disk; whoever used one is dead by now, or about to be."""
        for mount_point in self._images:
            until_s = time.monotonic() + UNMOUNT_TIMEOUT_S
            while os.path.ismount(mount_point):
                try:
                    run("umount", mount_point)
                except ValueError:
                    if time.monotonic() > until_s:
                        raise
                    time.sleep(0.02)

    def power_on(self) -> None:
        """Mount every disk again; the journal is replayed, as at a boot."""
        for mount_point in self._images:
            if not os.path.ismount(mount_point):
                self._mount(mount_point)
