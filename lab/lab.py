"""A running lab: up, attach, down; nodes and components by name."""

from __future__ import annotations

import shutil
import time
from typing import TYPE_CHECKING, Any, Self

from lab.access import NAMESPACE, OBJECTS
from lab.binaries import resolve
from lab.clients.agent import AgentClient
from lab.clients.https import Endpoint
from lab.components import plan_lab
from lab.errors import LabError, NotReadyError
from lab.pki import node_files
from lab.plan import APISERVER_PORT, ETCD_CLIENT_PORT
from lab.readiness import wait_until
from lab.registry import LabRecord, Registry
from lab.runtime.netns import NetnsRuntime
from lab.spec import LabSpec

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from lab.plan import Component

READY_TIMEOUT_S = 90.0
LOG_LINES = 8


class Lab:
    """One lab. Made by `up`, found again by `attach`."""

    def __init__(self, record: LabRecord, registry: Registry, runtime: NetnsRuntime) -> None:
        self.record = record
        self.plan = plan_lab(LabSpec(**record.spec))
        self.directory = registry.directory(record.name)
        self._registry = registry
        self._runtime = runtime
        self._agents: dict[str, AgentClient] = {}

    @classmethod
    def up(
        cls,
        spec: LabSpec,
        *,
        owned: bool,
        say: Callable[[str], None],
        registry: Registry | None = None,
    ) -> Self:
        """Make a lab and wait until every worker's proxy serves a read and a write.

        With `owned` the lab ends with this process. Raises LabError; nothing is left then.
        """
        registry = registry or Registry()
        binaries = resolve(say=say)
        record = LabRecord(spec.name, spec.model_dump(), owned)
        directory = registry.claim(record)
        runtime = NetnsRuntime(directory, owned=owned)
        lab = cls(record, registry, runtime)
        try:
            runtime.create(lab.plan)
            record.pid, record.ports = runtime.pid or 0, runtime.ports
            registry.save(record)
            lab._start(lambda name: str(binaries.path(name)), say)
        except BaseException:
            lab.down()
            raise
        return lab

    @classmethod
    def attach(cls, name: str, registry: Registry | None = None) -> Self:
        """Find a running lab by name. Raises LabError when it does not exist or does not run."""
        registry = registry or Registry()
        record = registry.load(name)
        runtime = NetnsRuntime(registry.directory(name), owned=False, pid=record.pid or None)
        runtime.ports = record.ports
        if not runtime.alive():
            raise LabError(f"lab {name} does not run any more; `halab gc` removes what is left")
        return cls(record, registry, runtime)

    def agent(self, node: str) -> AgentClient:
        """Return the channel to a node's agent, opened at the first call."""
        if node not in self._agents:
            self._agents[node] = AgentClient(self._runtime, node)
        return self._agents[node]

    def etcd(self, node: str) -> Endpoint:
        """Return the client endpoint of one etcd member."""
        host = self.plan.node(node).address
        return Endpoint(self.agent(node), host, ETCD_CLIENT_PORT, self.pki(node), "admin")

    def apiserver(self, node: str, user: str = "admin") -> Endpoint:
        """Return one master's apiserver, asked directly."""
        host = self.plan.node(node).address
        return Endpoint(self.agent(node), host, APISERVER_PORT, self.pki(node), user)

    def proxy(self, worker: str, user: str = "probe") -> Endpoint:
        """Return the apiservers as a worker sees them, through its own proxy."""
        port = self.plan.spec.proxy_port
        return Endpoint(self.agent(worker), "127.0.0.1", port, self.pki(worker), user)

    def pki(self, node: str) -> Path:
        """Return the directory of a node's certificates."""
        return self.directory / "nodes" / node / "pki"

    def log(self, node: str, component: str) -> Path:
        """Return the log file of a component."""
        return self.directory / "nodes" / node / "logs" / f"{component}.log"

    def etcd_leader(self) -> str:
        """Return the node whose etcd member leads, asking each member. Raises LabError."""
        said: dict[str, str] = {}
        for node in self.plan.with_role("etcd"):
            try:
                _, status = self.etcd(node.name).request(
                    "POST", "/v3/maintenance/status", {}, timeout_s=1.0
                )
            except LabError as error:
                said[node.name] = str(error)
                continue
            if status.get("leader", "0") == status["header"]["member_id"]:
                return node.name
            said[node.name] = f"follows {status.get('leader', 'nobody')}"
        raise LabError(f"no etcd member says that it leads: {said}")

    def _start(self, binary: Callable[[str], str], say: Callable[[str], None]) -> None:
        begun_s = time.monotonic()
        for node, files in node_files(self.plan).items():
            self.agent(node).put(files)
        late = {"nginx", "kube-controller-manager", "kube-scheduler"}
        # The apiservers wait for etcd by themselves. The proxies wait for the apiservers: a
        # client that comes too early makes nginx mark every master failed for 10 s.
        for component in self.plan.components:
            if component.name not in late:
                self._launch(component, binary)
        say(f"waiting for {len(self.plan.with_role('master'))} apiservers")
        for node in self.plan.with_role("master"):
            self._wait_apiserver(node.name)
        for path, body in OBJECTS:
            self._create(path, body)
        for component in self.plan.components:
            if component.name in late:
                self._launch(component, binary)
        for node in self.plan.with_role("worker"):
            wait_until(
                f"a read and a write through the proxy of {node.name}",
                lambda node=node: self.serves(node.name),  # type: ignore[misc]
                READY_TIMEOUT_S,
            )
        say(f"lab {self.record.name} is ready after {time.monotonic() - begun_s:.1f} s")

    def _launch(self, component: Component, binary: Callable[[str], str]) -> None:
        agent = self.agent(component.node)
        agent.put({path: text.encode() for path, text in component.files.items()})
        program = component.argv[0]
        path = shutil.which("nginx") if program == "nginx" else binary(program)
        agent.call("start", name=component.name, argv=[path, *component.argv[1:]])

    def _wait_apiserver(self, node: str) -> None:
        def check() -> str:
            status, text = self.apiserver(node).request("GET", "/readyz")
            return "" if status == 200 else f"/readyz of {node}: {status} {text}"

        try:
            wait_until(f"the apiserver of {node}", check, READY_TIMEOUT_S)
        except NotReadyError as error:
            log = self.log(node, "kube-apiserver")
            tail = log.read_text(errors="replace").splitlines()[-LOG_LINES:] if log.exists() else []
            raise NotReadyError("\n".join([f"{error}\nlast lines of {log.name}:", *tail])) from error

    def _create(self, path: str, body: dict[str, Any]) -> None:
        master = self.plan.with_role("master")[0].name

        def check() -> str:
            status, answer = self.apiserver(master).request("POST", path, body)
            return "" if status in (201, 409) else f"POST {path}: {status} {answer}"

        wait_until(f"{body['kind']} {body['metadata']['name']}", check, READY_TIMEOUT_S)

    def serves(self, worker: str) -> str:
        """Return "" when the worker's proxy serves a read and a write, else the evidence."""
        path = f"/api/v1/namespaces/{NAMESPACE}/configmaps/probe"
        status, answer = self.proxy(worker).request("GET", path)
        if status != 200:
            return f"read: {status} {answer}"
        patch = {"data": {"value": f"{worker} {time.monotonic_ns()}"}}
        status, answer = self.proxy(worker).request(
            "PATCH", path, patch, content_type="application/merge-patch+json"
        )
        return "" if status == 200 else f"write: {status} {answer}"

    def close(self) -> None:
        """Close our channels; the lab goes on."""
        for agent in self._agents.values():
            agent.close()
        self._agents.clear()

    def down(self) -> None:
        """Take the lab down and delete its directory; idempotent."""
        self.close()
        self._runtime.destroy()
        self._registry.forget(self.record.name)
