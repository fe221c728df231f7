"""What holds for every node holds for those of a cluster that was found: one master, one worker."""

from __future__ import annotations

import pytest

from tests.contract.running import NODES, hold_to_contract


@pytest.mark.timeout(600)
@pytest.mark.usefixtures("untouched")
def test_the_nodes_hold_to_the_contract(tmp_path):
    hold_to_contract("root", "kind", (NODES,), tmp_path)
