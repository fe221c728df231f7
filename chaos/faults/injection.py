"""One execution of a fault: seen unbroken, journalled, put in, seen, taken back, seen gone."""

from __future__ import annotations

import contextlib
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Literal

from chaos.errors import ChaosError, MaskedError, NotConfirmedError, SwitchFiredError
from chaos.faults.observer import (
    PATIENCE_S,
    NotSeenError,
    candidates,
    first_who_sees,
    looks_at,
    seen_at_once,
)
from chaos.journal import Journal, new_undo
from lab.errors import LabError

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Sequence

    from chaos.faults.base import AgentRequest, Fault, Sight
    from chaos.targets import Target
    from lab.lab import Lab

CONFIRM_TIMEOUT_S = 5.0
UNDONE_TIMEOUT_S = 30.0


class Injection:
    """One execution of a fault on resolved targets; its undo is in the journal before it is in.

    `running` returns the injections that were begun and whose heal is not confirmed, this one
    among them or not. Raises InputError when these targets make no fault.
    """

    def __init__(
        self,
        lab: Lab,
        identity: str,
        fault: Fault,
        targets: tuple[Target, ...],
        others: tuple[Target, ...] = (),
        *,
        owner: Literal["channel", "lab"] = "channel",
        for_s: float | None = None,
        running: Callable[[], Sequence[Injection]] = tuple,
    ) -> None:
        self.id = identity
        self.fault = fault
        self.targets = targets
        self.hit = [str(target) for target in targets]
        self.undo = new_undo()
        self.breakage = fault.plan(lab.plan, targets, others, self.undo)
        self.nodes = [request.node for request in self.breakage.requests]
        self._lab = lab
        self._owner = owner
        self._for_s = for_s
        self._running = running
        self._before: list[Injection] = []  # in effect before this one
        self._viewers: dict[Sight, str] | None = None
        self._hidden: MaskedError | None = None
        self._fired: list[str] = []  # nodes whose switch was quicker
        self._begun = False
        self.in_effect = False

    @property
    def touched(self) -> frozenset[str]:
        """The nodes that it acts on."""
        return frozenset(self.nodes)

    def look(self) -> None:
        """Choose who looks at each target: who sees it unbroken now. `begin` does it too.

        Raises NotConfirmedError when nobody does and no other injection hides it: nobody could
        say then what a fault has done.
        """
        others = self._others()
        self._before = [other for other in others if other.in_effect]
        sights = self.breakage.sights

        def find(sight: Sight) -> tuple[str, str]:
            # what another one hides will not show
            hidden = _touching(others, {sight.target.node, sight.viewer})
            viewers = self._candidates(sight, others)
            return first_who_sees(self._lab, sight.target, viewers, 0 if hidden else PATIENCE_S)

        with ThreadPoolExecutor(len(sights)) as pool:
            found = list(zip(sights, pool.map(find, sights), strict=True))
        viewers = {sight: viewer for sight, (viewer, _) in found if viewer}
        watched = {sight.target for sight in viewers}
        for sight, (viewer, evidence) in found:
            by = _touching(others, {sight.target.node, sight.viewer}) or _ids(others)
            # one who is dark himself need not see it where another does
            if not viewer and not (by and sight.target in watched):
                hidden = _not_seen(by, f"nobody saw it unbroken before: {evidence}")
                if not isinstance(hidden, MaskedError):
                    raise hidden
                self._hidden = hidden
        self._viewers = viewers

    def begin(self) -> dict[str, dict[str, float]]:
        """Journal the undo, then put the fault in; return node -> {sent_s, gone_s}, monotonic.

        Raises LabError; a part may be in then, and `end` takes it back. NotConfirmedError: `look`.
        """
        if self._viewers is None:
            self.look()
        Journal(self._lab.directory).note(self.undo, "planned", fault=self.fault.kind, hit=self.hit)
        self._begun = True
        requests = self.breakage.requests
        for request in requests if self.breakage.together else ():
            agent = self._lab.agent(request.node)
            agent.prepare(self.undo, request.kind, request.parameters)
        with ThreadPoolExecutor(len(requests)) as pool:
            times = dict(zip(self.nodes, pool.map(self._ask, requests), strict=True))
        self.in_effect = True
        return times

    def confirm(self) -> str:
        """Wait until the effect is seen; return the evidence.

        Raises MaskedError when other injections hide it, NotConfirmedError.
        """
        if self._hidden:
            raise self._hidden
        looks = [
            look
            for sight, viewer in (self._viewers or {}).items()
            for look in looks_at(self._lab.plan, viewer, sight.target, sight.wanted)
        ]
        try:
            evidence = seen_at_once(self._lab, looks, CONFIRM_TIMEOUT_S)
        except NotSeenError as error:
            by = [] if error.outcome == "answered" else self._begun_meanwhile(error.look.nodes)
            raise _not_seen(by, str(error)) from error
        # silence may be that of another injection, which has silenced who looks or is looked at
        dark = {name for look in looks if look.wanted == "timeout" for name in look.nodes}
        if by := self._begun_meanwhile(dark):
            raise MaskedError(by, evidence)
        return evidence

    def end(self) -> None:
        """Take it back on every node; idempotent. A node that fails stops no other.

        Raises NotConfirmedError with every failure, SwitchFiredError when it was undone before.
        """
        if not self._begun:
            return
        with ThreadPoolExecutor(len(self.nodes)) as pool:
            answers = list(pool.map(self._heal, self.nodes))
        self._fired += [node for _, node in answers if node and node not in self._fired]
        if errors := [error for error, _ in answers if error]:
            raise NotConfirmedError(f"undo failed: {'; '.join(errors)}")
        Journal(self._lab.directory).note(self.undo, "undone")
        if self._fired:
            raise SwitchFiredError(self._fired)

    def confirm_undone(self) -> str:
        """Wait until every target is answered again; return the evidence. May be asked again.

        Raises MaskedError while others run: what was started again may wait for something that
        they keep down, hit or not. NotConfirmedError when there is none.
        """
        looks = [
            look
            for sight in self.breakage.sights
            if sight.wanted != "answered"
            for look in looks_at(
                self._lab.plan, self._viewer_afterwards(sight), sight.target, "answered"
            )
        ]
        try:
            return seen_at_once(self._lab, looks, UNDONE_TIMEOUT_S)
        except NotSeenError as error:
            raise _not_seen([other.id for other in self._others()], str(error)) from error

    def _ask(self, request: AgentRequest) -> dict[str, float]:
        times = self._lab.agent(request.node).inject(
            self.undo, request.kind, request.parameters, owner=self._owner, for_s=self._for_s
        )
        gone = {} if times.gone_s is None else {"gone_s": times.gone_s}
        return {"sent_s": times.sent_s, **gone}

    def _heal(self, node: str) -> tuple[str, str]:
        """Return what failed on a node, and its name if its switch had fired."""
        try:
            healed = self._lab.agent(node).heal([self.undo])
        except LabError as error:
            return f"{node}: {error}", ""
        failed = f"{node}: {healed.errors}" if healed.errors else ""
        return failed, node if healed.fired else ""

    def _others(self) -> list[Injection]:
        return [other for other in self._running() if other is not self]

    def _candidates(self, sight: Sight, others: Sequence[Injection]) -> list[str]:
        hit = {target.node for target in self.targets}
        touched = frozenset().union(*(other.touched for other in others))
        return candidates(self._lab.plan, sight, hit, touched)

    def _begun_meanwhile(self, nodes: Collection[str]) -> list[str]:
        """Return the injections that were not in effect at `look` and touch any of these nodes."""
        return _touching([other for other in self._others() if other not in self._before], nodes)

    def _viewer_afterwards(self, sight: Sight) -> str:
        """Return who looked before unless something has hit it since; then who may, or anybody."""
        viewer = (self._viewers or {}).get(sight, "")
        if viewer and not self._begun_meanwhile({viewer}):
            return viewer
        free = self._candidates(sight, self._others()) or self._candidates(sight, ())
        if not free:
            raise NotConfirmedError(f"nobody is left to observe {sight.target}")
        return free[0]


def _ids(injections: Sequence[Injection]) -> list[str]:
    return [injection.id for injection in injections]


def _touching(injections: Sequence[Injection], nodes: Collection[str]) -> list[str]:
    return _ids([one for one in injections if one.touched.intersection(nodes)])


def _not_seen(by: Sequence[str], evidence: str) -> NotConfirmedError:
    return MaskedError(by, evidence) if by else NotConfirmedError(evidence)


@contextlib.contextmanager
def injected(injection: Injection) -> Iterator[str]:
    """Put a fault in, hand over the evidence that it is, and take it back however the block ends.

    What has ended the block goes on from here; what fails while it is undone is noted on it.
    """
    try:
        injection.begin()
        yield injection.confirm()
    except BaseException as error:
        try:
            injection.end()
        except (LabError, ChaosError, OSError) as failure:
            error.add_note(f"its undo: {failure}")
        raise
    injection.end()
