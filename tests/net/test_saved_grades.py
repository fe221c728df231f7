"""The grades of the saved runs, each looked at beside its timeline when it was written down."""

from __future__ import annotations

import pytest

from reports.kinds.registry import judge
from tests.net.convert import convert
from tests.net.saved import run_of

# run -> experiment, injection, grade, the worst series, seconds lost, bad while it lasts
GRADES = {
    "suite": [
        # an election: eight writes in a row, one each 0.2 s
        ("kill-etcd-leader", "kill", "blip", "write", "new", 1.6, 0.0),
        # connections that were held open to the killed master: a part of 3.9 s after the kill
        ("kill-leading-scheduler", "kill", "blip", "read", "reused", 2.3, 0.0),
        # likewise; on the other worker one write of twenty while the master was cut off
        ("cut-master", "cut", "blip", "write", "reused", 1.8, 0.05),
    ],
    "balancers": [
        # all that worker-1 sends, to the heal and not longer; worker-2 has its own proxy
        ("kill-frontend", "kill", "down", "read", "reused", 0.0, 1.0),
        ("kill-master", "kill", "blip", "write", "reused", 1.8, 0.0),
    ],
    "interrupted": [
        ("kill-follower", "kill", "unnoticed", "read", "new", 0.0, 0.0),
        # of the trial that was interrupted nothing is said
        ("hang-master", "hang", "", "", "", None, None),
    ],
    "probe": [],
    "proof-network-fault": [],
}


@pytest.mark.parametrize("name", GRADES)
def test_every_fault_of_a_saved_run_has_its_grade(name, tmp_path):
    tables = judge(convert(run_of(name), tmp_path / "run")).tables
    costs = tables["costs"].set_index(["experiment", "injection", "probe", "connection"])
    rows = []
    for row in tables["grades"].to_dict("records"):
        fault = (row["experiment"], row["injection"])
        series = (row["worst_probe"], row["worst_connection"])
        cost = costs.loc[(*fault, *series)] if row["grade"] else None
        lost_s, share = (
            (None, None)
            if cost is None
            else (round(cost["lost_max_lower_s"], 2), round(cost["bad_share_max_lower"], 3))
        )
        rows.append((*fault, row["grade"], *series, lost_s, share))
    assert rows == GRADES[name]


def test_a_lost_quorum_takes_clients_down_and_a_killed_master_of_one_degrades_them(tmp_path):
    below = judge(convert(run_of("claims"), tmp_path / "run")).below
    (serving,) = (run for path, run in below.items() if path.parent.name == "serving")
    (row,) = serving.tables["grades"].to_dict("records")
    # 4.5 s of nothing at a killed master that is the only one: less than five
    assert (row["grade"], row["single"]) == ("degraded", True)
