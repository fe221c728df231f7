"""Operations on a store that never errs, in any number, and ways to bend one of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pandas as pd
import pyarrow as pa

from reports.history.final_state import Version
from reports.history.operations import SCHEMA

if TYPE_CHECKING:
    from reports.analysis.consistency.codes import Numbers, Seconds

Bend = Literal["stale read", "lost write", "reordered watch event"]

KEYS = 64
CLIENTS = 16
RATE_HZ = 1000.0
UNANSWERED = 0.001


def made(count: int, seed: int) -> tuple[pd.DataFrame, list[Version]]:
    """Return `count` operations of CLIENTS clients and a watch, and the versions in the end.

    A tenth are events of the watch; of the others half are writes, a quarter reads of etcd, an
    eighth reads of Kubernetes, which tell no revision, and an eighth lines of lists. Each takes
    effect at a moment within its span. Of the writes a few got no answer.
    """
    chance = np.random.default_rng(seed)
    events = count // 10
    asked = count - events
    kind = chance.choice(4, asked, p=[0.5, 0.25, 0.125, 0.125])  # write, read, get, list
    at_s = np.sort(chance.uniform(0, asked / RATE_HZ, asked))
    key = chance.integers(0, KEYS, asked)
    write = kind == 0
    revision = 1 + np.cumsum(write)
    mod = np.zeros(asked, dtype=np.int64)
    for one in range(KEYS):
        mine = key == one
        mod[mine] = np.maximum.accumulate(np.where(write[mine], revision[mine], 0))
    unanswered = write & (chance.random(asked) < UNANSWERED)
    told = np.where((kind == 2) | unanswered, 0, revision)
    frame = _frame(
        process=chance.integers(0, CLIENTS, asked),
        op=np.array(["write", "read", "read", "list"])[kind],
        key=key,
        # a version's value is its revision, so that a read knows it
        value=mod,
        invoke_s=at_s - chance.exponential(0.002, asked),
        complete_s=at_s + chance.exponential(0.002, asked),
        outcome=np.where(unanswered, "unknown", "ok"),
        revision=told,
        mod_revision=np.where(unanswered, 0, mod),
    )
    places = np.flatnonzero(write)
    final = [
        Version(f"k{k}", f"v{r}", r)
        for k, r in zip(key[places].tolist(), revision[places].tolist(), strict=True)
    ]
    first = places[: events - 1]
    delivered_s = np.maximum.accumulate(at_s[first] + chance.exponential(0.001, len(first)))
    return pd.concat([frame, _watch(key[first], revision[first], delivered_s)]), final


def _watch(key: Numbers, revision: Numbers, delivered_s: Seconds) -> pd.DataFrame:
    """Return an opening at revision 1, and events."""
    opened_s = np.concatenate([[0.0], delivered_s])
    frame = _frame(
        process=np.full(len(opened_s), CLIENTS),
        op=np.full(len(opened_s), "watch"),
        key=np.concatenate([[0], key]),
        value=np.concatenate([[0], revision]),
        invoke_s=opened_s,
        complete_s=opened_s,
        outcome=np.full(len(opened_s), "ok"),
        revision=np.concatenate([[1], revision]),
        mod_revision=np.concatenate([[0], revision]),
    )
    frame.loc[0, "key"] = ""
    return frame


def _frame(*, key: Numbers, value: Numbers, **columns: Any) -> pd.DataFrame:
    """Return a frame of the schema; a value of 0 is none."""
    texts = pa.array(np.char.add("v", value.astype(str)), mask=value == 0)
    return pd.DataFrame(
        {
            **columns,
            "key": np.char.add("k", key.astype(str)),
            "value": pd.array(texts, dtype=pd.ArrowDtype(pa.string())),
            "via": np.char.add("etcd-", (1 + key % 3).astype(str)),
            "stale": False,
        }
    )[SCHEMA.names]


def bend(
    frame: pd.DataFrame, final: list[Version], how: Bend, seed: int
) -> tuple[pd.DataFrame, list[Version], set[str]]:
    """Bend one place; return what it became, and the values of the operations that show it."""
    chance = np.random.default_rng(seed)
    frame, final = frame.reset_index(drop=True), list(final)
    ok = (frame["outcome"] == "ok").to_numpy()
    if how == "lost write":
        row = int(chance.choice(np.flatnonzero(ok & (frame["op"] == "write").to_numpy())))
        version = frame.at[row, "revision"]
        return frame, [one for one in final if one.revision != version], {frame.at[row, "value"]}
    if how == "reordered watch event":
        events = np.flatnonzero((frame["op"] == "watch").to_numpy())
        row = int(chance.choice(events[2:]))
        rows = [row - 1, row]
        told = ["key", "value", "revision", "mod_revision"]
        frame.loc[rows, told] = frame.loc[rows[::-1], told].to_numpy()
        return frame, final, set(frame.loc[rows, "value"])
    # the version before the newest one, long after it was overwritten
    reads = np.flatnonzero(((frame["op"] == "read") & (frame["revision"] == 0)).to_numpy())
    row = int(chance.choice(reads[len(reads) // 2 :]))
    key, newest = frame.at[row, "key"], frame.at[row, "mod_revision"]
    # a version's revision tells its place
    older = next(one for one in final[newest - 3 :: -1] if one.key == key)
    frame.loc[row, ["value", "mod_revision"]] = [older.value, older.revision]
    return frame, final, {older.value}
