"""A kubeconfig with its certificates inside, for clients on the host."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING

import yaml

if TYPE_CHECKING:
    from pathlib import Path


def render(port: int, pki: Path, user: str) -> str:
    """Return a kubeconfig for https://127.0.0.1:`port` with the user's certificate inside."""

    def data(name: str) -> str:
        return base64.b64encode((pki / name).read_bytes()).decode()

    cluster = {
        "server": f"https://127.0.0.1:{port}",
        "certificate-authority-data": data("ca.crt"),
    }
    credentials = {
        "client-certificate-data": data(f"{user}.crt"),
        "client-key-data": data(f"{user}.key"),
    }
    return yaml.safe_dump(
        {
            "apiVersion": "v1",
            "kind": "Config",
            "current-context": "halab",
            "contexts": [{"name": "halab", "context": {"cluster": "halab", "user": user}}],
            "clusters": [{"name": "halab", "cluster": cluster}],
            "users": [{"name": user, "user": credentials}],
        }
    )
