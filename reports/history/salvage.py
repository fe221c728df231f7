"""What can still be used of damaged samples, and what is said of the rest."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from reports.history.lines import LONGEST_S, left_out
from reports.history.samples import read_samples
from reports.history.schema import TIMES

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

TEXTS = ("probe", "worker", "connection", "outcome", "error", "master")


def read_parquet(path: Path, damage: list[str], columns: Sequence[str]) -> pd.DataFrame:
    """Read columns of samples; none, and a word in `damage`, when the file is broken."""
    none = pd.DataFrame(columns=list(columns))
    try:
        if missing := sorted(set(columns) - set(pq.read_schema(path).names)):
            damage.append(f"{path.name} lacks the columns {', '.join(missing)}")
            return none
        return read_samples(path, columns)
    except (OSError, ValueError, MemoryError, pa.ArrowException) as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        damage.append(f"{path.name} is broken: {reason[:200]}")
        return none


def sound_samples(frame: pd.DataFrame, name: str, damage: list[str]) -> pd.DataFrame:
    """Leave out the samples whose times are none, or whose texts are no texts."""
    times_of = [one for one in TIMES if one in frame]
    mixed = [one for one in TEXTS if one in frame and frame[one].dtype == object]
    if frame.empty or (not mixed and all(_are_times(frame[one]) for one in times_of)):
        return frame
    times = pd.DataFrame({one: pd.to_numeric(frame[one], errors="coerce") for one in times_of})
    sound = (times.abs() < LONGEST_S).all(axis=1).to_numpy(bool, copy=True)
    for column in mixed:
        sound &= frame[column].map(lambda value: isinstance(value, str)).to_numpy(bool)
    if count := int((~sound).sum()):
        first = f"number {int(np.argmin(sound)) + 1}"
        damage.append(left_out(name, "samples", count, first))
    return frame[sound].assign(**{one: times[one][sound] for one in times_of})


def _are_times(column: pd.Series[float]) -> bool:
    """Look at the ends alone, for there may be ten million; a NaN is at both of them."""
    if not pd.api.types.is_float_dtype(column.dtype):
        return False
    values = column.to_numpy(dtype=float)
    return bool(values.min() > -LONGEST_S and values.max() < LONGEST_S)
