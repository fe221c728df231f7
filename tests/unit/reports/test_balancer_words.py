"""How a report says what stood between workers and masters."""

from __future__ import annotations

import pytest

from reports.render.figures import balancing


@pytest.mark.parametrize(
    ("lab", "said"),
    [
        ({}, "with nginx as kubespray sets it"),
        ({"lb": "nginx", "lb_config": "stream {}"}, "with nginx set by a file of the user's"),
        ({"lb": "external", "lb_config": ""}, "behind one haproxy as kubespray sets it"),
        ({"lb": "none", "lb_config": ""}, "that use the first master, without a balancer"),
    ],
)
def test_the_report_says_which_balancer_was_measured(lab, said):
    assert balancing(lab) == said
