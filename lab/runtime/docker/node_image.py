"""The definition of the image of a node; its tag is a hash of it. Pure."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING

from lab.balancers.registry import packages as balancer_packages

if TYPE_CHECKING:
    from collections.abc import Sequence

REPOSITORY = "halab-node"
SUITE = "bookworm"
# debian:bookworm-slim of all architectures, as published; by its digest, for a tag may move
BASE = "debian@sha256:96e378d7e6531ac9a15ad505478fcc2e69f371b10f5cdf87857c4b8188404716"
MIRROR = "http://deb.debian.org/debian"
# Of Debian's archive: what it does not confirm is not installed.
KEYRING = Path("/usr/share/keyrings/debian-archive-keyring.gpg")
DEFINITION, ORIGIN = "halab.image", "halab.origin"
PACKAGES = (
    *balancer_packages(),
    *("nftables", "iproute2", "e2fsprogs", "procps", "python3", "ca-certificates"),
)
DOCKERFILE = f"""\
FROM {BASE}
ARG DEBIAN_FRONTEND=noninteractive
RUN apt-get update -q \\
 && apt-get install -y -q --no-install-recommends {" ".join(PACKAGES)} \\
 && rm -rf /var/lib/apt/lists/*
"""


def definition() -> str:
    """Return the hash of everything that the image is made of."""
    return hashlib.sha256("\n".join([DOCKERFILE, SUITE, *PACKAGES]).encode()).hexdigest()[:12]


def tag() -> str:
    """Return the name of the image that this version of halab uses."""
    return f"{REPOSITORY}:{definition()}"


def image_labels(origin: str) -> dict[str, str]:
    """Return the labels of an image; `origin`: registry or debootstrap."""
    return {DEFINITION: definition(), ORIGIN: origin}


def bootstrap_argv(target: str, packages: Sequence[str] = PACKAGES) -> list[str]:
    """Return the command that makes a root file system with these packages without a registry."""
    checked = ("--force-check-gpg", f"--keyring={KEYRING}")
    include = f"--include={','.join(packages)}"
    return ["debootstrap", *checked, "--variant=minbase", include, SUITE, target, MIRROR]
