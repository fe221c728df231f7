"""Faults by hand, against a running lab."""

from __future__ import annotations

from typing import Annotated

import typer

from chaos.cli.labs import LabOption, attach

TargetArgument = Annotated[str, typer.Argument(help="For example etcd:leader or master-2.")]
ForOption = Annotated[
    float | None, typer.Option("--for", min=0.1, help="Heal by itself after so many seconds.")
]


def register(app: typer.Typer) -> None:
    """Add the commands of this file."""
    for command in (kill, hang, cut, heal):
        app.command()(command)
    app.command("power-off")(power_off)


def _inject(kind: str, target: str, others: str | None, for_s: float | None, name: str) -> None:
    import random  # noqa: PLC0415 (keeps --help fast)

    from chaos.engine import choose  # noqa: PLC0415
    from chaos.experiment.schema import FaultSpec  # noqa: PLC0415
    from chaos.faults import Injection  # noqa: PLC0415
    from chaos.journal import Journal, new_undo  # noqa: PLC0415

    lab = attach(name)
    spec = FaultSpec.model_validate({"kind": kind, "target": target, "from": others})
    fault = choose(spec, lab, random.Random())
    injection = Injection(new_undo(), "lab", for_s)
    Journal(lab.directory).note(injection.undo, "planned", fault=kind, target=target)
    fault.inject(lab, injection)
    typer.echo(fault.confirm(lab))


def kill(target: TargetArgument, lab: LabOption = "", for_s: ForOption = None) -> None:
    """SIGKILL a component; heal starts it again. Example: halab kill etcd:leader."""
    _inject("kill", target, None, for_s, lab)


def hang(target: TargetArgument, lab: LabOption = "", for_s: ForOption = None) -> None:
    """SIGSTOP a component. Example: halab hang master-1 --for 10."""
    _inject("hang", target, None, for_s, lab)


def power_off(target: TargetArgument, lab: LabOption = "", for_s: ForOption = None) -> None:
    """Power a node off, silently. Example: halab power-off node:master-2."""
    _inject("power-off", target, None, for_s, lab)


def cut(
    target: TargetArgument,
    others: Annotated[str, typer.Option("--from", help="The other side.")],
    lab: LabOption = "",
    for_s: ForOption = None,
) -> None:
    """Drop all packets between two sides. Example: halab cut etcd-2 --from etcd."""
    _inject("cut", target, others, for_s, lab)


def heal(lab: LabOption = "") -> None:
    """Undo every fault of a lab. Example: halab heal."""
    from chaos.errors import NotConfirmedError  # noqa: PLC0415
    from chaos.journal import Journal  # noqa: PLC0415

    found = attach(lab)
    journal = Journal(found.directory)
    errors = {}
    for node in found.plan.nodes:
        answer = found.agent(node.name).call("heal", names=None)
        errors.update(answer["errors"])
        for undo in answer["healed"]:
            typer.echo(f"{node.name}: undone {undo}")
    if errors:
        raise NotConfirmedError(f"could not be undone: {errors}")
    for undo in journal.open_undos():
        journal.note(undo, "undone")
