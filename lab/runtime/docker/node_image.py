"""The definition of the image of a node; its tag is a hash of it. Pure."""

from __future__ import annotations

import hashlib

from lab.balancers.registry import packages

REPOSITORY = "halab-node"
SUITE = "bookworm"
BASE = f"debian:{SUITE}-slim"
MIRROR = "http://deb.debian.org/debian"
DEFINITION, ORIGIN = "halab.image", "halab.origin"
PACKAGES = (
    *packages(),
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


def bootstrap_argv(target: str) -> list[str]:
    """Return the command that makes the same root file system without a registry."""
    include = f"--include={','.join(PACKAGES)}"
    return ["debootstrap", "--variant=minbase", include, SUITE, target, MIRROR]
