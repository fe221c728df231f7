"""Faults by hand, against a running lab."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from chaos.cli.completion import complete_fault, complete_target
from chaos.cli.labs import LabOption, attach
from chaos.cli.language import language_of
from chaos.cli.panels import FAULTS
from chaos.cli.progress import print_result

if TYPE_CHECKING:
    from collections.abc import Callable

TargetArgument = Annotated[
    str,
    typer.Argument(help="For example etcd:leader or master-2.", autocompletion=complete_target),
]
ForOption = Annotated[
    float | None, typer.Option("--for", min=0.1, help="Heal by itself after so many seconds.")
]
EXTRA_OPTIONS = {"allow_extra_args": True, "ignore_unknown_options": True}
# Short forms of `inject` for faults without parameters; the registry is slow to import.
SHORT = {
    "kill": "SIGKILL a component; heal starts it again. Example: halab kill etcd:leader.",
    "crash": "SIGKILL what starts again by itself. Example: halab crash master-1/kube-scheduler.",
    "hang": "SIGSTOP a component. Example: halab hang master-1 --for 10.",
    "power-off": "Power a node off, silently. Example: halab power-off node:master-2.",
    "isolate": "Cut a node from every other node. Example: halab isolate etcd:leader.",
}


def register(app: typer.Typer) -> None:
    """Add the commands of this file."""
    app.command(context_settings=EXTRA_OPTIONS, rich_help_panel=FAULTS)(inject)
    for kind, text in SHORT.items():
        app.command(kind, help=text, rich_help_panel=FAULTS)(_short(kind))
    for command in (cut, faults, heal):
        app.command(rich_help_panel=FAULTS)(command)


def inject(
    context: typer.Context,
    kind: Annotated[
        str,
        typer.Argument(help="A fault; `halab faults` lists them.", autocompletion=complete_fault),
    ],
    target: TargetArgument,
    lab: LabOption = "",
    for_s: ForOption = None,
) -> None:
    """Put any fault in, with its parameters. Example: halab inject cut etcd-2 --from etcd."""
    _inject(kind, target, _parameters([target, *context.args]), for_s, lab)


def _parameters(words: list[str]) -> dict[str, str]:
    """Read --PARAM VALUE or --PARAM=VALUE behind the target. Raises InputError."""
    from chaos.errors import InputError

    parameters: dict[str, str] = {}
    target, *rest = words
    while rest:
        name, is_there, value = rest.pop(0).partition("=")
        if target.startswith("-") or not name.startswith("--") or not (is_there or rest):
            raise InputError("after KIND and TARGET come parameters, each --PARAM VALUE")
        parameters[name.removeprefix("--")] = value if is_there else rest.pop(0)
    return parameters


def _inject(
    kind: str, target: str, parameters: dict[str, str], for_s: float | None, name: str
) -> None:
    from chaos.faults import by_hand
    from reports.locale.catalogue import text_of

    injected = by_hand.inject(attach(name), kind, target, parameters, for_s)
    print_result(text_of(injected, language_of("")))


def _short(kind: str) -> Callable[..., None]:
    def command(target: TargetArgument, lab: LabOption = "", for_s: ForOption = None) -> None:
        _inject(kind, target, {}, for_s, lab)

    return command


def cut(
    target: TargetArgument,
    far_side: Annotated[
        str,
        typer.Option("--from", help="The other side.", autocompletion=complete_target),
    ],
    lab: LabOption = "",
    for_s: ForOption = None,
) -> None:
    """Drop all packets between two sides. Example: halab cut etcd-2 --from etcd."""
    _inject("cut", target, {"from": far_side}, for_s, lab)


def faults() -> None:
    """Show every fault, its parameters and its effect. Example: halab faults."""
    from chaos.cli.tables import print_table
    from chaos.faults.document import rows

    print_table(rows(), width=140)


def heal(lab: LabOption = "") -> None:
    """Undo every fault of a lab. Example: halab heal."""
    from chaos.faults import by_hand
    from reports.locale.catalogue import text_of

    for undone in by_hand.heal(attach(lab)):
        print_result(text_of(undone, language_of("")))
