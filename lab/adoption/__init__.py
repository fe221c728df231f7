"""A user's own balancer file, fitted to a lab: listens at the frontend, balances its masters.

Its servers become the masters in their order, its listen address the frontend. Timeouts, weights,
the way of balancing and health checks stay as they are; what names things of the user's host
(files, users, sockets) does not.
"""

from __future__ import annotations

from lab.adoption import haproxy, nginx
from lab.adoption.frontend import Frontend

__all__ = ["Frontend", "adopt"]


def adopt(program: str, text: str, frontend: Frontend) -> str:
    """Return the file for `program` in this lab. Raises ValueError with the line at fault."""
    if program == "nginx":
        return nginx.adopt(text, frontend)
    return haproxy.adopt(text, frontend)
