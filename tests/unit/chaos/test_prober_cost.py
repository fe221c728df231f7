"""The cost of probers is computed before they start, and too much is refused."""

from __future__ import annotations

import pytest

from chaos.errors import InputError
from chaos.probes.prober_cost import SHARE, check_cost, cores_needed
from chaos.probes.series import DEFAULT_SERIES, Series


@pytest.mark.parametrize(
    ("series", "workers", "cores"),
    [
        pytest.param([], 2, 0.002, id="nothing is asked"),
        pytest.param([Series("read", "new", 10)], 1, 0.026, id="new connections"),
        pytest.param([Series("read", "reused", 10)], 1, 0.006, id="reused ones are cheaper"),
        pytest.param([Series("watch", "reused", 10)], 1, 0.011, id="a write and an event"),
        pytest.param([Series("read", "reused", 10)], 50, 0.3, id="each worker costs the same"),
    ],
)
def test_the_cost_is_rate_times_probe(series, workers, cores):
    assert cores_needed(series, workers) == pytest.approx(cores)


def test_the_default_series_of_two_workers_fit_two_cores():
    check_cost(DEFAULT_SERIES, 2, cores=2)


def test_what_fits_exactly_is_taken_and_a_little_more_is_refused():
    series = [Series("read", "new", 10)]
    fits = int(SHARE * 2 / cores_needed(series, 1))
    check_cost(series, fits, cores=2)
    with pytest.raises(InputError):
        check_cost(series, fits + 1, cores=2)


def test_a_refusal_has_the_figures_and_the_way_out():
    with pytest.raises(InputError) as caught:
        check_cost([Series("read", "new", 100)], 10, cores=2)
    assert str(caught.value) == (
        "the probers of 10 workers would take about 2.51 cores at 100 requests a second each; of "
        "this machine's 2 cores at most 0.50 may go into probing. Ask for fewer workers, or for "
        "lower rates: 20% of them fits"
    )


def test_more_cores_carry_more():
    check_cost([Series("read", "new", 100)], 10, cores=16)
