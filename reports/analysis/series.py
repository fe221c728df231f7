"""Samples as arrays, series after series: outages and recoveries are computed with them.

No loop here goes over samples; ten million are a matter of seconds.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from reports.history.schema import SERIES, TIMES

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

Numbers: TypeAlias = NDArray[np.int64]
Flags: TypeAlias = NDArray[np.bool_]
Seconds: TypeAlias = NDArray[np.float64]
Texts: TypeAlias = NDArray[np.object_]


@dataclass(frozen=True)
class SeriesArrays:
    """The samples of a trial. `begin`: where each series begins; `names`: column of
    SERIES -> its text of each series.

    Within a series probes are in the order of their start.
    """

    names: dict[str, Texts]
    begin: Numbers
    scheduled_s: Seconds
    started_s: Seconds
    ended_s: Seconds
    good: Flags

    @cached_property
    def end(self) -> Numbers:
        """Where each series ends: one past its last sample."""
        return np.append(self.begin, len(self.good))[1:]

    @cached_property
    def ends_bad(self) -> Flags:
        """Whether the last sample of each series is bad."""
        return ~self.good[self.end - 1]

    def keys(self) -> list[tuple[str, ...]]:
        """Return the names of every series as a tuple."""
        return list(zip(*self.names.values(), strict=True))

    def named(self, series: Numbers) -> dict[str, Texts]:
        """Return the names of these series, as columns."""
        return {name: texts[series] for name, texts in self.names.items()}

    def series_of(self, place: Numbers) -> Numbers:
        """Return the series of samples, by their places."""
        return np.searchsorted(self.begin, place, "right") - 1

    def count(self, flags: Flags) -> Numbers:
        """Return by series how many flags are set."""
        return self._reduce(np.add, flags.astype(np.int64))

    def least(self, values: Seconds, where: Flags) -> Seconds:
        """Return by series the least of the values there; NaN where there is none."""
        least = self._reduce(np.minimum, np.where(where, values, np.inf))
        return np.where(np.isinf(least), np.nan, least)

    def ends_of(self, flags: Flags) -> tuple[Numbers, Numbers]:
        """Return by series the first and the last sample whose flag is set; -1 where none is."""
        first = np.full(len(self.begin), -1)
        last = first.copy()
        place = np.flatnonzero(flags)
        series = self.series_of(place)
        last[series] = place
        first[series[::-1]] = place[::-1]
        return first, last

    def _reduce(self, function: np.ufunc, values: NDArray[Any]) -> NDArray[Any]:
        return function.reduceat(values, self.begin) if len(values) else values[:0]


def ordered(samples: pd.DataFrame) -> pd.DataFrame:
    """Return samples by series and start; their series are categories, in the order of names."""
    names = {column: _category(samples[column]) for column in SERIES}
    samples = samples.assign(**names)
    number = np.zeros(len(samples), dtype=np.int32)
    for column in names.values():
        number = number * len(column.cat.categories) + column.cat.codes.to_numpy()
    started_s = samples["started_s"].to_numpy(np.float64)
    step = np.diff(number)
    if not np.any((step < 0) | ((step == 0) & (np.diff(started_s) < 0))):
        return samples
    # sixteen bits are sorted in linear time
    narrow = number.astype(np.int16) if number.max() < 2**15 else number
    order = np.argsort(narrow, kind="stable")
    number, started_s = number[order], started_s[order]
    edges = np.flatnonzero(np.diff(number, prepend=-1, append=-1))
    for begin, end in pairwise(edges):
        # nearly sorted already: only requests that hung were written late
        inner = np.argsort(started_s[begin:end], kind="stable")
        order[begin:end] = order[begin:end][inner]
    return samples.take(order).reset_index(drop=True)


def _category(column: pd.Series[Any]) -> pd.Series[Any]:
    """Return a column as a category, its names in order."""
    if not isinstance(column.dtype, pd.CategoricalDtype):
        return column.astype("category")
    names = column.cat.categories
    return column if names.is_monotonic_increasing else column.cat.reorder_categories(sorted(names))


def arrays_of(samples: pd.DataFrame) -> SeriesArrays:
    """Return marked samples (outages.mark_good) as arrays."""
    columns = [_category(samples[name]) for name in SERIES]
    codes = [column.cat.codes.to_numpy() for column in columns]
    changed = np.zeros(len(samples), dtype=np.bool_)
    changed[:1] = True
    for numbers in codes:
        changed[1:] |= numbers[1:] != numbers[:-1]
    begin = np.flatnonzero(changed)
    names = {
        name: column.cat.categories.to_numpy(object)[numbers[begin]]
        for name, column, numbers in zip(SERIES, columns, codes, strict=True)
    }
    scheduled_s, started_s, ended_s = (samples[name].to_numpy(np.float64) for name in TIMES)
    good = samples["good"].to_numpy(bool)
    return SeriesArrays(names, begin, scheduled_s, started_s, ended_s, good)


def framed(parts: Sequence[Mapping[str, Any]], columns: Sequence[str]) -> pd.DataFrame:
    """Return a frame of the rows of many parts, each a mapping of columns to arrays."""
    filled = [part for part in parts if len(part[columns[0]])]
    return pd.DataFrame(
        {
            name: np.concatenate([part[name] for part in filled]) if filled else []
            for name in columns
        }
    )
