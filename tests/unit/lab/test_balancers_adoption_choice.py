"""Which of several servers of nginx leads to the apiservers."""

from __future__ import annotations

import pytest
from nginx_texts import LAB, PLAIN, problems

from lab.balancers.adoption.nginx import adopt

TWO = """\
stream {{
  upstream kube {{ server a:{kube}; }}
  upstream other {{ server b:{other}; }}
  server {{ listen {first}; proxy_pass other; }}
  server {{ listen {second}; proxy_pass kube; }}
}}
"""
WAYS = {
    "by the port of the servers": ({"kube": 6443, "other": 443}, "kube"),
    "by its own port": ({"kube": 8443, "other": 443, "second": 6443}, "kube"),
    "neither": ({"kube": 8443, "other": 443}, "--lb-server"),
    "both": ({"kube": 6443, "other": 6443}, "--lb-server"),
}


@pytest.mark.parametrize(("ports", "result"), WAYS.values(), ids=WAYS)
def test_of_several_servers_that_of_the_apiservers_is_taken(ports, result):
    text = TWO.format(**{"first": 1, "second": 2, **ports})
    if result == "kube":
        assert "proxy_pass kube;" in adopt(text, LAB).text
    else:
        [problem] = problems(text)
        assert result in problem
        assert "proxy_pass other;" in adopt(text, LAB, "other").text


@pytest.mark.parametrize(
    ("port", "result"), [(9345, "RKE2"), (80, "HTTP"), (8443, "other-port"), (6443, "")]
)
def test_a_single_way_to_something_else_is_no_way_to_the_apiservers(port, result):
    text = PLAIN.replace(":6443", f":{port}")
    if port in (9345, 80):
        assert result in problems(text)[0]
        text = adopt(text, LAB, "kube").text
    else:
        kinds = {remark.kind for remark in adopt(text, LAB).remarks}
        assert kinds - {"unused-masters"} == set(filter(None, [result]))
