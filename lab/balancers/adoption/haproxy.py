"""A user's haproxy file: the frontend of the apiservers, its backend, and their defaults."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from lab.balancers.adoption import haproxy_directives as known
from lab.balancers.adoption.addresses import MasterMap, listen_ports
from lab.balancers.adoption.file_kind import check_kind
from lab.balancers.adoption.haproxy_checks import fitted_check, judge_checks
from lab.balancers.adoption.haproxy_file import sections_of
from lab.balancers.adoption.haproxy_listener import fitted_bind
from lab.balancers.adoption.haproxy_servers import (
    ServerWords,
    address_for,
    fitted_words,
    servers_of,
)
from lab.balancers.adoption.haproxy_settings import clamped, keep, stick_table
from lab.balancers.adoption.haproxy_ways import front_of
from lab.balancers.fitting import Fitted, Line, Notes, check_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from lab.balancers.adoption.haproxy_file import Section, Setting
    from lab.balancers.adoption.haproxy_ways import Front
    from lab.balancers.base import Frontend

LOG = "log stdout format raw local0 notice"
_MAXCONN = 4000


def adopt(text: str, frontend: Frontend, server: str = "") -> Fitted:
    """Return the file as this lab runs it.

    `server`: a section or a port, where the file has several ways. Raises UnfitFileError.
    """
    notes = Notes()
    check_text(text, notes)
    check_kind(text, "haproxy", notes)
    notes.check()
    sections = sections_of(text, notes)
    notes.check()
    lines: list[Line] = []
    if front := front_of(sections, server, notes):
        lines = _Fitting(front, frontend, notes).lines(sections)
    if text and not text.endswith("\n"):
        notes.remark("no-final-newline", text.count("\n") + 1)
    notes.check()
    return Fitted(tuple(lines), tuple(dict.fromkeys(notes.remarks)))


class _Fitting:
    """Writes the sections of one frontend."""

    def __init__(self, front: Front, frontend: Frontend, notes: Notes) -> None:
        self._front, self._backend = front.section, front.backend
        self._listen, self._notes = frontend.listen, notes
        self._masters = MasterMap(frontend, notes)
        # a server without a port is asked at the port of the client's connection
        binds = [listen_ports("".join(it.texts[1:2])) for it in self._front.named("bind")]
        port = next((ports[0] for ports in binds if ports), 0)
        servers = servers_of(self._backend.named("server"))
        self._servers = [(host, own or port) for host, own in servers]

    def lines(self, sections: Sequence[Section]) -> list[Line]:
        """Return all lines, the global ones first."""
        front, backend = self._front, self._backend
        lines = self._global([each for each in sections if each.kind == "global"])
        lines += [*self._defaults(front), *self._section(front)]
        if backend is not front:
            if backend.inherited != front.inherited:
                lines += self._defaults(backend)
            lines += self._section(backend)
        for other in sections:
            if other.kind not in ("global", "defaults") and other not in (front, backend):
                self._notes.drop(other.line, other.title)
        self._masters.check()
        self._judge()
        return lines

    def _global(self, sections: Sequence[Section]) -> list[Line]:
        lines = [Line(0, "global"), Line(0, f"    {LOG}")]
        settings = [each for section in sections for each in section.settings]
        own = [each for each in settings if " ".join(each.texts) != LOG]
        kept = keep(own, known.GLOBAL, self._notes)
        if not any(each.name == "maxconn" for each in kept):
            self._notes.remark("supplied", 0, f"maxconn {_MAXCONN}")
            lines.append(Line(0, f"    maxconn {_MAXCONN}"))
        return lines + self._lines_of(kept)

    def _defaults(self, section: Section) -> list[Line]:
        head = ["defaults", "    log global", "    mode tcp"]
        lines = [Line(section.line if place == 0 else 0, text) for place, text in enumerate(head)]
        kept = keep(section.inherited, known.DEFAULTS, self._notes)
        return lines + self._lines_of(each for each in kept if each.name != "default_backend")

    def _section(self, section: Section) -> list[Line]:
        lines = [Line(section.line, section.title)]
        if not re.fullmatch(r"[A-Za-z0-9_.:-]+", section.name):
            self._notes.refuse(
                section.line, f"{section.title}: a section needs a name of letters and digits"
            )
        bound = fitted_bind(section.named("bind"), self._listen, self._notes)
        for setting in keep(section.settings, known.KEPT[section.kind], self._notes):
            if setting.name == "bind":
                lines += bound
                bound = []
            elif setting.name != "default_backend":
                lines += self._lines_of([setting])
        if section is self._front and section is not self._backend:
            lines.append(Line(section.line, f"    default_backend {self._backend.name}"))
        return lines

    def _lines_of(self, settings: Iterable[Setting]) -> list[Line]:
        texts = [(setting.number, self._text(setting)) for setting in settings]
        return [Line(number, f"    {text}") for number, text in texts if text]

    def _text(self, setting: Setting) -> str:
        if setting.title.startswith(("http-check", "tcp-check", "option httpchk")):
            return fitted_check(setting, self._servers, self._notes)
        if setting.name == "server":
            address = address_for(setting, self._masters, self._notes)
            words = fitted_words(setting, 3, self._servers, self._notes).words
            return " ".join(["server", *setting.texts[1:2], address, *words, *self._verify])
        if setting.name == "default-server":
            words = fitted_words(setting, 1, self._servers, self._notes).words
            return " ".join(["default-server", *words]) if words else ""
        if setting.name == "stick-table":
            return stick_table(setting, self._notes)
        return " ".join(filter(None, [setting.negation, *clamped(setting, self._notes)]))

    @property
    def _verify(self) -> list[str]:
        """Words that let haproxy check the lab's masters by TLS without the user's CA."""
        encrypts = any(
            "ssl" in each.texts or "check-ssl" in each.texts
            for each in self._backend.everything
            if each.name in ("server", "default-server") or each.title.endswith("-check connect")
        )
        verifies = any(
            word == "verify"
            for each in self._backend.everything
            if each.name in ("server", "default-server")
            for word in each.texts
        )
        return ["verify", "none"] if encrypts and not verifies else []

    def _judge(self) -> None:
        """Note health checks that a lab's masters would fail."""
        quiet = Notes()
        everything = self._backend.everything
        common = [
            word
            for each in everything
            if each.name == "default-server"
            for word in fitted_words(each, 1, self._servers, quiet).words
        ]
        servers = [
            ServerWords((*common, *fitted_words(each, 3, self._servers, quiet).words))
            for each in self._backend.named("server")
        ]
        if not servers and not self._backend.named("server-template"):
            self._notes.refuse(self._backend.line, f"{self._backend.title} has no server")
        elif servers and all(server.serves_nobody for server in servers):
            why = "all its servers are disabled, or have the weight 0; let one serve"
            self._notes.refuse(self._backend.line, f"{self._backend.title}: {why}")
        judge_checks(everything, servers, self._notes)
