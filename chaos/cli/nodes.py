"""Commands that look inside a running lab."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path
from typing import Annotated

import typer

from chaos.cli.labs import LabOption, attach

NodeArgument = Annotated[str, typer.Argument(help="Node, for example master-1.")]


def register(app: typer.Typer) -> None:
    """Add the commands of this file."""
    app.command()(logs)
    app.command()(kubeconfig)
    app.command("exec", context_settings={"ignore_unknown_options": True})(exec_)


def logs(
    node: NodeArgument,
    component: Annotated[str, typer.Argument(help="Component, for example etcd.")],
    lab: LabOption = "",
) -> None:
    """Print a component's log. Example: halab logs etcd-1 etcd."""
    from chaos.errors import InputError

    path = attach(lab).log(node, component)
    if not path.exists():
        raise InputError(f"no log of {component} on {node}; `halab status` shows what runs where")
    with path.open("r", encoding="utf-8", errors="replace") as log:
        shutil.copyfileobj(log, sys.stdout)


def exec_(
    node: NodeArgument,
    argv: Annotated[list[str], typer.Argument(help="Command and its arguments.")],
    lab: LabOption = "",
) -> None:
    """Run a command on a node and end as it ends. Example: halab exec master-1 -- ip addr."""
    from chaos.errors import InputError

    found = attach(lab)
    names = [one.name for one in found.plan.nodes]
    if node not in names:
        raise InputError(f"no node {node}; this lab has {', '.join(names)}")
    stream = found.agent(node).stream(argv)
    while chunk := stream.channel.recv(65536):
        sys.stdout.buffer.write(chunk)
        sys.stdout.buffer.flush()
    raise typer.Exit(found.agent(node).exit_code(stream.pid))


def kubeconfig(
    worker: Annotated[str, typer.Option(help="Through whose proxy.")] = "worker-1",
    out: Annotated[Path | None, typer.Option(help="File; standard output if left out.")] = None,
    lab: LabOption = "",
) -> None:
    """Write a kubeconfig that works from this host. Example: halab kubeconfig --out k.conf."""
    from chaos.errors import InputError
    from lab.kubeconfig import render

    found = attach(lab)
    if worker not in found.record.ports:
        known = ", ".join(found.record.ports) or "none"
        raise InputError(f"no worker {worker}; the workers of this lab: {known}")
    text = render(found.record.ports[worker], found.pki(worker), "admin")
    if out is None:
        typer.echo(text, nl=False)
    else:
        # whatever the file was before, from here on it holds a key
        with open(out, "w", encoding="utf-8", opener=_private) as file:
            os.fchmod(file.fileno(), 0o600)
            file.write(text)


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)
