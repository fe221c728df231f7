"""The loss of a node's power: no packets, no processes, no sockets, unsynced writes lost."""

from __future__ import annotations

import subprocess
import time
from typing import Any, Dict

from lab.agent.addresses import remove_all_but
from lab.agent.fault import NodeFault
from lab.agent.nft import TABLE_PREFIX, delete_table, nft
from lab.agent.processes import kill_all

TABLE = TABLE_PREFIX + "power"
RULESET = f"""table inet {TABLE} {{
  chain in {{ type filter hook input priority -300; policy drop; }}
  chain through {{ type filter hook forward priority -300; policy drop; }}
  chain out {{ type filter hook output priority -300; policy drop; }}
}}
"""


class PowerSwitch(NodeFault):
    """No power until the heal, which starts everything again."""

    def check(self) -> None:
        """Refuse a node whose processes were not started here."""
        self.host.processes.check_power()

    def inject(self) -> Dict[str, Any]:
        """Switch the power off."""
        host, sent_s = self.host, time.monotonic()
        nft(RULESET)
        host.processes.hold_all_down()
        host.disks.cut_power()
        kill_all(host.network_inode)
        host.disks.unmount()
        # Sockets that outlive their process would send a late FIN after the heal and so end
        # half-open connections that a real power loss leaves hanging.
        subprocess.run(["ss", "-K", "-a", "-t"], capture_output=True, check=False)
        remove_all_but(host.addresses)
        return {"sent_s": sent_s, "gone_s": time.monotonic()}

    def heal(self) -> None:
        """Switch the power on, and start every component that ran."""
        self.host.disks.mount()
        delete_table(TABLE)
        self.host.processes.restart_all()


FAULTS = {"power-off": PowerSwitch}
