"""Balancer files as operators have them: each is fitted, or refused with its line and a way out."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from lab.balancers.base import Frontend
from lab.balancers.fitting import UnfitFileError, decoded
from lab.balancers.modes.haproxy import HAPROXY
from lab.balancers.modes.nginx import NGINX
from lab.balancers.program_check import program_problems, why_unchecked

FILES = Path(__file__).with_name("balancer_files")
PROGRAMS = {".conf": NGINX, ".cfg": HAPROXY}
MASTERS = [f"10.83.2.{number}:6443" for number in range(1, 7)]
# File -> what is in the fitted text, and kinds and subjects of remarks.
FITTED = {
    "stream-alone.conf": (["events {", "server 10.83.2.2:6443;"], ["supplied events {}"]),
    "debian.conf": (["least_conn;", "worker_processes auto;"], ["dropped include", "dropped http"]),
    "rke2.conf": (["proxy_pass rke2_api;"], ["dropped upstream rke2_register"]),
    "logs.conf": ([], ["dropped error_log", "dropped access_log", "dropped log_format"]),
    "short-idle.conf": (["proxy_timeout 3s;"], []),
    "kubespray.conf": (["least_conn;", "use epoll;"], ["dropped http"]),
    "zone-hash.conf": (["zone kube_zone 64k;", "hash $remote_addr consistent;"], []),
    "ipv6.conf": (["server 10.83.2.3:6443 max_fails=2 fail_timeout=5s backup;"], []),
    "unused-names.conf": ([], ["dropped upstream old_api"]),
    "kind.cfg": (["maxconn 4000"], ["changed maxconn", "dropped resolvers docker"]),
    "stats-page.cfg": (["option httpchk GET /healthz"], ["dropped frontend stats"]),
    "two-defaults.cfg": (["check port 6443"], ["dropped listen admin_stats", "dropped nbproc"]),
    "two-frontends.cfg": (
        ["http-check connect ssl alpn h2,http/1.1"],
        ["dropped frontend api_v6"],
    ),
    "no-global.cfg": (["timeout tunnel 1h", "balance first"], ["supplied maxconn 4000"]),
    "ingress-beside.cfg": (["option tcp-check"], ["dropped backend web_nodes"]),
    "defaults-without-mode.cfg": (["timeout client 4h"], ["dropped listen stats"]),
    "check-connects.cfg": (["default-server inter 10s fall 2 rise 2"], []),
    "check-asks.cfg": (["http-check expect status 200"], []),
    "no-check.cfg": (["server m3 10.83.2.3:6443"], []),
}
# File -> all problems, each as its line and a part of its text.
REFUSED = {
    "proxy-protocol.conf": ["10: PROXY protocol"],
    "sni-map.conf": ["20: proxy_pass $target: map in line 4"],
    "http-alone.conf": ["3: an http block ends TLS"],
    "openshift.cfg": ["21: listen api-6443 is taken", "30: --masters 4 fits them"],
    "openshift-api.cfg": ["23: server 4 has no counterpart, the lab has 3 masters"],
    "expects-401.cfg": ["14: apiservers answer 200 to GET /readyz"],
    "sni-rules.cfg": ["12: --lb-server k8s_api"],
    "six-servers.cfg": ["32: --masters 6 fits them"],
    "template.cfg": [
        "14: was not filled in",
        "25: ${HOST1_ID} was not filled in",
        "25: ${HOST1_ADDRESS}:${APISERVER_SRC_PORT} was not filled in",
    ],
    "server-template.cfg": ["16: cannot be mapped, list them"],
    "keepalived.cfg": ["2: a file of keepalived"],
}
WITH_OPTIONS = {
    "the SNI rule's backend by its name": ("sni-rules.cfg", 3, "k8s_api", "use_backend"),
    "the registration by its port": ("rke2.conf", 3, "9345", "rke2_api"),
    "as many masters as servers": ("six-servers.cfg", 6, "", "use_backend"),
    "the section of the apiservers": ("openshift.cfg", 4, "", "22623"),
    "the section of the apiservers by its name": ("openshift.cfg", 4, "api-6443", "22623"),
}


def adopt(name, masters=3, server="", content=None):
    program = PROGRAMS[Path(name).suffix]
    text = decoded((FILES / name).read_bytes() if content is None else content)
    return program.adopt(text, Frontend("127.0.0.1:6443", MASTERS[:masters]), server)


def test_every_file_has_its_right_result_here():
    assert {path.name for path in FILES.iterdir()} == FITTED.keys() | REFUSED.keys()


@pytest.mark.parametrize("name", FITTED)
def test_a_file_is_fitted(name):
    parts, remarks = FITTED[name]
    fitted = adopt(name)
    assert "127.0.0.1:6443" in fitted.text
    assert MASTERS[1] in fitted.text
    for part in parts:
        assert part in fitted.text
    assert {f"{remark.kind} {remark.subject}" for remark in fitted.remarks} >= set(remarks)


@pytest.mark.parametrize("name", FITTED)
def test_of_a_fitted_file_only_what_leads_to_the_apiservers_is_left(name):
    text = adopt(name).text
    for foreign in (
        "192.0.2.",
        "10.0.0.",
        "2001:",
        "/var/",
        "/etc/",
        "/run/",
        "S3CRET",
        ".example",
    ):
        assert foreign not in text


@pytest.mark.parametrize("name", FITTED)
def test_what_was_fitted_is_fitted_again_without_a_change(name):
    program, fitted = PROGRAMS[Path(name).suffix], adopt(name)
    again = program.adopt(fitted.text, Frontend("127.0.0.1:6443", MASTERS[:3]), "")
    assert again.text == fitted.text
    assert {remark.kind for remark in again.remarks} <= {"unused-masters"}


@pytest.mark.parametrize("name", FITTED)
def test_the_program_itself_takes_a_fitted_file(name):
    program = PROGRAMS[Path(name).suffix]
    if not why_unchecked(program):
        assert program_problems(program, adopt(name)) == []


@pytest.mark.parametrize("name", REFUSED)
def test_a_file_is_refused_with_all_its_problems(name):
    with pytest.raises(UnfitFileError) as refused:
        adopt(name)
    problems = refused.value.problems
    assert len(problems) == len(REFUSED[name])
    for problem, wanted in zip(problems, REFUSED[name], strict=True):
        line, _, part = wanted.partition(": ")
        assert problem.line == int(line)
        assert part in problem.text


@pytest.mark.parametrize(
    ("name", "masters", "server", "gone"), WITH_OPTIONS.values(), ids=WITH_OPTIONS
)
def test_what_an_option_makes_clear_is_fitted(name, masters, server, gone):
    text = adopt(name, masters, server).text
    assert gone not in text
    assert MASTERS[masters - 1 if masters > 3 else 1] in text


def test_a_server_that_is_not_there_is_refused_with_those_that_are():
    with pytest.raises(UnfitFileError, match="there are 9345, rke2_register, 6443, rke2_api"):
        adopt("rke2.conf", server="other")


@pytest.mark.parametrize("name", ["kubespray.conf", "check-asks.cfg"])
def test_encodings_of_editors(name):
    plain = (FILES / name).read_text()
    commented = f"# 负载均衡\n{plain}"
    wanted = adopt(name).text
    for content, kinds in (
        (commented.replace("\n", "\r\n").encode(), set()),
        (commented.encode("gbk"), {"not-utf-8"}),
    ):
        fitted = adopt(name, content=content)
        assert fitted.text == wanted
        assert {r.kind for r in fitted.remarks} - {r.kind for r in adopt(name).remarks} == kinds


@pytest.mark.parametrize("name", ["kubespray.conf", "check-asks.cfg"])
@pytest.mark.parametrize(
    ("change", "problem"),
    [
        (lambda text: "\ufeff" + text, "line 1: a byte order mark"),
        (lambda text: text.replace(" 10.0.0.11", "\u00a010.0.0.11"), "no-break space is no space"),
        (lambda text: text.replace(" 10.0.0.11", "\u300010.0.0.11"), "ideographic space is no"),
        (lambda text: text.replace("10.0.0.11", "主机"), "is no address of a master"),
    ],
    ids=["byte order mark", "no-break space", "ideographic space", "a name in Chinese"],
)
def test_characters_that_programs_read_otherwise_than_people(name, change, problem):
    text = (FILES / name).read_text()
    with pytest.raises(UnfitFileError, match=problem) as refused:
        adopt(name, content=change(text).encode())
    line = next(n for n, it in enumerate(change(text).split("\n"), 1) if it not in text.split("\n"))
    assert refused.value.problems[0].line == line


def test_a_last_line_without_an_end_is_fitted_with_a_remark():
    content = (FILES / "check-asks.cfg").read_bytes().rstrip()
    assert adopt("check-asks.cfg", content=content).remarks[-1].kind == "no-final-newline"


WORDS = (
    *("server", "listen", ";", "{", "}", '"', "'", "\\", "${X}", "#", "\n", "bind", "mode http"),
    *(
        "use_backend",
        "from",
        "defaults",
        "global",
        "backend",
        "option httpchk",
        "port 1",
        "unix:/x",
    ),
    *("include x", "proxy_pass", "upstream", "stream", "ssl", "hash", "-1", "9" * 20, "\udcff"),
)


def _changed(text, chance):
    for _ in range(chance.randint(1, 8)):
        place = chance.randrange(len(text) + 1)
        gone = chance.choice([0, 0, 1, 20])
        text = f"{text[:place]} {chance.choice(WORDS)} {text[place + gone :]}"
    return text


@pytest.mark.parametrize("name", FITTED)
def test_whatever_is_in_a_file_it_is_fitted_or_refused(name):
    chance = random.Random(name)
    lab = Frontend("127.0.0.1:6443", MASTERS[:3])
    for _ in range(20):
        text = _changed((FILES / name).read_text(), chance)
        for program in PROGRAMS.values():
            try:
                fitted = program.adopt(text, lab, "")
            except UnfitFileError:
                continue
            assert program.adopt(fitted.text, lab, "").text == fitted.text
            foreign = ("192.0.2", "/var", "/etc", '"', "'", "\\", "${")
            assert not [part for part in foreign if part in fitted.text]
            program.reaction(program.preamble + fitted.text)
