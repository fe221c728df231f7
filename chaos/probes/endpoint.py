"""Any endpoint that a user names, as the prober needs it. All input is checked before anything."""

from __future__ import annotations

import socket
import ssl
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from chaos.errors import InputError

if TYPE_CHECKING:
    from pathlib import Path

PORTS = {"https": 443, "http": 80}
CONNECT_TIMEOUT_S = 2.0


@dataclass(frozen=True)
class Target:
    """Where requests go: `address` is asked for all the time, for DNS is not what is measured."""

    url: str
    secure: bool
    host: str
    port: int
    path: str
    authority: str


@dataclass(frozen=True)
class Identity:
    """Files of the client: its certificate and key, and whom it trusts; None for the system's."""

    cert: Path | None = None
    key: Path | None = None
    ca: Path | None = None


def parse_url(url: str) -> Target:
    """Take a URL apart. Raises InputError."""
    example = "wanted http(s)://HOST[:PORT][/PATH], for example https://10.0.0.5:6443/livez"
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError as error:
        raise InputError(f"--url {url}: {error}; {example}") from error
    if parts.scheme not in PORTS or not host:
        raise InputError(f"--url {url}: {example}")
    if parts.username is not None:
        raise InputError(f"--url {url}: a user in the URL would end in the report; {example}")
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    if any(character <= " " or character > "~" for character in path + host):
        raise InputError(f"--url {url}: only printable ASCII may be sent; {example}")
    # `is None`, for port 0 is nobody's
    port = PORTS[parts.scheme] if port is None else port
    if port == 0:
        raise InputError(f"--url {url}: there is no port 0; {example}")
    return Target(url, parts.scheme == "https", host, port, path, parts.netloc)


def check_identity(target: Target, identity: Identity) -> None:
    """Read the files as the prober will. Raises InputError."""
    given = {"--ca": identity.ca, "--cert": identity.cert, "--key": identity.key}
    if not target.secure and any(given.values()):
        raise InputError(f"--cert, --key and --ca are for https; {target.url} is not")
    if identity.key is not None and identity.cert is None:
        raise InputError("--key without --cert: a key alone identifies nobody")
    for option, path in given.items():
        try:
            if path is not None:
                path.read_bytes()
        except OSError as error:
            raise InputError(f"{option} {path}: {error.strerror}") from error
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    if identity.ca is not None:
        try:
            context.load_verify_locations(identity.ca)
        except OSError as error:
            raise InputError(f"--ca {identity.ca} holds no certificate in PEM: {error}") from error
    if identity.cert is not None:
        try:
            # without a passphrase: nobody is there to type it
            context.load_cert_chain(identity.cert, identity.key, password=lambda: b"")
        except OSError as error:
            key = f" --key {identity.key}" if identity.key else ""
            raise InputError(
                f"--cert {identity.cert}{key}: not a certificate and its key in PEM, "
                f"without passphrase: {error}"
            ) from error


def resolve(target: Target) -> str:
    """Return the address that is probed: the first that accepts, else the first.

    Raises InputError for a name that nobody knows.
    """
    try:
        found = socket.getaddrinfo(target.host, target.port, type=socket.SOCK_STREAM)
    except OSError as error:
        raise InputError(f"--url {target.url}: {target.host}: {error.strerror}") from error
    addresses = list(dict.fromkeys(str(one[4][0]) for one in found))
    if len(addresses) > 1:
        for address in addresses:
            try:
                socket.create_connection((address, target.port), CONNECT_TIMEOUT_S).close()
            except OSError:
                continue
            return address
    return addresses[0]


def prober_config(target: Target, address: str, identity: Identity) -> dict[str, Any]:
    """Return what the prober's configuration says of the endpoint."""
    files = {"ca": identity.ca, "cert": identity.cert, "key": identity.key}
    tls = {name: str(path.absolute()) if path else "" for name, path in files.items()}
    return {
        "host": address,
        "port": target.port,
        "authority": target.authority,
        "tls": {"name": target.host, **tls} if target.secure else None,
    }
