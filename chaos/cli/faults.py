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
    import random

    from chaos.errors import NotConfirmedError
    from chaos.experiment.schema import FaultSpec
    from chaos.faults import Injection, choose
    from chaos.journal import Journal, new_undo

    lab = attach(name)
    spec = FaultSpec.model_validate({"kind": kind, "target": target, "from": others})
    fault = choose(spec, lab, random.Random())
    injection = Injection(new_undo(), "lab", for_s)
    Journal(lab.directory).note(injection.undo, "planned", fault=kind, target=target)
    fault.inject(lab, injection)
    hit = ", ".join(map(str, fault.targets))
    try:
        evidence = fault.confirm(lab)
    except NotConfirmedError as error:
        raise NotConfirmedError(f"{kind} {hit}: {error}; `halab heal` undoes it") from error
    typer.echo(f"{kind} {hit}: {evidence}")


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
    from chaos.errors import NotConfirmedError
    from chaos.journal import Journal
    from lab.errors import LabError

    found = attach(lab)
    undone: set[str] = set()
    errors: dict[str, str] = {}
    for node in found.plan.nodes:
        try:
            answer = found.agent(node.name).call("heal", names=None)
        except LabError as error:
            errors[node.name] = str(error)
            continue
        errors |= {f"{node.name} {undo}": text for undo, text in answer["errors"].items()}
        for undo in answer["healed"]:
            typer.echo(f"{node.name}: undone {undo}")
        undone |= {*answer["healed"], *answer["fired"]}
    if not undone and not errors:
        typer.echo("no fault was in")
    if errors:
        raise NotConfirmedError(f"could not be undone: {errors}")
    journal = Journal(found.directory)
    for undo in journal.open_undos():
        journal.note(undo, "undone")
