"""Members that are lost for good, removed, and added anew."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from lab.binaries import resolve
from lab.bootstrap import launch
from lab.clients.etcd import EtcdClient
from lab.components.etcd import DATA
from lab.errors import LabError
from lab.plan import ETCD_PEER_PORT
from lab.readiness import wait_until

if TYPE_CHECKING:
    from lab.lab import Lab
    from lab.plan import Node

CHANGE_TIMEOUT_S = 30.0
NEW_DATA = "etcd-data-new"
# An address in the lab's network at which nobody is.
NOBODY = f"https://10.83.9.9:{ETCD_PEER_PORT}"


def peer_url(node: Node) -> str:
    """Return the URL under which a member is known to its peers."""
    return f"https://{node.address}:{ETCD_PEER_PORT}"


def destroy(lab: Lab, node: str) -> None:
    """Kill a member and erase all of its data."""
    agent = lab.agent(node)
    agent.call("signal", name="etcd", signal_name="KILL")
    stream = agent.stream(["find", DATA, "-mindepth", "1", "-delete"])
    while stream.channel.recv(4096):
        pass
    if code := agent.call("exit_code", pid=stream.pid):
        raise LabError(f"the data of {node} could not be erased: exit code {code}")


def replace_member(lab: Lab, node: str, survivor: str, *, learner: bool) -> None:
    """Remove a lost member and add a new one, with no data, on the same host.

    As a learner it is promoted when it has caught up. Raises LabError.
    """
    client = EtcdClient(lab.etcd(survivor))
    url = peer_url(lab.plan.node(node))
    known = client.members()
    client.remove_member(known[url])
    identity = _add(client, url, learner=learner)
    component = lab.plan.component("etcd", node)
    changes = {
        "--initial-cluster-state=new": "--initial-cluster-state=existing",
        f"--data-dir={DATA}": f"--data-dir={NEW_DATA}",
    }
    argv = tuple(changes.get(word, word) for word in component.argv)
    binaries = resolve(say=lambda _: None)
    launch(lab, replace(component, argv=argv), lambda name: str(binaries.path(name)))
    if learner:

        def promote() -> str:
            client.promote_member(identity)
            return ""

        # it is refused until the learner is in sync
        wait_until(f"{node} to be promoted", promote, CHANGE_TIMEOUT_S)


def _add(client: EtcdClient, url: str, *, learner: bool) -> str:
    """Add a member; refused until all that are left have been connected for a while (5 s)."""
    added = ""

    def add() -> str:
        nonlocal added
        added = client.add_member(url, learner=learner)
        return ""

    wait_until(f"a new member at {url}", add, CHANGE_TIMEOUT_S)
    return added


def add_before_removing(lab: Lab, survivor: str) -> tuple[bool, str]:
    """Add a member at an address where nobody is; return whether etcd accepts it, and its words."""
    try:
        identity = EtcdClient(lab.etcd(survivor)).add_member(NOBODY, learner=False)
    except LabError as error:
        return False, str(error)
    return True, f"member {identity} was added"


def remove_nobody(lab: Lab, survivor: str) -> None:
    """Remove the member that never started; idempotent."""
    client = EtcdClient(lab.etcd(survivor))

    def remove() -> str:
        identity = client.members().get(NOBODY)
        if identity is not None:
            client.remove_member(identity)
        return ""

    wait_until("the member that never started to be removed", remove, CHANGE_TIMEOUT_S)
