"""Operations by hand: one line each."""

from __future__ import annotations

from reports.analysis.consistency.check import check as check_frame
from reports.history.final_state import Version
from reports.history.operations import Operation, frame_of


def check(operations, final, **options):
    return check_frame(frame_of(operations), final, **options)


def write(value, revision, begin_s, end_s, key="a", outcome="ok"):
    seen = revision if outcome == "ok" else 0
    return Operation(1, "write", key, value, begin_s, end_s, outcome, seen, seen)


def read(value, revision, begin_s, end_s, key="a", mod=None):
    mod = (revision if value else 0) if mod is None else mod
    return Operation(2, "read", key, value, begin_s, end_s, "ok", revision, mod)


def get(value, mod, begin_s, end_s, key="a", **more):
    """Return a GET of Kubernetes: it tells the version, not when it was read."""
    return Operation(3, "read", key, value, begin_s, end_s, "ok", 0, mod, **more)


def opened(revision, at_s, process=9):
    """Return the opening of a watch, which tells what comes after a revision."""
    return Operation(process, "watch", "", None, at_s, at_s, "ok", revision, 0)


def event(value, revision, at_s, key="a", process=9):
    """Return what a watch told at a time."""
    return Operation(process, "watch", key, value, at_s, at_s, "ok", revision, revision)


def versions(*operations):
    return [
        Version(operation.key, operation.value, operation.revision)
        for operation in operations
        if operation.op == "write"
    ]
