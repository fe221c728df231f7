"""A user's own balancer file on the command line: read, checked, and what differs from it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from lab.spec import LabSpec
    from reports.locale.message import Message


def read_balancer_file(path: Path) -> str:
    """Return the text of a file; bytes that are no UTF-8 are kept. Raises InputError."""
    from chaos.errors import InputError
    from chaos.user_file import read_user_file
    from lab.balancers.fitting import decoded

    text = decoded(read_user_file(path))
    if not text.strip():
        raise InputError(f"{path} is empty")
    return text


def checked_files(
    labs: Iterable[LabSpec], own: str, path: Path | None, runtime: str
) -> list[Message]:
    """Have the program of each lab check its user's file; return why one could not be checked.

    `own`: the text of the file at `path`, "" where suites hold their files. `runtime`: as asked
    for. Raises InputError with all that a program has against a file.
    """
    distinct = {(lab.lb, lab.masters, lab.lb_config.text): lab for lab in labs if lab.lb_config}
    reasons = [_why_unchecked(lab, own, path, runtime) for lab in distinct.values()]
    return [reason for reason in reasons if reason]


def _why_unchecked(lab: LabSpec, own: str, path: Path | None, runtime: str) -> Message | None:
    from chaos.errors import InputError
    from lab.balancers.program_check import program_problems, why_unchecked
    from lab.balancers.registry import balancer_of
    from reports.locale.message import message, verbatim

    balancer = balancer_of(lab.lb)
    program = balancer.program
    assert program is not None, "a lab with a file has a balancer"
    # fitted anew, because the lines of the user's own text are known then
    fitted = balancer.adopt(own or lab.lb_config.text, lab.masters, lab.lb_server if own else "")
    if runtime == "docker":
        why = message("lb-file-in-image")
    elif missing := why_unchecked(program):
        why = verbatim(missing)
    else:
        try:
            problems = program_problems(program, fitted)
        except OSError as error:
            why = verbatim(str(error))
        else:
            if not problems:
                return None
            listed = "\n".join(f"  {problem}" for problem in problems)
            raise InputError(f"{path or 'lb_config'}:\n{listed}")
    return message("lb-file-unchecked", program=program.name, why=why)


def lines_of(remarks: Iterable[Message], lang: str) -> list[str]:
    """Return remarks as lines of the console, each once."""
    from reports.locale.catalogue import text_of
    from reports.locale.message import message

    lines = [text_of(message("lb-file-line", remark=remark), lang) for remark in remarks]
    return list(dict.fromkeys(lines))
