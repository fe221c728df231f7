"""The nodes of a runtime, and what stands on them, for facts that hold for every runtime.

Facts hit a server on one node and look at it from another. Nodes that halab makes are empty: their
agents start a server. Nodes that it finds have their own: there it is the kube-apiserver.
"""

from __future__ import annotations

import os
import socket
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lab.agent.dial import dial as dial_from_host
from lab.clients.agent import AgentClient
from lab.components.lab_plan import plan_lab
from lab.errors import AgentError
from lab.network import cut_ruleset
from lab.readiness import wait_until
from lab.runtime.drivers import DRIVERS
from lab.spec import LabSpec

if TYPE_CHECKING:
    from collections.abc import Callable

NAME = os.environ.get("HALAB_CONTRACT_RUNTIME", "netns")
DRIVER = DRIVERS[NAME]
REQUEST = b"GET /nothing HTTP/1.0\r\n\r\n"
# where nothing listens
UNUSED_PORT = 9


def make(directory, spec):
    """Make nodes in a directory; return their runtime and their plan."""
    runtime = DRIVER.at(directory)
    plan = plan_lab(spec, runtime.reserve())
    runtime.create(spec, plan.nodes, plan.worker_frontends, {}, print)
    return runtime, plan_lab(spec, plan.network, runtime.found())


@dataclass(frozen=True)
class Server:
    """What listens on a node, and the component that it is for the node's agent."""

    component: str
    port: int


class Nodes:
    """Channels to the nodes of a runtime.

    `target` is the node whose server is hit, `viewer` sees it; `second` has a server, too.
    `answer`: how the target's server answers REQUEST. `after_agent_death`: how it is seen when the
    target's agent has died and another one is there.
    """

    target: str
    second: str
    viewer = "worker-1"
    answer: bytes
    after_agent_death: str
    dial_s = 0.4
    patience_s = 10.0

    def __init__(self, runtime, plan):
        self.runtime = runtime
        self.plan = plan
        self.channels = {}

    def __getitem__(self, agent):
        if agent not in self.channels:
            self.channels[agent] = AgentClient(self.runtime, agent)
        return self.channels[agent]

    def close(self, *agents):
        """Close the channels to some agents, to all where none is named."""
        for agent in agents or tuple(self.channels):
            if agent in self.channels:
                self.channels.pop(agent).close()

    def address(self, node):
        return self.plan.node(node).address

    def viewer_of(self, node):
        return self.viewer if node != self.viewer else self.target

    def dial(self, viewer, node, *, port=None, tls=True):
        port = port or self.server(node).port
        return self.dial_host(viewer, self.address(node), port=port, tls=tls)

    def dial_host(self, viewer, host, *, port, tls=True):
        return self[viewer].dial(host, port, tls=tls, timeout_s=self.dial_s)

    def seen(self, node):
        """Return how a node's server is seen from another node now."""
        return self.dial(self.viewer_of(node), node)

    def wait_seen(self, node, wanted):
        def check():
            outcome = self.seen(node)
            return "" if outcome == wanted else outcome

        wait_until(f"{node} to be seen {wanted}", check, self.patience_s)

    def run(self, node, *argv):
        """Run a command on a node; return what it printed."""
        output = b""
        with self[node].stream(list(argv)).channel as stream:
            while chunk := stream.recv(65536):
                output += chunk
        return output.decode()

    def hit(self, node):
        """Return the parameters of a fault that hits the server of a node."""
        return {"component": self.server(node).component}

    def inject(self, node, kind, *, undo="u1"):
        """Inject a fault that hits a node or its server, until it is healed."""
        parameters, agent = self.hit(node), node
        if kind == "power-off":
            agent = self.plan.power_agent(node)
            parameters = {} if agent == node else {"node": node}
        return self[agent].inject(undo, kind, parameters, owner="lab", for_s=None)

    def cut(self, node, address, *, undo="u1"):
        """Inject a cut of a node from an address."""
        parameters = {"ruleset": self.ruleset(address, undo)}
        return self[node].inject(undo, "cut", parameters, owner="lab", for_s=None)

    def ruleset(self, address, undo="u1"):
        return cut_ruleset(f"halab_{undo}", [address])

    def heal(self, node, *names):
        """Heal faults of a node, "u1" where none is named; first who switches its power."""
        power_agent = self.plan.power_agent(node)
        self[power_agent].heal(names or ["u1"])
        if power_agent != node:
            self.close(node)  # this agent may have died with its node
            self[node].heal(names or ["u1"])

    def heal_all(self):
        """Heal whatever is injected."""
        self.close()
        for agent in reversed(self.plan.agents):  # nodes have agents again when they have power
            self[agent].heal(None)

    def own_addresses(self, node):
        """Return the addresses of a node that the runtime answers for, and its loopback."""
        raise NotImplementedError

    def server(self, node):
        """Return the server of a node."""
        raise NotImplementedError

    def serve(self, node):
        """See to it that a node's server answers."""
        raise NotImplementedError

    def serve_frontend(self):
        """See to it that something answers at the viewer's own loopback, at its frontend."""
        raise NotImplementedError

    def is_dead(self, node):
        """Whether what ran on a node is dead."""
        raise NotImplementedError

    def bystander(self):
        """Return, for a while, somebody else who sees the target: a Bystander."""
        raise NotImplementedError


