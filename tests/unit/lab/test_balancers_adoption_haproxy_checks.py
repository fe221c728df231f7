"""Health checks of haproxy: those that a lab's healthy masters fail are refused."""

from __future__ import annotations

import pytest
from haproxy_texts import FILE, PARTS, fitted, problems

# Check of a backend, words of its servers, and "" where a lab's healthy master passes it.
CHECKS = {
    "healthz over TLS": ("option httpchk GET /healthz", "check check-ssl", ""),
    "with a version and a host": (
        "option httpchk GET /readyz?verbose HTTP/1.1\\r\\nHost:\\ x",
        "check check-ssl",
        "",
    ),
    "as rules": (
        """option httpchk
  http-check connect ssl
  http-check send meth GET uri /livez
  http-check expect status 200-299,401""",
        "check",
        "",
    ),
    "with headers of its own": (
        "option httpchk GET /readyz\n http-check send hdr Host x",
        "check check-ssl",
        "",
    ),
    "at the port of the clients": (
        "server c 10.0.0.3\n option httpchk GET /readyz",
        "check check-ssl port 6443",
        "",
    ),
    "by its text": (
        "option httpchk GET /livez\n http-check expect string ok",
        "check check-ssl",
        "",
    ),
    "by a pattern": (
        "option httpchk GET /livez\n http-check expect rstatus ^2",
        "check check-ssl",
        "",
    ),
    "not by": ("option httpchk GET /livez\n http-check expect ! status 500", "check check-ssl", ""),
    "not asked": ("option httpchk GET /", "", ""),
    "taken back": ("option httpchk GET /\n option tcp-check", "check", ""),
    "without TLS": ("option httpchk GET /healthz", "check", "answer 400 to plain HTTP"),
    "without a request": ("option httpchk", "check check-ssl", "answer 403 to OPTIONS /"),
    "with HEAD": ("option httpchk HEAD /healthz", "check check-ssl", "answer 403 to HEAD"),
    "of a path for few": ("option httpchk GET /metrics", "check check-ssl", "answer 403 to GET"),
    "as with k3s": (
        "option httpchk GET /readyz\n http-check expect status 401",
        "check check-ssl",
        "expects status 401, a lab's apiservers answer 200",
    ),
    "not by what they say": (
        "option httpchk GET /readyz\n http-check expect ! string ok",
        "check check-ssl",
        "expects ! string ok",
    ),
    "by a header": (
        "option httpchk GET /readyz\n http-check expect hdr name x",
        "check check-ssl",
        "cannot be known beforehand",
    ),
    "of another port": (
        "option httpchk GET /readyz\n http-check connect port 8080",
        "check",
        "leave it out",
    ),
}


@pytest.mark.parametrize(("check", "words", "problem"), CHECKS.values(), ids=CHECKS)
def test_a_check_that_healthy_masters_fail_is_refused(check, words, problem):
    parts = {"back": check, "defaults": f"default-server {words} verify none"}
    if problem:
        assert problem in "\n".join(problems(FILE.format(**(PARTS | parts))))
    else:
        assert fitted(**parts).text


def test_secrets_of_a_check_are_left_out():
    check = 'option httpchk\n http-check send meth GET uri /livez hdr Authorization "Bearer S3CRET"'
    result = fitted(back=check, words=" check check-ssl ca-file /x verify required")
    assert "http-check send meth GET uri /livez\n" in result.text
    assert "S3CRET" not in str(result)
