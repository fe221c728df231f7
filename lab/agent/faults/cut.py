"""Packets dropped by a table of rules that is named after the undo."""

from __future__ import annotations

import subprocess
import time
from typing import Any, Dict, Optional

from lab.agent.fault import Host, NodeFault
from lab.agent.nft import TABLE_PREFIX, check_accepted, delete_table


class CutTable(NodeFault):
    """A ruleset that makes the table halab_UNDO; once prepared, nft has read it and waits."""

    def __init__(self, host: Host, undo: str, ruleset: str) -> None:
        super().__init__(host, undo)
        self._ruleset = ruleset.encode()
        self._process: Optional[subprocess.Popen[bytes]] = None

    def prepare(self) -> None:
        """Start nft; closing its input fires it."""
        self._process = subprocess.Popen(
            ["nft", "-f", "-"], stdin=subprocess.PIPE, stderr=subprocess.PIPE
        )
        assert self._process.stdin is not None
        self._process.stdin.write(self._ruleset)
        self._process.stdin.flush()

    def drop(self) -> None:
        """End nft before its input ends."""
        if self._process is not None:
            self._process.kill()
            self._process.communicate()

    def inject(self) -> Dict[str, Any]:
        """Fire it."""
        if self._process is None or self._process.poll() is not None:
            self.drop()  # it was killed since
            self.prepare()
        assert self._process is not None
        sent_s = time.monotonic()
        _, error = self._process.communicate()
        check_accepted(self._process.returncode, error.decode(errors="replace"))
        return {"sent_s": sent_s, "gone_s": time.monotonic()}

    def heal(self) -> None:
        """Delete the table."""
        delete_table(TABLE_PREFIX + self.undo)


FAULTS = {"cut": CutTable}
