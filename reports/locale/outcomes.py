"""The texts of what a request or a dialled connection came to."""

from __future__ import annotations

from reports.locale.message import Message, message, verbatim

# the outcome of a dial (lab.agent.dial) or the error of a request -> its key in the catalogue
OUTCOME_TEXTS = {
    "answered": "dial-answered",
    "blocked": "request-blocked",
    "refused": "dial-refused",
    "reset": "dial-reset",
    "silent": "dial-silent",
    "timeout": "dial-timeout",
    "tls": "request-tls",
    "unreachable": "dial-unreachable",
    "unwritten": "request-unwritten",
}


def outcome_text(outcome: str) -> Message:
    """Return the text of an outcome; a name of a later version stands for itself."""
    key = OUTCOME_TEXTS.get(outcome)
    return message(key) if key else verbatim(outcome)


def error_text(error: str, status: int) -> Message:
    """Return the text of a request's error; `status`: of HTTP, 0 for none."""
    return message("request-http", status=status) if error == "http" else outcome_text(error)
