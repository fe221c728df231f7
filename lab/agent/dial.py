"""Whether a port answers, as an outside observer sees it."""

from __future__ import annotations

import socket
import ssl


def dial(host: str, port: int, tls: bool, timeout_s: float) -> str:
    """Return refused, timeout, unreachable, silent, reset, or answered.

    timeout: nobody answers at all; silent: the connection is accepted, and nothing follows.
    """
    try:
        connection = socket.create_connection((host, port), timeout_s)
    except ConnectionRefusedError:
        return "refused"
    except socket.timeout:
        return "timeout"
    except OSError:
        return "unreachable"
    with connection:
        return _shake_hands(connection) if tls else "answered"


def _shake_hands(connection: socket.socket) -> str:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    try:
        context.wrap_socket(connection).close()
    except socket.timeout:
        return "silent"
    except ssl.SSLEOFError:
        return "reset"  # closed without any data, as nginx does when it has no master
    except ssl.SSLError:
        return "answered"  # it speaks TLS, and wants a certificate of the client
    except OSError:
        return "reset"
    return "answered"
