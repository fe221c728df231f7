"""What an outside observer sees of a port."""

from __future__ import annotations

import socket
import ssl


def dial(host: str, port: int, tls: bool, timeout_s: float) -> str:
    """Say what is seen.

    refused, timeout (nobody answers at all), unreachable, silent (accepted, and then nothing),
    reset, or answered.
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
        return "reset"  # closed without a word, as nginx does when it has no master to give
    except ssl.SSLError:
        return "answered"  # it speaks TLS, and wants a certificate that we do not show
    except OSError:
        return "reset"
    return "answered"
