"""A running lab: up, attach, down; nodes and components by name."""

from __future__ import annotations

import shutil
import uuid
from typing import IO, TYPE_CHECKING, Self

from lab.afterwards import afterwards, if_it_fails
from lab.binaries.resolve import resolve
from lab.bootstrap import start
from lab.certificates import ETCD_USER
from lab.clients.agent import LONG_HEAL_S, AgentClient
from lab.clients.https import HttpsEndpoint
from lab.clock import check_clock
from lab.collection import daemon_problem
from lab.components.lab_plan import plan_lab
from lab.directories import check_homes
from lab.errors import LabError
from lab.memory import check_memory
from lab.nodes import APISERVER_PORT, ETCD_CLIENT_PORT, LOOPBACK
from lab.registry import LabRecord, Registry
from lab.runtime.drivers import DRIVERS, check_capable
from lab.sentence import sentence

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable
    from pathlib import Path

    from lab.nodes import Component
    from lab.progress import Progress
    from lab.runtime.base import Runtime
    from lab.spec import LabSpec


class Lab:
    """One lab. Made by `up`, found again by `attach`."""

    def __init__(self, record: LabRecord, registry: Registry, runtime: Runtime) -> None:
        self.record = record
        self.plan = plan_lab(record.spec, record.network, record.found)
        self.directory = registry.directory(record.name)
        self._registry = registry
        self._runtime = runtime
        self._agents: dict[str, AgentClient] = {}
        # faults of this process end with its last channel to their node, not with the first
        self._session = uuid.uuid4().hex
        self._claim: IO[str] | None = None

    @classmethod
    def up(
        cls,
        spec: LabSpec,
        *,
        owned: bool,
        progress: Progress,
        registry: Registry | None = None,
    ) -> Self:
        """Make a lab and wait until every worker's proxy serves a read and a write.

        With `owned` the lab ends with this process. Raises LabError, after everything is removed.
        """
        registry = registry or Registry()
        plan = plan_lab(spec)
        check_memory(plan)
        check_capable(spec)
        driver = DRIVERS[spec.runtime]
        check_homes()
        # before what takes minutes: the name may be taken, the folder not writable
        record = LabRecord(spec.name, spec, daemon=driver.daemon(), owned=True)
        runtime = driver.at(registry.directory(spec.name))
        claim = registry.claim(record)
        with if_it_fails(lambda: registry.forget(spec.name), claim.close):
            driver.prepare(progress)
            binaries = resolve(plan.binaries, progress=progress)
            with if_it_fails(runtime.destroy):
                record.network = runtime.reserve()
            lab = cls(record, registry, runtime)
            lab._claim = claim
        with if_it_fails(lab.down):
            nodes, frontends = lab.plan.nodes, lab.plan.worker_frontends
            runtime.create(spec, nodes, frontends, binaries.paths, progress)
            record.ports, record.found = runtime.ports, runtime.found()
            lab.plan = plan_lab(spec, record.network, record.found)
            if owned:
                check_clock(lab)
            record.boots = {agent: lab.boot(agent) for agent in lab.plan.agents}
            registry.save(record)
            start(lab, lambda name: str(binaries.path(name)), progress)
            if not owned:
                runtime.release()
                record.owned = False
                registry.save(record)
                claim.close()
        return lab

    @classmethod
    def attach(cls, name: str, registry: Registry | None = None) -> Self:
        """Find a running lab by name. Raises LabError when it does not exist or does not run."""
        registry = registry or Registry()
        record = registry.load(name)
        if problem := daemon_problem(record):
            raise LabError(
                sentence(
                    "lab-not-reached", "lab {lab} cannot be reached: {why}", lab=name, why=problem
                )
            )
        runtime = DRIVERS[record.spec.runtime].at(registry.directory(name))
        if not runtime.alive():
            raise LabError(
                sentence(
                    "lab-not-running",
                    "lab {lab} does not run any more; `halab gc` removes what is left",
                    lab=name,
                )
            )
        return cls(record, registry, runtime)

    def agent(self, node: str) -> AgentClient:
        """Return the channel to a node's agent, opened at the first call.

        Where an agent ends with the power of its node, it is opened again after that.
        """
        known = self._agents.get(node)
        if known is not None and known.gone and self.plan.power_agent(node) != node:
            if self._agents.get(node) is known:  # no other thread was quicker
                self._agents.pop(node, None)
            known.close()
        if node not in self._agents:
            opened = self.open_agent(node)
            if self._agents.setdefault(node, opened) is not opened:
                opened.close()  # another thread was quicker
        return self._agents[node]

    def boot(self, node: str) -> str:
        """Return the boot id of a node's agent; another one means that the node restarted."""
        return self.agent(node).hello().boot

    @property
    def python(self) -> str:
        """The Python interpreter of the nodes."""
        return self._runtime.python

    def command(self, component: Component, find: Callable[[str], str]) -> list[str]:
        """Return how an agent starts a component; `find`: name -> path on this machine."""
        return self._runtime.command(component, find)

    def etcd(self, node: str) -> HttpsEndpoint:
        """Return the client endpoint of one etcd member, asked from its own node."""
        return self._own(node, ETCD_CLIENT_PORT, ETCD_USER)

    def etcd_from(self, viewer: str, node: str) -> HttpsEndpoint:
        """Return the client endpoint of an etcd member as another node sees it."""
        host = self.plan.node(node).address
        relay = self._relay_from(viewer)
        return HttpsEndpoint(relay, host, ETCD_CLIENT_PORT, self.pki(viewer), ETCD_USER)

    def open_agent(self, node: str) -> AgentClient:
        """Open another channel to a node's agent, for requests side by side; close it."""
        limit_s = LONG_HEAL_S if self.plan.found else None
        return AgentClient(self._runtime, node, self._session, limit_s)

    def apiserver(self, node: str, user: str = "admin") -> HttpsEndpoint:
        """Return one master's apiserver, asked directly."""
        return self._own(node, APISERVER_PORT, user)

    def _own(self, node: str, port: int, user: str) -> HttpsEndpoint:
        """Return what listens on a node, asked there.

        A node that was found may have the address of another one for a while, and certificates that
        follow it: its loopback is asked, by the name that it keeps.
        """
        asked = self.plan.node(node)
        host, name = (LOOPBACK, asked.known_as) if self.plan.found else (asked.address, "")
        return HttpsEndpoint(self._relay_from(node), host, port, self.pki(node), user, name)

    def _relay_from(self, node: str) -> Callable[[str, int], socket.socket]:
        """Return what connects inside a node's network, by the agent that it has at that moment."""
        return lambda host, port: self.agent(node).relay(host, port)

    def proxy(self, worker: str, user: str = "probe") -> HttpsEndpoint:
        """Return the apiservers as a worker sees them, through its own proxy."""
        host, port = self.plan.frontend(worker)
        name = self.plan.frontend_name(worker)
        return HttpsEndpoint(self._relay_from(worker), host, port, self.pki(worker), user, name)

    def pki(self, node: str) -> Path:
        """Return the directory of a node's certificates."""
        return self.directory / "nodes" / node / "pki"

    def log(self, node: str, component: str) -> Path:
        """Return the log file of a component; where no agent keeps it, it is read now.

        Raises LabError.
        """
        path = self.directory / "nodes" / node / "logs" / f"{component}.log"
        parts = self.plan.components
        argv = next((p.log for p in parts if (p.node, p.name) == (node, component)), ())
        if argv:
            path.parent.mkdir(parents=True, exist_ok=True)
            stream = self.agent(node).stream(list(argv)).channel
            with stream, path.open("wb") as log, stream.makefile("rb") as lines:
                shutil.copyfileobj(lines, log)
        return path

    def close(self) -> None:
        """Close our channels; the lab goes on."""
        for agent in self._agents.values():
            agent.close()
        self._agents.clear()
        self._runtime.close()

    def down(self) -> None:
        """Take the lab down and delete its directory; idempotent. Raises CleanupError."""
        with afterwards(self._remove):
            self.close()

    def _remove(self) -> None:
        claim = self._claim
        # somebody may have taken it down, and made another one of its name
        if claim is None or claim.closed or not self._registry.is_taken(self.record.name, claim):
            self._runtime.destroy()
            self._registry.forget(self.record.name)
        if claim is not None:
            claim.close()
