"""A few outages that are exactly known, measured by the real prober over real TLS.

The whole of it, 200 spans, is a benchmark.
"""

from __future__ import annotations

import pandas as pd

from chaos.selftest.known_outages.comparison import WIDEST_PERIODS, rows_of
from chaos.selftest.known_outages.lanes import MODES, measured
from chaos.selftest.known_outages.spans import drawn_lanes

# 12 spans, every kind among them; the seed was chosen for that, before it was measured
SEED, LANES, COUNT = "short-4", 4, 3


def test_the_truth_lies_in_the_bracket(tmp_path):
    samples, spans = measured(tmp_path, drawn_lanes(SEED, LANES, COUNT))
    rows, strays = rows_of(pd.DataFrame(samples), spans)
    assert len(rows) == LANES * COUNT * len(MODES)
    clear = [row for row in rows if not row.disturbed]
    assert len(clear) >= len(rows) / 4, "this machine is too busy to measure anything"
    assert [row for row in clear if row.missed or row.invented] == []
    assert [row for row in clear if not row.inside] == []
    assert [row for row in clear if row.width_periods > WIDEST_PERIODS] == []
    assert strays == 0 or len(clear) < len(rows), "what is near no span was not there"
