"""Which connections a component has opened: the kernel's tables, and its processes' descriptors."""

from __future__ import annotations

import os
import socket
from dataclasses import dataclass
from typing import Dict, Iterable, List, Set

LISTEN = "0A"
# lengths of an IPv4 address, and of one that stands behind ::ffff: in an IPv6 one, in hex digits
IPV4, IPV6 = 8, 32
MAPPED = "0000000000000000FFFF0000"


@dataclass(frozen=True)
class Socket:
    """A row of /proc/PID/net/tcp or tcp6. `remote`: ADDRESS:PORT."""

    inode: int
    state: str
    local_port: int
    remote: str


def sockets_in(table: str) -> List[Socket]:
    """Read a table of the kernel, its heading included."""
    found = []
    for line in table.splitlines()[1:]:
        fields = line.split()
        local, remote, state, inode = fields[1], fields[2], fields[3], fields[9]
        found.append(Socket(int(inode), state, int(local.rpartition(":")[2], 16), _text(remote)))
    return found


def _text(endpoint: str) -> str:
    """Return ADDRESS:PORT of an end as the kernel writes it: words in the host's byte order."""
    address, _, port = endpoint.partition(":")
    if len(address) == IPV6 and address.startswith(MAPPED):
        address = address[-IPV4:]
    words = [address[at : at + IPV4] for at in range(0, len(address), IPV4)]
    packed = b"".join(bytes.fromhex(word)[::-1] for word in words)
    family = socket.AF_INET if len(packed) == 4 else socket.AF_INET6
    return "{}:{}".format(socket.inet_ntop(family, packed), int(port, 16))


def opened(sockets: Iterable[Socket], inodes: Set[int]) -> List[str]:
    """Return the remote ends of the connections that were opened by the owner of these inodes.

    A connection at a port at which the owner listens was opened by somebody else.
    """
    own = [row for row in sockets if row.inode in inodes]
    listening = {row.local_port for row in own if row.state == LISTEN}
    peers = {row.remote for row in own if row.state != LISTEN and row.local_port not in listening}
    return sorted(peers)


def peers_of(pids: List[int]) -> List[str]:
    """Return ADDRESS:PORT of every connection that processes with one network have opened."""
    # before the tables: what is opened in between is not yet looked for
    inodes = {inode for pid in pids for inode in _inodes(pid)}
    rows: Dict[int, Socket] = {}
    for pid in pids[:1]:
        for table in ("tcp", "tcp6"):
            try:
                with open(f"/proc/{pid}/net/{table}", encoding="ascii") as handle:
                    rows.update({row.inode: row for row in sockets_in(handle.read())})
            except OSError:
                continue  # it has ended, or there is no IPv6
    return opened(rows.values(), inodes)


def _inodes(pid: int) -> List[int]:
    """Return the inodes of a process's sockets; of one that has ended none."""
    inodes = []
    try:
        descriptors = os.listdir(f"/proc/{pid}/fd")
    except OSError:
        return []
    for descriptor in descriptors:
        try:
            target = os.readlink(f"/proc/{pid}/fd/{descriptor}")
        except OSError:
            continue
        if target.startswith("socket:["):
            inodes.append(int(target[len("socket:[") : -1]))
    return inodes
