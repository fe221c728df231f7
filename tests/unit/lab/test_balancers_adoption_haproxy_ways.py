"""Where the frontends of a haproxy file lead, and what sections begin with."""

from __future__ import annotations

import pytest
from haproxy_texts import FILE, FITTED, LAB, PARTS, fitted, problems

from lab.balancers.adoption.haproxy import adopt

RULES = {
    "by a name": ("use_backend masters if { req_ssl_sni -i x }\n  default_backend web", False),
    "for the others": ("use_backend web if { req_ssl_sni -i x }\n  default_backend masters", False),
    "when few are left": (
        "use_backend web if { nbsrv(masters) lt 1 }\n default_backend masters",
        False,
    ),
    "always": ("use_backend masters if TRUE\n  default_backend web", True),
    "without a condition": ("use_backend masters", True),
    "to the same": ("use_backend masters if { src 1.1.1.1 }\n  default_backend masters", True),
}


@pytest.mark.parametrize(("rule", "clear"), RULES.values(), ids=RULES)
def test_a_rule_between_backends_is_no_way_to_the_apiservers(rule, clear):
    web = "backend web\n  server x 10.0.0.9:443"
    if not clear:
        [problem] = problems(FILE.format(**(PARTS | {"rule": rule, "sections": web})))
        assert "a rule decides which backend serves" in problem
    text = fitted("" if clear else "masters", rule=rule, sections=web).text
    assert text == FITTED


DEFAULTS = """\
defaults one
  mode http
  timeout connect 1s
defaults two{more}
  timeout server 2s
listen api{of}
  bind :6443
  mode tcp
  server a 10.0.0.1:6443
"""
INHERITED = {
    "the last ones": ({"more": "", "of": ""}, ["server 2s"]),
    "named ones": ({"more": "", "of": " from one"}, ["connect 1s"]),
    "ones that go on": ({"more": " from one", "of": ""}, ["connect 1s", "server 2s"]),
}


@pytest.mark.parametrize(("parts", "timeouts"), INHERITED.values(), ids=INHERITED)
def test_defaults_are_those_that_haproxy_takes(parts, timeouts):
    lines = adopt(DEFAULTS.format(**parts), LAB).text.splitlines()
    found = [line.strip().removeprefix("timeout ") for line in lines if "timeout" in line]
    assert found == timeouts


def test_frontend_and_backend_may_have_defaults_of_their_own():
    text = FILE.format(**PARTS).replace("\nbackend ", "\ndefaults\n retries 7\nbackend ")
    lines = [line.strip() for line in adopt(text, LAB).text.splitlines()]
    assert lines.index("retries 7") > lines.index("frontend api")
    assert lines.count("defaults") == 2
