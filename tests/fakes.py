"""The fake lab and the fake clock of the unit tests.

The lab is simulated: agents put faults into it, and who can dial what follows from those.
"""

from __future__ import annotations

import contextlib
import re
import threading
import time
from types import SimpleNamespace

from chaos.journal import Journal
from lab.clients.agent import ComponentState, Healed, Hello, Times
from lab.components.lab_plan import plan_lab
from lab.errors import LabError
from lab.nodes import LOOPBACK
from lab.spec import LabSpec


class FakeClock:
    """Time that passes in sleep alone, and at once."""

    def __init__(self, now_s=100.0):
        self.now_s = now_s

    def monotonic(self):
        return self.now_s

    def sleep(self, seconds):
        self.now_s += seconds


class FakeLab:
    """Nodes with agents, and a leader of etcd, "" for none.

    `asked`: (node, request) in order; `injected`: undo, kind, owner, for_s, and what was open in
    the journal then; `dials`: observer, host, port and outcome. `hellos`: agent -> heartbeats. What
    crashes refuses one dial, and runs again when it has been asked for the crash.
    `slow`: (node, request) -> what an agent does first: wait, or raise. `inert`: inject and heal
    answer that it is done, and do nothing. `refusing`: node -> why it does not heal; `fired`: node
    -> the undos that its switch has done. `closed`: nodes whose own channels were closed.
    """

    def __init__(self, directory, **spec):
        self.plan = plan_lab(LabSpec(**spec))
        self.directory = directory
        self.record = SimpleNamespace(boots=dict.fromkeys(self.plan.agents, "boot"))
        self.leader = "etcd-1"
        self.asked, self.injected, self.dials = [], [], []
        self.slow, self.refusing, self.fired = {}, {}, {}
        self.hellos = dict.fromkeys(self.plan.agents, 0)
        self.inert, self.closed = set(), set()
        self.lock = threading.RLock()
        # (undo, agent) -> (kind, parameters)
        self.faults = {}
        self.crashed, self.refused = set(), threading.Event()
        self.agents = {name: FakeAgent(self, name) for name in self.plan.agents}

    def agent(self, node):
        return self.agents[node]

    @contextlib.contextmanager
    def open_agent(self, node):
        yield self.agents[node]
        self.closed.add(node)

    def boot(self, node):
        return self.agents[node].hello().boot

    def etcd(self, node):
        return SimpleNamespace(request=lambda *_args, **_how: self._status(node))

    def apiserver(self, _node):
        return SimpleNamespace(request=lambda *_args, **_how: (200, "ok"))

    def raises(self, node, request, error):
        def fail():
            raise error

        self.slow[node, request] = fail

    def names(self, role):
        return [node.name for node in self.plan.with_role(role)]

    @property
    def hit(self):
        """The nodes that a fault is in."""
        with self.lock:
            return {about.get("node", at) for (_, at), (_, about) in self.faults.items()}

    def on(self, node):
        """Return (kind, parameters) of every fault on a node, whichever agent was asked."""
        with self.lock:
            return [
                fault for (_, at), fault in self.faults.items() if fault[1].get("node", at) == node
            ]

    def down(self, node, component):
        """Return which fault keeps a component from answering, "" for none."""
        kinds = [
            kind
            for kind, parameters in self.on(node)
            if kind == "power-off"
            or (kind in ("kill", "hang") and parameters.get("component") == component)
        ]
        return min(kinds, key=("power-off", "kill", "hang").index, default="")

    def drops(self, node, peer, port):
        """Whether a node drops what comes from or goes to a peer."""
        address = self.plan.node(peer).address
        for kind, parameters in self.on(node):
            rules = str(parameters.get("ruleset", ""))
            ports = re.search(r"tcp dport \{ ([\d, ]+) \}", rules)
            dropped = ports is None or str(port) in ports[1].split(", ")
            if kind == "power-off" or (address in re.findall(r"10\.[\d.]+", rules) and dropped):
                return True
        return False

    def outcome(self, observer, host, port):
        """Return what a dial ends in."""
        local = host == LOOPBACK
        node = next((node.name for node in self.plan.nodes if node.address == host), observer)
        if node != observer and (
            self.drops(observer, node, port) or self.drops(node, observer, port)
        ):
            return "timeout"
        for part in self.plan.components:
            if (part.node, part.port, part.loopback) == (node, port, local):
                if (node, part.name) in self.crashed:
                    self.refused.set()
                    return "refused"
                down = self.down(node, part.name)
                return {"": "answered", "hang": "silent"}.get(down, "refused")
        return "refused"

    def _status(self, node):
        names = self.names("etcd")
        if self.down(node, "etcd"):
            raise LabError(f"{node} does not answer")
        leader = str(1 + names.index(self.leader)) if self.leader else "0"
        header = {"member_id": str(1 + names.index(node))}
        return 200, {"header": header, "leader": leader, "raftTerm": "2"}


class FakeAgent:
    """The methods of lab.clients.agent.AgentClient that tests need."""

    def __init__(self, lab, node):
        self.lab, self.node = lab, node

    def _note(self, request):
        self.lab.slow.get((self.node, request), lambda: None)()
        with self.lab.lock:
            self.lab.asked.append((self.node, request))

    def hello(self):
        with self.lab.lock:
            self.lab.hellos[self.node] += 1
        self.lab.slow.get((self.node, "hello"), lambda: None)()
        return Hello(self.node, "boot", time.monotonic())

    def dial(self, host, port, *, tls, timeout_s):
        del tls, timeout_s
        outcome = self.lab.outcome(self.node, host, port)
        with self.lab.lock:
            self.lab.dials.append((self.node, host, port, outcome))
        return outcome

    def prepare(self, _undo, kind, _parameters):
        self._note(f"prepare {kind}")

    def inject(self, undo, kind, parameters, *, owner, for_s):
        sent_s = time.monotonic()
        self._note(f"inject {kind}")
        with self.lab.lock:
            opened = Journal(self.lab.directory).open_undos()
            self.lab.injected.append((undo, kind, owner, for_s, opened))
            if "inject" not in self.lab.inert:
                self.lab.faults[undo, self.node] = (kind, dict(parameters))
        if kind == "crash" and "inject" not in self.lab.inert:
            self._crash(parameters["component"])
        return Times(sent_s, time.monotonic() if kind in ("kill", "crash") else None)

    def _crash(self, component):
        self.lab.crashed.add((self.node, component))
        self.lab.refused.wait(1)
        self.lab.crashed.discard((self.node, component))

    def heal(self, names):
        lab = self.lab
        with lab.lock:
            known = {
                undo: kind for (undo, node), (kind, _) in lab.faults.items() if node == self.node
            }
        meant = [undo for undo in known if names is None or undo in names]
        self._note(f"heal {' '.join(known[undo] for undo in meant)}")
        fired = lab.fired.get(self.node, [])
        if self.node in lab.refusing:
            return Healed([], dict.fromkeys(meant, lab.refusing[self.node]), fired, 0.0)
        with lab.lock:
            for undo in meant if "heal" not in lab.inert else ():
                lab.faults.pop((undo, self.node), None)
        return Healed([undo for undo in meant if undo not in fired], {}, fired, time.monotonic())

    def active(self):
        with self.lab.lock:
            return [undo for undo, node in self.lab.faults if node == self.node]

    def components(self):
        planned = [part.name for part in self.lab.plan.components if part.node == self.node]
        dead = [name for name in planned if self.lab.down(self.node, name) not in ("", "hang")]
        return {name: ComponentState(name not in dead, 1, None) for name in planned}

    def events(self):
        return []
