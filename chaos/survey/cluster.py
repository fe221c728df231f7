"""One small etcd cluster with a client: a fault, the requests during it, and the repair."""

from __future__ import annotations

import contextlib
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING

from chaos.errors import ChaosError, message_of
from chaos.faults.injection import injected
from chaos.survey.load import SurveyLoad
from chaos.survey.members import Members
from lab.afterwards import INTERRUPTS, afterwards
from lab.errors import LabError
from lab.log_lines import last_lines
from lab.readiness import wait_until
from lab.sentence import sentence
from reports.history.surveys import MeasuredRow
from reports.locale.message import Message, message

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from chaos.faults.injection import Injection
    from chaos.survey.load import LoadResult, SurveyRequest
    from lab.lab import Lab

REPAIR_TIMEOUT_S = 40.0


def bound_s(lab: Lab) -> float:
    """Return for how long no request may succeed before the verdict is "not served".

    Three times the largest randomised election timeout, which is below twice the configured one
    (raft/raft.go, resetRandomizedElectionTimeout).
    """
    return 3 * 2 * lab.plan.spec.timeouts.election_ms / 1000


@dataclass(frozen=True)
class HeldFault:
    """The load on each side while a fault was in effect, and what followed."""

    loads: dict[str, LoadResult]
    measured: MeasuredRow


class Cluster:
    """Injects one fault after the other; between two, all members have the same data again."""

    def __init__(self, lab: Lab) -> None:
        self.lab = lab
        self.members = Members(lab)

    def settle(self) -> str:
        """Wait until all members agree on a leader; return it. Raises LabError."""
        leader = ""

        def check() -> None:
            nonlocal leader
            leader = self.members.leader()

        agreed = sentence("members-agree", "members that agree on a leader")
        wait_until(agreed, check, REPAIR_TIMEOUT_S)
        return leader

    def hold(
        self, injection: Injection | None, sides: Mapping[str, Sequence[str]], label: str
    ) -> HeldFault:
        """Inject a fault, send requests to every side at once, heal, and compare the members.

        Raises LabError or ChaosError when the cluster is lost with it.
        """
        limit_s = bound_s(self.lab)
        loads = {side: SurveyLoad(self.members, f"{label}/{side}", limit_s) for side in sides}
        after = SurveyLoad(self.members, f"{label}/after", limit_s)
        requests: list[SurveyRequest] = []

        def close() -> None:
            for load in (*loads.values(), after):
                requests.extend(load.close())

        back_s = whole_s = None
        with afterwards(close):
            with (
                injected(injection)
                if injection
                else contextlib.nullcontext(message("no-member-failed")) as evidence
            ):
                with ThreadPoolExecutor(len(sides)) as pool:
                    runs = {
                        side: pool.submit(loads[side].run, members, limit_s)
                        for side, members in sides.items()
                    }
                results = {side: run.result() for side, run in runs.items()}
                heal_s = time.monotonic()
            # after an interrupt nobody wants the rest, which may wait for an agent that hangs
            if INTERRUPTS.arrived:
                raise ChaosError(message("interrupted"))
            if injection:
                back_s = self._served_again(after, heal_s)
                injection.confirm_undone()
            self.settle()
            whole_s = time.monotonic() - heal_s if injection else None
        acknowledged, lost, differing = self._verify(label, requests)
        doubts = [result.doubt(limit_s) for result in results.values()]
        measured = MeasuredRow(
            bound_s=limit_s,
            back_after_heal_s=back_s,
            whole_after_heal_s=whole_s,
            acknowledged=acknowledged,
            lost=lost,
            differing=differing,
            evidence=evidence,
            reason=next(filter(None, doubts), None),
        )
        return HeldFault(results, measured)

    def _served_again(self, load: SurveyLoad, heal_s: float) -> float:
        write = load.run(self.members.names, REPAIR_TIMEOUT_S).first("write")
        if write is None:
            raise ChaosError(message("no-write-after-heal", timeout_s=REPAIR_TIMEOUT_S))
        return write.complete_s - heal_s

    def _verify(
        self, label: str, requests: list[SurveyRequest]
    ) -> tuple[int, list[str], Message | None]:
        """Return the number of acknowledged writes, the lost keys, and how the members differ."""
        stored: dict[str, str] = {}

        def read() -> None:
            # may be repeated when the leader changes: this read is not measured
            stored.update(self.members.read_back(f"{label}/"))

        all_read = sentence("written-read", "a read of all that was written")
        wait_until(all_read, read, REPAIR_TIMEOUT_S)
        writes = [
            request for request in requests if (request.op, request.outcome) == ("write", "ok")
        ]
        lost = [write.key for write in writes if stored.get(write.key) != write.value]
        return len(writes), lost, self._differing()

    def _differing(self) -> Message | None:
        """Wait until all members have the same data; after the timeout return how they differ."""
        states = ""

        def check() -> str:
            nonlocal states
            states = self.members.differing()
            return states

        try:
            wait_until("one revision and one hash", check, REPAIR_TIMEOUT_S)
        except LabError as error:
            return message("members-differ", states=states or message_of(error))
        return None

    def logs_of_stopped_members(self) -> list[Message]:
        """Return the last lines in the log of every member that does not run."""
        logs = []
        for name in self.members.names:
            try:
                if self.lab.agent(name).components()["etcd"].alive:
                    continue
            except (LabError, KeyError) as error:
                logs.append(message("labelled", name=name, text=message_of(error)))
                continue
            log = self.lab.log(name, "etcd")
            logs.append(message("member-not-running", member=name, log=last_lines(log)))
        return logs

    def close(self) -> None:
        """Close the connections to the members."""
        self.members.close()
