"""The environment of every program that we start: of our making, whatever the user's shell has."""

from __future__ import annotations

import os

from lab.nodes import ENVIRONMENT

# Where system tools are, which an ordinary user's PATH often lacks.
SYSTEM_FOLDERS = ("/usr/local/sbin", "/usr/sbin", "/sbin")
# How this machine reaches other machines: only for programs that download something.
NETWORK = (
    *("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"),
    *("http_proxy", "https_proxy", "all_proxy", "no_proxy"),
    *("SSL_CERT_FILE", "SSL_CERT_DIR"),
)


def search_path() -> str:
    """Return the user's PATH and the folders of system tools; nothing of the current folder."""
    folders = [*os.environ.get("PATH", "").split(os.pathsep), *SYSTEM_FOLDERS]
    return os.pathsep.join(folder for folder in folders if os.path.isabs(folder))  # noqa: PTH117


def tools_environment() -> dict[str, str]:
    """Return the environment of programs: that of a service, and where the user has programs."""
    return {**dict(setting.split("=", 1) for setting in ENVIRONMENT), "PATH": search_path()}


def network_environment() -> dict[str, str]:
    """Return the environment of programs that download something: the user's proxies besides."""
    return {**tools_environment(), **{n: os.environ[n] for n in NETWORK if n in os.environ}}
