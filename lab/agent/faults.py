"""What can be done to a node, and the undo of each, held here with its owner and expiry.

An undo belongs to the channel that asked for it (it is healed when that channel closes or
falls silent) or to the lab (it stays until healed by hand or until its time is up).
"""

from __future__ import annotations

import functools
import subprocess
import threading
import time
from typing import TYPE_CHECKING, Any, Callable

from lab.agent.addresses import addresses, forget_all_but
from lab.agent.processes import kill_all

if TYPE_CHECKING:
    from collections.abc import Iterable

    from lab.agent.disks import Disks
    from lab.agent.processes import Processes

SILENCE_S = 10.0
TABLE_PREFIX = "halab_"
POWER_TABLE = TABLE_PREFIX + "power"
POWER_RULESET = f"""table inet {POWER_TABLE} {{
  chain in {{ type filter hook input priority -300; policy drop; }}
  chain out {{ type filter hook output priority -300; policy drop; }}
}}
"""


def nft(ruleset: str) -> None:
    """Apply one ruleset as one transaction."""
    done = subprocess.run(
        ["nft", "-f", "-"], input=ruleset, capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        raise ValueError("nft refused the ruleset: " + done.stderr.strip())


def delete_table(table: str) -> None:
    """Delete a table of ours; that it is not there is no error."""
    nft(f"table inet {table} {{}}\ndelete table inet {table}\n")


def delete_our_tables() -> None:
    """Delete every table of ours: what an agent that died has left in its node."""
    listed = subprocess.run(["nft", "list", "tables"], capture_output=True, text=True, check=True)
    for line in listed.stdout.splitlines():
        name = line.split()[-1]
        if name.startswith(TABLE_PREFIX):
            delete_table(name)


class Undo:
    """One thing to be undone: how, for whom (a channel, or None for the lab), until when."""

    def __init__(
        self, action: Callable[[], None], channel: int | None, expires_s: float | None
    ) -> None:
        self.action = action
        self.channel = channel
        self.expires_s = expires_s


class Faults:
    """Injects faults on this node and keeps their undos.

    `network_inode` tells this node's processes from others', None where there are no others.
    """

    def __init__(self, processes: Processes, disks: Disks, network_inode: int | None) -> None:
        self._processes = processes
        self._network_inode = network_inode
        self._disks = disks
        self._undos: dict[str, Undo] = {}
        self._fired: set[str] = set()
        self._prepared: dict[str, subprocess.Popen[str]] = {}
        self._seen_s: dict[int, float] = {}
        self._lock = threading.RLock()
        self._made_with = addresses()
        delete_our_tables()
        threading.Thread(target=self._watch, daemon=True).start()

    def heard(self, channel: int) -> None:
        """Note that a channel is alive."""
        with self._lock:
            self._seen_s[channel] = time.monotonic()

    def prepare_cut(self, undo: str, ruleset: str) -> None:
        """Start nft with the ruleset; `inject` fires it by closing its input."""
        process = subprocess.Popen(
            ["nft", "-f", "-"], stdin=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        assert process.stdin is not None
        process.stdin.write(ruleset)
        process.stdin.flush()
        self._prepared[undo] = process

    def inject(
        self, undo: str, kind: str, channel: int | None, for_s: float | None, component: str
    ) -> dict[str, Any]:
        """Do it, with the undo registered first. Returns monotonic times in seconds."""
        ways: dict[str, tuple[Callable[[], dict[str, Any]], Callable[[], None]]] = {
            "kill": (
                functools.partial(self._processes.signal, component, "KILL"),
                functools.partial(self._start, component),
            ),
            "hang": (
                functools.partial(self._processes.signal, component, "STOP"),
                functools.partial(self._processes.let_go_on, component),
            ),
            "cut": (
                functools.partial(self._fire, undo),
                functools.partial(delete_table, TABLE_PREFIX + undo),
            ),
            "power-off": (self._power_off, self._power_on),
        }
        if kind not in ways:
            raise ValueError("unknown fault " + kind)
        action, back = ways[kind]
        if kind in ("kill", "hang"):
            self._processes.require(component)
        with self._lock:
            expires_s = None if for_s is None else time.monotonic() + for_s
            self._undos[undo] = Undo(back, channel, expires_s)
            return action()

    def _start(self, component: str) -> None:
        self._processes.start(component)

    def _fire(self, undo: str) -> dict[str, Any]:
        process = self._prepared.pop(undo)
        sent_s = time.monotonic()
        _, error = process.communicate()
        if process.returncode != 0:
            raise ValueError("nft refused the ruleset: " + error.strip())
        return {"sent_s": sent_s, "gone_s": time.monotonic()}

    def _power_off(self) -> dict[str, Any]:
        sent_s = time.monotonic()
        nft(POWER_RULESET)
        self._processes.hold_all_down()
        self._disks.cut_power()
        kill_all(self._network_inode)
        self._disks.unmount()
        # Sockets that outlive their process would send a late FIN after the heal and so end
        # half-open connections that a real power loss leaves hanging.
        subprocess.run(["ss", "-K", "-a", "-t"], capture_output=True, check=False)
        forget_all_but(self._made_with)
        return {"sent_s": sent_s, "gone_s": time.monotonic()}

    def _power_on(self) -> None:
        self._disks.mount()
        delete_table(POWER_TABLE)
        self._processes.restart_all()

    def heal(self, names: Iterable[str] | None = None) -> dict[str, Any]:
        """Undo the named faults (all when None), newest first; one that fails stops no other.

        `fired` names those that the dead man's switch had undone before anyone asked.
        """
        with self._lock:
            wanted = [n for n in self._undos if names is None or n in names]
            fired = sorted(self._fired if names is None else self._fired.intersection(names))
            healed, errors = [], {}
            for name in reversed(wanted):
                try:
                    self._undos[name].action()
                except (OSError, ValueError) as error:
                    errors[name] = str(error)
                else:
                    del self._undos[name]
                    healed.append(name)
            self._fired.difference_update(fired)
            return {"healed": healed, "errors": errors, "fired": fired, "at_s": time.monotonic()}

    def closed(self, channel: int) -> None:
        """Heal what belongs to a channel that has ended or fallen silent."""
        with self._lock:
            self._seen_s.pop(channel, None)
            self._fire_switch([n for n, undo in self._undos.items() if undo.channel == channel])

    def active(self) -> list[str]:
        """Return the names of the faults that are in."""
        with self._lock:
            return list(self._undos)

    def _fire_switch(self, names: list[str]) -> None:
        if not names:
            return
        self._fired.update(self.heal(names)["healed"])
        for name in names:
            if name in self._undos:  # it failed: tried again, as one whose time is up
                self._undos[name].expires_s = time.monotonic()

    def _watch(self) -> None:
        while True:
            time.sleep(0.2)
            now_s = time.monotonic()
            with self._lock:
                silent = [c for c, seen_s in self._seen_s.items() if now_s - seen_s > SILENCE_S]
                for channel in silent:
                    self.closed(channel)
                self._fire_switch(
                    [n for n, u in self._undos.items() if u.expires_s and u.expires_s < now_s]
                )
