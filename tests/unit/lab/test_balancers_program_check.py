"""The program itself checks a fitted file: as nobody, without a network, for a bounded time."""

from __future__ import annotations

import socket
from dataclasses import replace

import pytest

from lab.balancers import program_check
from lab.balancers.fitting import Fitted, Line
from lab.balancers.modes.haproxy import HAPROXY
from lab.balancers.modes.nginx import NGINX
from lab.balancers.program_check import program_problems, why_unchecked

LINES = (Line(0, "global"), Line(7, "  maxconn 5"), Line(9, "listen api"))
FITTED = Fitted(LINES, ())


def problems_with(script, program=HAPROXY):
    checking = replace(program, check_argv=("sh", "-c", script))
    return [str(problem) for problem in program_problems(checking, FITTED)]


def test_a_program_that_is_content_has_no_problem():
    assert problems_with("test -s haproxy.cfg") == []


def test_what_a_program_says_of_a_line_is_said_of_the_users():
    said = "[ALERT]    (12) : config : parsing [haproxy.cfg:2] : 'maxconn' is too small."
    more = "[ALERT]    (12) : config : Fatal errors found in configuration."
    assert problems_with(f'echo "{said}"; echo "{more}"; exit 1') == [
        "line 7: haproxy refuses maxconn 5: 'maxconn' is too small."
    ]


def test_lines_of_the_lab_before_the_users_are_not_counted():
    ahead = len(NGINX.preamble.splitlines())
    said = f'nginx: [emerg] invalid value \\"x\\" in ./nginx.conf:{ahead + 3}'
    assert problems_with(f'echo "{said}"; exit 1', NGINX) == [
        'line 9: nginx refuses listen api: invalid value "x"'
    ]


def test_what_a_program_says_of_no_line_is_said_too():
    assert problems_with("echo broken; exit 1") == ["haproxy refuses it: broken"]


def test_a_program_that_does_not_end_is_ended(monkeypatch):
    monkeypatch.setattr(program_check, "TIMEOUT_S", 0.3)
    [problem] = problems_with("sleep 60 & sleep 60")
    assert "did not end within 0.3 s" in problem


def test_a_program_has_no_right(tmp_path):
    tmp_path.chmod(0o755)
    script = (
        f"touch {tmp_path}/x; grep -E '^(Uid|CapEff|CapBnd|NoNewPrivs)' /proc/self/status; exit 1"
    )
    [output] = problems_with(script)
    assert not list(tmp_path.iterdir())
    words = output.split()
    assert words[words.index("CapEff:") + 1] == "0" * 16
    assert words[words.index("CapBnd:") + 1] == "0" * 16
    assert words[words.index("NoNewPrivs:") + 1] == "1"
    assert words[words.index("Uid:") + 1] != "0"


def test_a_program_reaches_nobody():
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        script = f"exec 3<>/dev/tcp/127.0.0.1/{port}"
        checking = replace(HAPROXY, check_argv=("bash", "-c", script))
        [problem] = program_problems(checking, FITTED)
    assert "onnection refused" in str(problem)


@pytest.mark.parametrize("program", [NGINX, HAPROXY], ids=lambda program: program.name)
def test_what_is_missing_is_named(monkeypatch, program):
    monkeypatch.setattr(program_check.shutil, "which", lambda *_, **__: None)
    assert program.name in why_unchecked(program)
    assert "unshare" in why_unchecked(program)


def test_without_namespaces_nothing_is_checked():
    with pytest.raises(OSError, match="unshare"):
        problems_with("echo unshare: no; exit 1")
