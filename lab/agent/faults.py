"""What can be done to a node, and the undo of each, held here with its owner and expiry.

An undo belongs to the channel that asked for it (it is healed when that channel closes or
falls silent) or to the lab (it stays until healed by hand or until its time is up).
"""

import os
import signal
import subprocess
import threading
import time
from typing import Callable, Dict, List, Optional

from lab.agent.processes import Processes

SILENCE_S = 10.0
POWER_TABLE = "halab_power"
POWER_RULESET = """table inet %s {
  chain in { type filter hook input priority -300; policy drop; }
  chain out { type filter hook output priority -300; policy drop; }
}
""" % POWER_TABLE


def nft(ruleset: str) -> None:
    """Apply one ruleset as one transaction."""
    done = subprocess.run(["nft", "-f", "-"], input=ruleset, capture_output=True, text=True)
    if done.returncode != 0:
        raise ValueError("nft refused the ruleset: " + done.stderr.strip())


def delete_table(table: str) -> None:
    """Delete a table of ours; that it is not there is no error."""
    nft("table inet %s {}\ndelete table inet %s\n" % (table, table))


def neighbours() -> List[int]:
    """Return every process in this node's network namespace but this one."""
    mine = os.stat("/proc/self/ns/net").st_ino
    found = []
    for entry in os.listdir("/proc"):
        if entry.isdigit() and int(entry) != os.getpid():
            try:
                if os.stat("/proc/%s/ns/net" % entry).st_ino == mine:
                    found.append(int(entry))
            except OSError:
                continue  # it ended while we looked
    return found


class Undo:
    """One thing to be undone: what, for whom, until when (monotonic seconds)."""

    def __init__(self, action: Callable[[], None], channel: Optional[int]) -> None:
        self.action = action
        self.channel = channel
        self.expires_s: Optional[float] = None


class Faults:
    """Injects faults on this node and keeps their undos."""

    def __init__(self, processes: Processes) -> None:
        self._processes = processes
        self._undos: Dict[str, Undo] = {}
        self._prepared: Dict[str, subprocess.Popen] = {}
        self._seen_s: Dict[int, float] = {}
        self._lock = threading.RLock()
        threading.Thread(target=self._watch, daemon=True).start()

    def heard(self, channel: int) -> None:
        """Note that a channel is alive."""
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
        self, undo: str, kind: str, channel: Optional[int], for_s: Optional[float], component: str
    ) -> Dict[str, object]:
        """Do it, with the undo registered first. Returns monotonic times in seconds."""
        with self._lock:
            entry = Undo(self._undo_of(undo, kind, component), channel)
            if for_s is not None:
                entry.expires_s = time.monotonic() + for_s
            self._undos[undo] = entry
            if kind == "kill":
                return self._processes.signal(component, "KILL")
            if kind == "hang":
                return self._processes.signal(component, "STOP")
            if kind == "cut":
                return self._fire(undo)
            if kind == "power-off":
                return self._power_off()
            raise ValueError("unknown fault " + kind)

    def _undo_of(self, undo: str, kind: str, component: str) -> Callable[[], None]:
        if kind == "kill":
            return lambda: self._processes.start(component) and None
        if kind == "hang":
            return lambda: self._processes.signal(component, "CONT") and None
        if kind == "cut":
            return lambda: delete_table("halab_" + undo)
        return self._power_on

    def _fire(self, undo: str) -> Dict[str, object]:
        process = self._prepared.pop(undo)
        sent_s = time.monotonic()
        _, error = process.communicate()
        if process.returncode != 0:
            raise ValueError("nft refused the ruleset: " + error.strip())
        return {"sent_s": sent_s, "gone_s": time.monotonic()}

    def _power_off(self) -> Dict[str, object]:
        sent_s = time.monotonic()
        nft(POWER_RULESET)
        for pid in neighbours():
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                continue
        # Sockets that outlive their process would send a late FIN after the heal and so end
        # half-open connections that a real power loss leaves hanging.
        subprocess.run(["ss", "-K", "-a", "-t"], capture_output=True, check=False)
        return {"sent_s": sent_s, "gone_s": time.monotonic()}

    def _power_on(self) -> None:
        delete_table(POWER_TABLE)
        self._processes.restart_all()

    def heal(self, names: Optional[List[str]] = None) -> Dict[str, object]:
        """Undo the named faults (all when None), newest first; one that fails stops no other."""
        with self._lock:
            wanted = [n for n in self._undos if names is None or n in names]
            healed, errors = [], {}
            for name in reversed(wanted):
                try:
                    self._undos[name].action()
                except (OSError, ValueError) as error:
                    errors[name] = str(error)
                else:
                    del self._undos[name]
                    healed.append(name)
            return {"healed": healed, "errors": errors, "at_s": time.monotonic()}

    def closed(self, channel: int) -> None:
        """Heal what belongs to a channel that has ended."""
        self._seen_s.pop(channel, None)
        self.heal([name for name, undo in self._undos.items() if undo.channel == channel])

    def active(self) -> List[str]:
        """Return the names of the faults that are in."""
        return list(self._undos)

    def _watch(self) -> None:
        while True:
            time.sleep(0.2)
            now_s = time.monotonic()
            for channel, seen_s in list(self._seen_s.items()):
                if now_s - seen_s > SILENCE_S:
                    self.closed(channel)
            due = [n for n, u in list(self._undos.items()) if u.expires_s and u.expires_s < now_s]
            if due:
                self.heal(due)
