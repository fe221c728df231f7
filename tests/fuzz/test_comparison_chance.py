"""What chance does to a comparison of many rows."""

from __future__ import annotations

import numpy as np
from made_sides import both, side

from reports.compare.comparison import compare


def test_the_same_is_called_changed_in_few_of_many_rows():
    """Twenty experiments of one distribution, two hundred rows: no row may be called changed."""
    chance = np.random.default_rng(2)

    def drawn():
        return both(*(side(chance.lognormal(0, 0.3, 8), f"e{number}") for number in range(20)))

    found = {change.conclusion for change in compare(drawn(), drawn(), []).changes}
    assert not found & {"worse", "better"}
