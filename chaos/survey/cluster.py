"""One small etcd cluster with a client beside it: a fault, what is served under it, the repair."""

from __future__ import annotations

import contextlib
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING

from chaos.errors import ChaosError
from chaos.faults.injection import injected
from chaos.survey.load import SurveyLoad
from chaos.survey.members import Members
from lab.bootstrap import telling_lines
from lab.errors import LabError
from lab.readiness import wait_until
from reports.history.tolerance import MeasuredRow

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from chaos.faults.injection import Injection
    from chaos.survey.load import LoadResult, SurveyRequest
    from lab.lab import Lab

REPAIR_TIMEOUT_S = 40.0


def bound_s(lab: Lab) -> float:
    """Return how long nothing must succeed before "not served" is said.

    Three times the largest randomised election timeout, which is below twice the configured one
    (raft/raft.go, resetRandomizedElectionTimeout).
    """
    return 3 * 2 * lab.plan.spec.timeouts.election_ms / 1000


@dataclass(frozen=True)
class Held:
    """What was offered while a fault was in, by side, and what is known of its end."""

    offered: dict[str, LoadResult]
    measured: MeasuredRow


class Cluster:
    """Puts faults in one after the other; between them every member is back and agrees."""

    def __init__(self, lab: Lab) -> None:
        self.lab = lab
        self.members = Members(lab)

    def settle(self) -> str:
        """Wait until all members agree on a leader; return it. Raises LabError."""
        found = ""

        def check() -> str:
            nonlocal found
            found = self.members.leader()
            return ""

        wait_until("members that agree on a leader", check, REPAIR_TIMEOUT_S)
        return found

    def hold(
        self, injection: Injection | None, sides: Mapping[str, Sequence[str]], label: str
    ) -> Held:
        """Put a fault in, offer to every side at once, heal, and compare what is left.

        Raises LabError or ChaosError when the cluster is lost with it.
        """
        limit_s = bound_s(self.lab)
        offers = {side: SurveyLoad(self.members, f"{label}/{side}", limit_s) for side in sides}
        after = SurveyLoad(self.members, f"{label}/after", limit_s)
        back_s = whole_s = None
        try:
            with (
                injected(injection)
                if injection
                else contextlib.nullcontext("nothing was failed") as evidence
            ):
                with ThreadPoolExecutor(len(sides)) as pool:
                    runs = {
                        side: pool.submit(offers[side].run, members, limit_s)
                        for side, members in sides.items()
                    }
                offered = {side: run.result() for side, run in runs.items()}
                heal_s = time.monotonic()
            if injection:
                back_s = self._served_again(after, heal_s)
                injection.confirm_undone()
            self.settle()
            whole_s = time.monotonic() - heal_s if injection else None
        finally:
            operations = [one for offer in (*offers.values(), after) for one in offer.close()]
        acknowledged, lost, differing = self._verify(label, operations)
        doubts = [one.doubt(limit_s) for one in offered.values()]
        measured = MeasuredRow(
            bound_s=limit_s,
            back_after_heal_s=back_s,
            whole_after_heal_s=whole_s,
            acknowledged=acknowledged,
            lost=lost,
            differing=differing,
            evidence=evidence,
            reason=next(filter(None, doubts), ""),
        )
        return Held(offered, measured)

    def _served_again(self, offer: SurveyLoad, heal_s: float) -> float:
        write = offer.run(self.members.names, REPAIR_TIMEOUT_S).first("write")
        if write is None:
            raise ChaosError(f"no write was served within {REPAIR_TIMEOUT_S:g} s after the repair")
        return write.complete_s - heal_s

    def _verify(self, label: str, operations: list[SurveyRequest]) -> tuple[int, list[str], str]:
        """Return the number of acknowledged writes, which are missing, how the members differ."""
        kept: dict[str, str] = {}

        def read() -> str:
            # asked again when a leader changed meanwhile: this read is ours, not measured
            kept.update(self.members.read_back(f"{label}/"))
            return ""

        wait_until("a read of all that was written", read, REPAIR_TIMEOUT_S)
        acknowledged = [one for one in operations if (one.op, one.outcome) == ("write", "ok")]
        lost = [one.key for one in acknowledged if kept.get(one.key) != one.value]
        try:
            wait_until("one revision and one hash", self.members.differing, REPAIR_TIMEOUT_S)
        except LabError as error:
            return len(acknowledged), lost, str(error)
        return len(acknowledged), lost, ""

    def last_words(self) -> str:
        """Return the last lines in the log of every member that does not run, "" if all do."""
        said = []
        for name in self.members.names:
            try:
                if self.lab.agent(name).components()["etcd"].alive:
                    continue
            except (LabError, KeyError) as error:
                said.append(f"\n{name}: {error}")
                continue
            log = self.lab.log(name, "etcd")
            tail = telling_lines(log.read_text(errors="replace")) if log.exists() else []
            said.append("\n".join([f"\n{name} does not run; last lines of its log:", *tail]))
        return "".join(said)

    def close(self) -> None:
        """Close the connections to the members."""
        self.members.close()