@dataclass(frozen=True)
class Bystander:
    """Somebody beside the viewer and the target, as the target knows it: by its `address`.

    `sees` returns how it sees the target's server; `seen` how the viewer sees a server elsewhere.
    """

    address: str
    sees: Callable[[], str]
    seen: Callable[[], str]


class MadeNodes(Nodes):
    """Empty nodes of a planned lab; a server is Python's own, started by the agent."""

    target, second = "etcd-1", "etcd-2"
    frontend_port = 443
    answer = b"HTTP/1.0 404"
    after_agent_death = "refused"  # with the agent its node's processes end

    @classmethod
    def spec(cls):
        """Return the lab whose nodes these are."""
        return LabSpec(runtime=NAME, etcd=2, masters=1, workers=2, proxy_port=cls.frontend_port)

    def own_addresses(self, node):
        return {address.partition("/")[0] for address in self[node].addresses()}

    def server(self, _node):
        return Server("server", 8080)

    def serve(self, node):
        self._start(node, "server", 8080, "0.0.0.0")
        self.wait_seen(node, "answered")

    def serve_frontend(self):
        self._start(self.viewer, "proxy", self.frontend_port, "127.0.0.1")

    def _start(self, node, name, port, address):
        argv = [self.runtime.python, "-m", "http.server", str(port), "--bind", address]
        self[node].start(name, argv, restart=False)

    def is_dead(self, node):
        return not self[node].components()["server"].alive

    @contextmanager
    def bystander(self):
        self.serve("master-1")
        yield Bystander(
            self.address("worker-2"),
            lambda: self.dial("worker-2", self.target),
            lambda: self.dial(self.viewer, "master-1"),
        )


class FoundNodes(Nodes):
    """A cluster of one master and one worker; the third party is the host, at the gateway."""

    target, second = "master-1", "worker-1"
    answer = b"HTTP/1.0 400"  # it speaks TLS
    after_agent_death = "answered"
    dial_s = 2.0
    patience_s = 90.0

    @staticmethod
    def spec():
        """Return the smallest lab, which every runtime can make."""
        return LabSpec(runtime=NAME, etcd=1, masters=1, workers=1)

    def own_addresses(self, node):
        planned = self.plan.node(node)
        wanted = {"127.0.0.1", planned.address}
        return wanted & {address.partition("/")[0] for address in self[node].addresses()}

    def server(self, node):
        name = "kube-apiserver" if node == self.target else "kubelet"
        return Server(name, self.plan.component(name, node).port)

    def serve(self, node):
        self.wait_seen(node, "answered")

    def serve_frontend(self):
        self.serve(self.target)

    def is_dead(self, node):
        self.close(node)
        try:
            self[node].hello()
        except AgentError:
            return True
        return False

    @contextmanager
    def bystander(self):
        gateway = self._gateway()
        with socket.create_server((gateway, 0)) as listener:
            port = listener.getsockname()[1]
            yield Bystander(
                gateway,
                lambda: dial_from_host(
                    self.address(self.target), self.server(self.target).port, True, self.dial_s
                ),
                lambda: self.dial_host(self.viewer, gateway, port=port, tls=False),
            )

    def _gateway(self):
        """Return the host's own address in the network of the nodes."""
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
            probe.connect((self.address(self.target), UNUSED_PORT))
            return probe.getsockname()[0]


NODES = FoundNodes if DRIVER.expected(FoundNodes.spec()) else MadeNodes
