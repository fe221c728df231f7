"""Samples as a prober hands them over."""

from __future__ import annotations

from reports.history.samples import Sample


def sample(scheduled_s=0.0, worker="worker-1", took_s=0.01, outcome="ok", error=""):
    return Sample(
        probe="read",
        worker=worker,
        connection="new",
        scheduled_s=scheduled_s,
        started_s=scheduled_s,
        ended_s=scheduled_s + took_s,
        outcome=outcome,
        status=200 if outcome == "ok" else 0,
        error=error,
        master="master-1",
        client_port=40000,
    )
