"""The power of a node of kind: what its agent cannot switch, for the agent ends with the node.

Packets stop first, so that no peer hears of the death of a process. The node's first process
starts again what dies, and nothing inside can kill it: the daemon does.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import docker

from lab.agent.faults.power_off import RULESET, TABLE
from lab.clients.agent import AgentClient
from lab.errors import LabError
from lab.readiness import wait_until
from lab.runtime.docker.connection import sdk_errors
from lab.runtime.kind.agents import RUNS
from lab.runtime.kind.commands import run_in
from lab.runtime.kind.frozen_groups import thawed
from lab.runtime.kind.kept_nodes import read_nodes
from lab.runtime.kind.names import side_name
from lab.sentence import sentence

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from lab.runtime.kind.agents import SideContainers
    from lab.runtime.kind.kept_nodes import KeptNode
    from lab.sentence import Words

NO_RULESET = f"add table inet {TABLE}; delete table inet {TABLE}"
# What the daemon says of an address in a network whose range it has chosen itself.
ANY_ADDRESS = "user configured subnets"
# The folder of notes, one for each node without power.
NOTES = "power-off"
OFF_TIMEOUT_S = 10.0
# Measured: a node boots in 1 s, its agent answers 1 s later.
BOOT_TIMEOUT_S = 60.0


@dataclass(frozen=True)
class PowerSupply:
    """The power of all nodes of a lab."""

    directory: Path
    agents: SideContainers
    client: Callable[[], docker.APIClient]

    def node(self, name: str) -> KeptNode:
        """Return a node. Raises LabError when there is none."""
        nodes = read_nodes(self.directory)
        if name not in nodes:
            raise LabError(sentence("kind-no-such-node", "there is no node {node}", node=name))
        return nodes[name]

    def switch_off(self, name: str) -> None:
        """Silence a node, and kill it. Raises LabError."""
        node = self.node(name)
        self._write_note(name)
        self._silence(node)
        self._kill(node)

    def _write_note(self, name: str) -> None:
        """Note it for whoever removes the lab, should the keeper be killed."""
        self._note(name).parent.mkdir(exist_ok=True)
        self._note(name).touch()

    def _silence(self, node: KeptNode) -> None:
        silencing = sentence("kind-silencing", "silencing {node}", node=node.name)
        run_in(self.client(), self._side(node), ["nft", RULESET], silencing)

    def _kill(self, node: KeptNode) -> None:
        killing = sentence("kind-killing", "killing {node}", node=node.name)
        with thawed([node.container]), sdk_errors(killing):
            self.client().kill(node.container)
            off = sentence("kind-off", "{node} to be off", node=node.name)
            wait_until(off, lambda: RUNS if self.is_on(node) else None, OFF_TIMEOUT_S)

    def switch_on(self, name: str) -> None:
        """Start a node with its own address, and its agent; do what of it is missing.

        It is on when its agent answers, the same boot as before. Raises LabError.
        """
        self.switch_on_as(name, self.node(name).address)
        self._note(name).unlink(missing_ok=True)

    def switch_on_as(self, name: str, address: str) -> None:
        """Start a node with any address of the lab's nodes; do what of it is missing.

        Whoever has this address loses its power first, and stays without. Raises LabError.
        """
        node = self.node(name)
        if self.is_on(node) and self._address(node) != address:
            self._take_power(node)
        if (holder := self.holder(address)) not in ("", name):
            self._take_power(self.node(holder))
        if self.is_on(node) and self.agents.runs(name):  # it was never killed
            undo = sentence("kind-unsilencing", "ending the silence of {node}", node=name)
            run_in(self.client(), self._side(node), ["nft", NO_RULESET], undo)
        else:
            self._boot(node, address)

    def _take_power(self, node: KeptNode) -> None:
        """Switch a node off for its address, although its agent may be gone, which silences it."""
        self._write_note(node.name)
        if self.agents.runs(node.name):
            self._silence(node)
        self._kill(node)

    def holder(self, address: str) -> str:
        """Return the node that has an address now, "" for none. Raises LabError."""
        nodes = read_nodes(self.directory).values()
        holders = (n.name for n in nodes if self.is_on(n) and self._address(n) == address)
        return next(holders, "")

    def check_address(self, address: str) -> None:
        """Raise LabError for an address that no node of the lab has."""
        addresses = [node.address for node in read_nodes(self.directory).values()]
        if address not in addresses:
            raise LabError(
                sentence(
                    "kind-no-such-address",
                    "no node has the address {address}, only {addresses}",
                    address=address,
                    addresses=", ".join(addresses),
                )
            )

    def switch_all_on(self) -> None:
        """Start the nodes whose power a keeper that is gone has switched off. Raises LabError."""
        for note in sorted((self.directory / NOTES).glob("*")):
            self.switch_on(note.name)

    def _note(self, name: str) -> Path:
        return self.directory / NOTES / name

    def _boot(self, node: KeptNode, address: str) -> None:
        starting = sentence("kind-starting", "starting {node}", node=node.name)
        if not self.is_on(node):
            self._give_address(node, address)
            with sdk_errors(starting):
                self.client().start(node.container)
            self._check_address(node, address)
        self.agents.start(node)
        agent = sentence("kind-agent-of", "the agent of {node}", node=node.name)
        wait_until(agent, lambda: self._agent_problem(node), BOOT_TIMEOUT_S)

    def is_on(self, node: KeptNode) -> bool:
        """Whether a node's container runs. Raises LabError."""
        return bool(self._inspected(node)["State"]["Running"])

    def _side(self, node: KeptNode) -> str:
        return side_name(self.directory, node.name)

    def _inspected(self, node: KeptNode) -> dict[str, Any]:
        try:
            with sdk_errors(sentence("kind-looking-at", "looking at {node}", node=node.name)):
                found: dict[str, Any] = self.client().inspect_container(node.container)
                return found
        except LabError as error:
            if isinstance(error.__cause__, docker.errors.NotFound):
                raise LabError(
                    sentence(
                        "kind-node-removed",
                        "the container {host} of {node} was removed from outside, and nothing "
                        "brings it back; `halab down {lab}` removes the rest",
                        host=node.host,
                        node=node.name,
                        lab=self.directory.name,
                    )
                ) from error
            raise

    def _attached(self, node: KeptNode) -> dict[str, Any] | None:
        networks: dict[str, Any] = self._inspected(node)["NetworkSettings"]["Networks"]
        return networks.get(node.network)

    def _address(self, node: KeptNode) -> str:
        """Return the address that a node has, "" for none."""
        return str((self._attached(node) or {}).get("IPAddress", ""))

    def _give_address(self, node: KeptNode, address: str) -> None:
        """Give a node that is off an address for good: the engine would give it any free one.

        It refuses that in a network of which nobody has chosen the range, as kind's usual one is.
        """
        attached = self._attached(node)
        fixed = ((attached or {}).get("IPAMConfig") or {}).get("IPv4Address")
        if fixed == address:
            return
        client, place = self.client(), (node.container, node.network)
        text = "giving {node} its address {address}"
        with sdk_errors(sentence("kind-address", text, node=node.name, address=address)):
            if attached is not None:
                client.disconnect_container_from_network(*place)
            try:
                client.connect_container_to_network(*place, ipv4_address=address)
            except docker.errors.APIError as error:
                if ANY_ADDRESS not in str(error.explanation):
                    raise
                client.connect_container_to_network(*place)

    def _check_address(self, node: KeptNode, wanted: str) -> None:
        """Stop a node again that came back with another address: its etcd member would be lost."""
        if (address := self._address(node)) == wanted:
            return
        with sdk_errors(sentence("kind-killing", "killing {node}", node=node.name)):
            self.client().kill(node.container)
        raise LabError(
            sentence(
                "kind-other-address",
                "{node} would come back as {address} and not as {wanted}, for the network "
                "{network} lets nobody choose: start the nodes that had lower addresses first",
                node=node.name,
                address=address or "?",
                wanted=wanted,
                network=node.network,
            )
        )

    def _agent_problem(self, node: KeptNode) -> Words | None:
        with AgentClient(self.agents, node.name) as agent:
            boot = agent.hello().boot
        return None if boot == node.boot else sentence("kind-agent-died", "it has died since")
