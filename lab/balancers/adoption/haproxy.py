"""A user's haproxy file, read line by line: PyPI has no parser for it that is maintained."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lab.balancers.base import Frontend

SECTIONS = frozenset(
    (
        *("global", "defaults", "frontend", "backend", "listen", "peers", "resolvers", "userlist"),
        *("mailers", "cache", "program", "ring", "http-errors", "fcgi-app", "log-forward"),
    )
)
# Settings of the user's host: users, files, sockets. The log goes to the lab's logs.
NOT_OURS = frozenset(
    (
        *("daemon", "user", "group", "uid", "gid", "chroot", "pidfile", "stats", "errorfile"),
        *("errorfiles", "ca-base", "crt-base", "lua-load", "nbproc", "localpeer"),
    )
)
LOG = "log stdout format raw local0 notice"
NEEDS_A_FILE = frozenset({"crt", "ca-file", "crt-list", "crl-file"})


@dataclass
class Section:
    """A section: its keyword, name, and lines as (number, words, text)."""

    kind: str
    name: str
    line: int
    mode: str
    lines: list[tuple[int, list[str], str]] = field(default_factory=list)

    def lines_with(self, keyword: str) -> list[tuple[int, list[str], str]]:
        """Return the lines that begin with a keyword."""
        return [line for line in self.lines if line[1][:1] == [keyword]]


def adopt(text: str, frontend: Frontend) -> str:
    """Return the file as this lab runs it. Raises ValueError with the line at fault."""
    sections = sections_of(text)
    front = front_of(sections)
    backends = backends_of(front, sections)
    # nobody uses pages of status and health beside the balancer here
    kept = [
        section
        for section in sections
        if section is front or section.kind not in ("frontend", "listen")
    ]
    written: list[str] = []
    servers = 0
    for section in kept:
        written += [section.lines[0][2]] if section.kind else []
        written += ["    " + LOG] if section.kind == "global" else []
        bound = False
        for number, words, line in section.lines[1:] if section.kind else section.lines:
            _check(number, words)
            if words[:1] == ["bind"]:
                written += [] if bound else [_with_address(words, 1, frontend.listen)]
                bound = True
            elif words[:1] == ["server"] and section in backends:
                written.append(_with_address(words, 2, frontend.master(servers, number)))
                servers += 1
            elif _is_kept(words):
                written.append(line)
    if servers == 0:
        raise ValueError(f"line {front.line}: {front.kind} {front.name} leads to no server")
    return "\n".join([*written, ""])


def sections_of(text: str) -> list[Section]:
    """Return the sections of a file. Raises ValueError."""
    sections = [Section("", "", 1, "tcp")]
    default_mode = "tcp"
    for number, line in enumerate(text.splitlines(), 1):
        words = line.split("#")[0].split()
        if words and words[0] in SECTIONS:
            sections.append(Section(words[0], " ".join(words[1:2]), number, default_mode))
        elif words and not sections[-1].kind:
            raise ValueError(f"line {number}: {words[0]} stands in no section of haproxy")
        elif words[:1] == ["mode"]:
            sections[-1].mode = words[1] if len(words) > 1 else ""
            default_mode = sections[-1].mode if sections[-1].kind == "defaults" else default_mode
        sections[-1].lines.append((number, words, line))
    return sections


def front_of(sections: list[Section]) -> Section:
    """Return the section that accepts TCP connections. Raises ValueError for none or several."""
    fronts = [
        section for section in sections if section.lines_with("bind") and section.mode == "tcp"
    ]
    if not fronts:
        raise ValueError("no frontend or listen section in mode tcp has a bind")
    if len(fronts) > 1:
        raise ValueError(
            f"line {fronts[1].line}: a second {fronts[1].kind} in mode tcp; "
            "only the apiservers' one can be mapped"
        )
    return fronts[0]


def backends_of(front: Section, sections: list[Section]) -> list[Section]:
    """Return the sections with the servers of a frontend. Raises ValueError."""
    if front.lines_with("server"):
        return [front]
    names = {}
    for keyword in ("use_backend", "default_backend"):
        for number, words, _ in front.lines_with(keyword):
            names[" ".join(words[1:2])] = number
    backends = {each.name: each for each in sections if each.kind in ("backend", "listen")}
    for name, number in names.items():
        if name not in backends:
            raise ValueError(f"line {number}: there is no backend {name}")
    return [backends[name] for name in names]


def _check(number: int, words: list[str]) -> None:
    if words[:1] == ["server-template"]:
        raise ValueError(f"line {number}: a template of servers cannot be mapped, list them")
    least = {"bind": 2, "server": 3}.get(" ".join(words[:1]), 0)
    if len(words) < least:
        raise ValueError(f"line {number}: {words[0]} without an address")
    if least and (named := NEEDS_A_FILE.intersection(words)):
        raise ValueError(f"line {number}: {min(named)} needs a file that a lab has not")
    if words[:1] == ["bind"] and "ssl" in words:
        raise ValueError(f"line {number}: TLS must pass through, it cannot end here")


def _is_kept(words: list[str]) -> bool:
    if words[:1] == ["log"]:
        return words[1:] == ["global"]
    return words[:1] == [] or words[0] not in NOT_OURS


def _with_address(words: list[str], place: int, address: str) -> str:
    return "    " + " ".join([*words[:place], address, *words[place + 1 :]])
