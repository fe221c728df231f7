"""What the image of a node is made of. Its tag is a hash of this. Pure."""

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
    """Return the hash that stands for all of the above."""
    return hashlib.sha256("\n".join([DOCKERFILE, SUITE, *PACKAGES]).encode()).hexdigest()[:12]


def tag() -> str:
    """Return the name of the image that this version of halab uses."""
    return f"{REPOSITORY}:{definition()}"


def labels(origin: str) -> dict[str, str]:
    """Return what an image of ours is found by; `origin`: registry or debootstrap."""
    return {DEFINITION: definition(), ORIGIN: origin}


def bootstrap_argv(target: str) -> list[str]:
    """Return the command that makes the same root file system without any registry."""
    include = f"--include={','.join(PACKAGES)}"
    return ["debootstrap", "--variant=minbase", include, SUITE, target, MIRROR]
