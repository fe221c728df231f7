"""Whether a lab's healthy apiserver passes the health checks of a haproxy backend.

Of the user's own masters haproxy may expect something else: then all would be down here, and
nothing would be served. kube-apiserver: anybody may GET the paths of `system:public-info-viewer`;
every other method and path is answered 403, and plain HTTP 400.
"""

from __future__ import annotations

import itertools
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lab.balancers.adoption.haproxy_file import Setting
    from lab.balancers.adoption.haproxy_servers import ServerWords
    from lab.balancers.fitting import Notes

_PUBLIC = frozenset({"/healthz", "/livez", "/readyz", "/version", "/version/"})
_QUERY = re.compile(r"(verbose|exclude=[\w-]+)(&(verbose|exclude=[\w-]+))*")
_STATUS = re.compile(r"\d{3}(-\d{3})?(,\d{3}(-\d{3})?)*")
_CHECKS = ("option httpchk", "option tcp-check", "option ssl-hello-chk")
_URI = re.compile(r"/[\w./?=&-]*")
_EXPECTED = re.compile(r"[\w\[\]^$.|()?+!,-]{1,40}")
_UNKNOWN = (
    "whether apiservers are up by this health check cannot be known beforehand; "
    "write http-check expect status 200"
)
_CONNECT_FLAGS = frozenset({"ssl", "default", "linger"})


@dataclass(frozen=True)
class CheckRequest:
    """What a check asks."""

    method: str = "OPTIONS"
    uri: str = "/"

    @property
    def status(self) -> int:
        """The answer of a lab's apiserver over TLS."""
        public = self.method == "GET" and self.uri.partition("?")[0] in _PUBLIC
        return 200 if public else 403


def fitted_check(setting: Setting, servers: Sequence[tuple[str, int]], notes: Notes) -> str:
    """Return a line of a health check as a lab has it, without headers and files."""
    words, written = setting.texts, "no " if setting.negation == "no" else ""
    if setting.title == "option httpchk":
        request = _of_option(words)
        _check_request(request, setting.number, notes)
        asked = f" {request.method} {request.uri}" if words[2:] else ""
        return f"{written}option httpchk{asked}"
    if setting.title == "http-check send":
        request = _of_send(words, CheckRequest())
        _check_request(request, setting.number, notes)
        if "hdr" in words or "body" in words:
            notes.drop(setting.number, "http-check send: hdr, body")
        # what it does not set is that of option httpchk
        pairs = (("meth", request.method), ("uri", request.uri))
        sent = [f"{word} {value}" for word, value in pairs if word in words]
        return " ".join([setting.title, *sent]) if sent else ""
    if setting.title.endswith("-check connect"):
        return f"{setting.title} {' '.join(_connection(setting, servers, notes))}".rstrip()
    if not all(_EXPECTED.fullmatch(word) for word in words):
        notes.refuse(setting.number, _UNKNOWN)
    return " ".join(words)


def _check_request(request: CheckRequest, line: int, notes: Notes) -> None:
    if not re.fullmatch(r"[A-Z]+", request.method) or not _URI.fullmatch(request.uri):
        notes.refuse(line, "this request of the health check cannot be read; write GET /readyz")


def _connection(setting: Setting, servers: Sequence[tuple[str, int]], notes: Notes) -> list[str]:
    kept: list[str] = []
    words = list(setting.texts[2:])
    while words:
        word = words.pop(0)
        value = words.pop(0) if word not in _CONNECT_FLAGS and words else ""
        same = servers and all(value == str(port) for _, port in servers)
        if word in _CONNECT_FLAGS:
            kept.append(word)
        elif word == "alpn" and re.fullmatch(r"[a-z0-9/.,]+", value):
            kept += [word, value]
        elif word == "port" and same:
            continue
        elif word in ("sni", "comment", "proto"):
            notes.drop(setting.number, f"{setting.title}: {word}")
        else:
            notes.refuse(
                setting.number,
                f"{setting.title} {word}: health checks of a lab ask its masters at their own "
                "port; leave it out",
            )
    return kept


def _of_option(words: Sequence[str]) -> CheckRequest:
    asked = words[2:]
    if len(asked) == 1:
        return CheckRequest(uri=_plain_uri(asked[0]))
    return CheckRequest(asked[0], _plain_uri(asked[1])) if asked else CheckRequest()


def _of_send(words: Sequence[str], request: CheckRequest) -> CheckRequest:
    pairs = dict(itertools.pairwise(words))
    return CheckRequest(
        pairs.get("meth", request.method), _plain_uri(pairs.get("uri", request.uri))
    )


def _plain_uri(uri: str) -> str:
    """Return a path with the parameters that an apiserver reads."""
    path, _, query = uri.partition("?")
    return f"{path}?{query}" if _QUERY.fullmatch(query) else path


def judge_checks(settings: Sequence[Setting], servers: Sequence[ServerWords], notes: Notes) -> None:
    """Note checks that a healthy apiserver of a lab would fail.

    `settings`: those in effect of the backend; `servers`: with the words of default-server.
    """
    options = [each for each in settings if each.title in _CHECKS]
    checked = [each for each in servers if each.has("check")]
    if not checked or not options or options[-1].negation or options[-1].title != "option httpchk":
        return
    option = options[-1]
    request, line = _of_option(option.texts), option.number
    for send in (each for each in settings if each.title == "http-check send"):
        request, line = _of_send(send.texts, request), send.number
    status, why = request.status, f"{request.method} {request.uri}"
    if not _is_encrypted(settings, checked):
        status, why = 400, "plain HTTP (add check-ssl verify none to the servers)"
    expects = [each for each in settings if each.title == "http-check expect"]
    for expect in expects:
        _judge_expect(expect, status, why, notes)
    if not expects and not 200 <= status < 400:
        notes.refuse(line, _all_down("a status of 2xx or 3xx", status, why))


def _is_encrypted(settings: Sequence[Setting], servers: Sequence[ServerWords]) -> bool:
    connects = [each.texts for each in settings if each.title == "http-check connect"]
    if connects and "default" not in connects[-1]:
        return "ssl" in connects[-1]
    return all(each.has("check-ssl") for each in servers)


def _judge_expect(expect: Setting, status: int, why: str, notes: Notes) -> None:
    words = [word for word in expect.texts[2:] if word != "!"]
    wanted = "!" not in expect.texts
    kind, pattern = (*words[:2], "", "")[:2]
    found: bool | None = None
    if len(words) == 2 and kind == "status" and _STATUS.fullmatch(pattern):
        found = any(_within(part, status) for part in pattern.split(","))
    elif len(words) == 2 and kind == "rstatus":
        found = _matches(pattern, str(status))
    elif len(words) == 2 and kind in ("string", "rstring") and status == 200:
        found = _matches(pattern if kind == "rstring" else re.escape(pattern), "ok")
    if found is None:
        notes.refuse(expect.number, _UNKNOWN)
    elif found is not wanted:
        notes.refuse(expect.number, _all_down(" ".join(expect.texts[2:]), status, why))


def _within(part: str, status: int) -> bool:
    first, _, last = part.partition("-")
    return int(first) <= status <= int(last or first)


def _matches(pattern: str, text: str) -> bool | None:
    if not _EXPECTED.fullmatch(pattern):
        return None
    try:
        return re.search(pattern, text) is not None
    except re.error:
        return None


def _all_down(expected: str, status: int, why: str) -> str:
    return (
        f"the health check expects {expected}, a lab's apiservers answer {status} to {why}: "
        "all masters would be down; with GET /readyz they answer 200"
    )
