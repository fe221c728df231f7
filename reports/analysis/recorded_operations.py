"""Whether every operation that was sent is recorded, by what the clients themselves counted. Pure.

`sent` (events.OperationsSent) counts, by process, its requests; of a watch, its openings and the
events that it printed. A list is one request and a line for each key.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from reports.history.events import ClientsEnd, OperationsSent
from reports.locale.message import Message, message

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pandas as pd

    from reports.history.trial import TrialHistory

# a process or "" for all of them, and why its operations are not all there
Reasons = list[tuple[str, Message]]
# An event is delivered at once; so long before the end of the clients a write must have arrived.
DELIVERED_S = 2.0


def missing_requests(trial: TrialHistory) -> Reasons:
    """Return which processes' requests are not all recorded, each once."""
    if (reason := _uncounted(trial)) or trial.operations is None:
        return [("", reason or message("operations-not-recorded"))]
    operations = trial.operations
    watches = (operations["op"] == "watch").to_numpy(bool)
    requests = operations[~watches]
    rows = requests.groupby(["process", "invoke_s"], sort=False, observed=True).size()
    recorded = _counts(rows.groupby(level="process").size())
    watching = set(operations["process"][watches].unique().tolist())
    sent = {process: count for process, count in _sent(trial).items() if process not in watching}
    return [*_differing(sent, recorded), *_lists(trial, requests, rows)]


def missing_watches(trial: TrialHistory) -> Reasons:
    """Return which watches' events are not all recorded, in order; or did not all arrive."""
    if (reason := _uncounted(trial)) or trial.operations is None:
        return [("", reason or message("operations-not-recorded"))]
    operations = trial.operations
    watched = operations[(operations["op"] == "watch").to_numpy(bool)]
    recorded = _counts(watched["process"].value_counts())
    requesting = set(operations["process"].unique().tolist()) - recorded.keys()
    sent = {process: count for process, count in _sent(trial).items() if process not in requesting}
    return [
        *_differing(sent, recorded),
        *_unwatched(operations, watched),
        *(reason for _, part in watched.groupby("process") for reason in _late(operations, part)),
    ]


def whole_watches(trial: TrialHistory) -> set[int]:
    """Return the processes of the watches of which everything that was printed is recorded."""
    if _uncounted(trial) or trial.operations is None:
        return set()
    operations = trial.operations
    watched = operations[(operations["op"] == "watch").to_numpy(bool)]
    sent, recorded = _sent(trial), _counts(watched["process"].value_counts())
    return {process for process, count in recorded.items() if sent.get(process) == count}


def _counts(counts: pd.Series[int]) -> dict[int, int]:
    """Return process -> how many."""
    return dict(zip(counts.index.to_numpy(np.int64).tolist(), counts.tolist(), strict=True))


def _uncounted(trial: TrialHistory) -> Message | None:
    if trial.operations is None or trial.first(ClientsEnd) is None:
        return message("operations-not-recorded")
    return None if trial.first(OperationsSent) else message("operations-not-counted")


def _sent(trial: TrialHistory) -> dict[int, int]:
    counted = trial.first(OperationsSent)
    return {int(name): count for name, count in counted.sent.items()} if counted else {}


def _differing(sent: dict[int, int], recorded: dict[int, int]) -> Iterator[tuple[str, Message]]:
    for process in {**sent, **recorded}:
        counts = sent.get(process, 0), recorded.get(process, 0)
        if counts[0] != counts[1]:
            about = {"process": process, "sent": counts[0], "recorded": counts[1]}
            yield str(process), message("operations-missing", **about)


def _lists(
    trial: TrialHistory, requests: pd.DataFrame, rows: pd.Series[int]
) -> Iterator[tuple[str, Message]]:
    """Name lists without a line for each key, and other requests with more than a line."""
    assert trial.experiment.operations is not None
    listed = (requests["op"] == "list").to_numpy(bool)
    answered = requests[listed & (requests["outcome"] == "ok").to_numpy(bool)]
    lists = rows.index.isin(answered.set_index(["process", "invoke_s"]).index)
    wanted = np.where(lists, trial.experiment.operations.keys, 1)
    for process, _ in rows.index[rows.to_numpy() != wanted][:1]:
        yield str(process), message("keys-of-a-list-missing", process=process)


def _unwatched(operations: pd.DataFrame, watched: pd.DataFrame) -> Iterator[tuple[str, Message]]:
    """Name what was asked and has no watch; where nothing was watched, nothing was to be."""
    vias = set(operations["via"].unique()) - set(watched["via"].unique())
    for via in sorted(map(str, vias)) if len(watched) else ():
        yield via, message("watch-not-recorded", via=via)


def _late(operations: pd.DataFrame, watch: pd.DataFrame) -> Iterator[tuple[str, Message]]:
    """Name a watch that is not in the order of time, or lacks what was written long before the end.

    Lines are in the order of delivery; one that was moved would look like an event out of order.
    """
    process = int(watch["process"].iloc[0])
    if (np.diff(watch["complete_s"].to_numpy()) < 0).any():
        yield str(process), message("watch-not-in-time", process=process)
    last = int(watch["revision"].max())
    written = operations[(operations["op"] == "write").to_numpy(bool)]
    written = written[(written["outcome"] == "ok").to_numpy(bool)]
    until_s = float(operations["complete_s"].max()) - DELIVERED_S
    due = written[(written["revision"] > last) & (written["complete_s"] < until_s)]
    if len(due):
        yield str(process), message("watch-behind", process=process, count=len(due), after=last)
