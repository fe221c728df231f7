"""The endpoint that a user names, checked before any request is sent."""

from __future__ import annotations

import socket
import ssl
from dataclasses import asdict, dataclass
from pathlib import Path
from urllib.parse import urlsplit

from chaos.errors import InputError
from chaos.user_file import read_user_file

DEFAULT_PORTS = {"https": 443, "http": 80}
CONNECT_TIMEOUT_S = 2.0
# of a file of authorities: a system's has 200 KB
MOST_BYTES = 16 * 1024 * 1024


@dataclass(frozen=True)
class ObservedEndpoint:
    """Where requests go. `authority`: the Host header."""

    url: str
    secure: bool
    host: str
    port: int
    path: str
    authority: str


@dataclass(frozen=True)
class Identity:
    """Files of a TLS client. `ca` "": the system's authorities. `cert` "": no certificate."""

    ca: str = ""
    cert: str = ""
    key: str = ""


def parse_url(url: str) -> ObservedEndpoint:
    """Parse a URL. Raises InputError."""
    example = "wanted http(s)://HOST[:PORT][/PATH], for example https://10.0.0.5:6443/livez"
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError as error:
        raise InputError(f"--url {url}: {error}; {example}") from error
    if parts.scheme not in DEFAULT_PORTS or not host:
        raise InputError(f"--url {url}: {example}")
    if parts.username is not None:
        raise InputError(f"--url {url}: a user in the URL would appear in the report; {example}")
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    if any(character <= " " or character > "~" for character in path + host):
        raise InputError(f"--url {url}: only printable ASCII may be sent; {example}")
    # `is None`, because port 0 is refused below
    port = DEFAULT_PORTS[parts.scheme] if port is None else port
    if port == 0:
        raise InputError(f"--url {url}: port 0 does not exist; {example}")
    return ObservedEndpoint(url, parts.scheme == "https", host, port, path, parts.netloc)


def check_identity(endpoint: ObservedEndpoint, identity: Identity) -> None:
    """Read the files as the prober will. Raises InputError."""
    files = asdict(identity)
    if not endpoint.secure and any(files.values()):
        raise InputError(f"--cert, --key and --ca are for https; {endpoint.url} is not")
    if identity.key and not identity.cert:
        raise InputError("--key needs --cert: a key alone identifies no client")
    for name, path in files.items():
        try:
            if path:
                read_user_file(Path(path), MOST_BYTES)
        except InputError as error:
            raise InputError(f"--{name}: {error}") from error
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    try:
        if identity.ca:
            context.load_verify_locations(identity.ca)
    except OSError as error:
        raise InputError(f"--ca {identity.ca} holds no certificate in PEM: {error}") from error
    try:
        if identity.cert:
            # without a passphrase: no prompt is possible
            context.load_cert_chain(identity.cert, identity.key or None, password=lambda: b"")
    except OSError as error:
        raise InputError(
            f"--cert {identity.cert}{identity.key and f' --key {identity.key}'}: not a "
            f"certificate and its key in PEM, without passphrase: {error}"
        ) from error


def probed_address(endpoint: ObservedEndpoint) -> str:
    """Return the first address that accepts a connection, else the first one.

    It is resolved once, because DNS is not measured. Raises InputError for an unknown name.
    """
    try:
        resolved = socket.getaddrinfo(endpoint.host, endpoint.port, type=socket.SOCK_STREAM)
    except OSError as error:
        raise InputError(f"--url {endpoint.url}: {endpoint.host}: {error.strerror}") from error
    addresses = list(dict.fromkeys(str(address[0]) for *_, address in resolved))
    if len(addresses) > 1:
        for address in addresses:
            try:
                socket.create_connection((address, endpoint.port), CONNECT_TIMEOUT_S).close()
            except OSError:
                continue
            return address
    return addresses[0]
