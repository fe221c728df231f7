"""The agent of a node: what it can be asked for."""

from __future__ import annotations

import base64
import os
import threading
import time
import uuid
from typing import TYPE_CHECKING, Any, Callable, Dict, Mapping, Optional, Tuple

from lab.agent.addresses import addresses
from lab.agent.dial import dial
from lab.agent.disks import Disks
from lab.agent.fault import Host
from lab.agent.found_processes import FoundProcesses
from lab.agent.injections import Injections, node_faults
from lab.agent.nft import delete_our_tables
from lab.agent.processes import Processes
from lab.agent.relay import relay
from lab.agent.requests import RequestServer
from lab.agent.streams import Streams
from lab.agent.undos import Undos

if TYPE_CHECKING:
    import socket

    from lab.agent.components import Components
    from lab.agent.found_component import Description
    from lab.agent.relay import Carry


class Agent:
    """One node's agent. A fresh one first takes back what its predecessor has left on the node.

    `alone`: every process that it sees belongs to its node. `found`: the components of the node
    that run already; None where the agent starts them. `boot`: its identity, "" for a new one.
    """

    def __init__(
        self,
        node: str,
        directory: str,
        *,
        alone: bool = False,
        found: Optional[Mapping[str, Description]] = None,
        boot: str = "",
    ) -> None:
        self.node = node
        self.directory = directory
        self.boot = boot or uuid.uuid4().hex
        self.processes: Components = (
            Processes(directory) if found is None else FoundProcesses(found)
        )
        delete_our_tables()
        undos = Undos()
        disks, streams = Disks(directory), Streams(directory)
        network_inode = None if alone else os.stat("/proc/self/ns/net").st_ino
        injections = Injections(undos, node_faults(Host(self.processes, disks, network_inode)))
        self._requests: Dict[str, Callable[..., Any]] = {
            "hello": self._hello,
            "put": self._put,
            "dial": dial,
            "addresses": addresses,
            "exit_code": streams.exit_code,
            "start": self.processes.start,
            "signal": self.processes.signal,
            "components": self.processes.listing,
            "events": self.processes.events,
            "peers": self.processes.peers,
            "make_disk": disks.make,
            "wipe": disks.wipe,
            "prepare": injections.prepare,
            "inject": injections.inject,
            "heal": injections.heal,
            "active": undos.active,
        }
        raw: Dict[str, Callable[..., Tuple[Any, Carry]]] = {
            "relay": relay,
            "stream": streams.stream,
        }
        self._server = RequestServer(self._requests, raw, undos)

    def serve(self, listener: socket.socket) -> None:
        """Serve this user and root for ever, and supervise the components.

        Raises OSError when the listener is gone.
        """
        threading.Thread(target=self.processes.supervise, daemon=True).start()
        self._server.serve(listener)

    def _hello(self) -> Dict[str, Any]:
        return {"node": self.node, "boot": self.boot, "now_s": time.monotonic()}

    def _put(self, files: Dict[str, str]) -> None:
        # in a container we are root; the owner of the directory may not be, and reads them too
        owner = os.stat(self.directory)
        for path, content in files.items():
            target = os.path.join(self.directory, path)
            os.makedirs(os.path.dirname(target), exist_ok=True)
            fd = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            with os.fdopen(fd, "wb") as handle:
                os.fchown(fd, owner.st_uid, owner.st_gid)
                handle.write(base64.b64decode(content, validate=True))
