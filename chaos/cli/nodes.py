"""Commands that look inside a running lab."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import socket
import stat
import sys
import threading
from pathlib import Path
from typing import Annotated

import typer

from chaos.cli.completion import complete_node, complete_worker
from chaos.cli.labs import LabOption, attach
from chaos.cli.output import reader_is_gone
from chaos.cli.panels import LABS

NodeArgument = Annotated[
    str, typer.Argument(help="Node, for example master-1.", autocompletion=complete_node)
]
CHUNK_BYTES = 65536


def register(app: typer.Typer) -> None:
    """Add the commands of this file."""
    for command in (logs, kubeconfig):
        app.command(rich_help_panel=LABS)(command)
    unchanged = {"ignore_unknown_options": True}
    app.command("exec", context_settings=unchanged, rich_help_panel=LABS)(exec_)


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
    """Run a command on a node and end as it ends. Example: halab exec master-1 -- ip addr.

    Standard input goes to it, as bytes: echo hello | halab exec etcd-1 -- cat
    It is ended, and the exit code is 141, when nobody reads its output any more.
    """
    from chaos.errors import InputError

    running = attach(lab)
    names = [each.name for each in running.plan.nodes]
    if node not in names:
        raise InputError(f"no node {node}; this lab has {', '.join(names)}")
    stream = running.agent(node).stream(argv, stdin=True)
    # it may wait for input for ever, and the command ends when the remote one does
    threading.Thread(target=_send_input, args=(stream.channel,), daemon=True).start()
    while chunk := stream.channel.recv(CHUNK_BYTES):
        sys.stdout.buffer.write(chunk)
        sys.stdout.buffer.flush()
        if reader_is_gone():
            raise typer.Exit(128 + signal.SIGPIPE)  # with us ends the channel, and the command
    raise typer.Exit(running.agent(node).exit_code(stream.pid))


def _send_input(channel: socket.socket) -> None:
    """Send standard input up to its end.

    It is read by its number: an interpreter that ends waits for whoever reads `sys.stdin`.
    """
    with contextlib.suppress(OSError):  # no standard input
        while chunk := os.read(0, CHUNK_BYTES):
            try:
                channel.sendall(chunk)
            except OSError:
                return  # the remote command has ended, or reads no more
    with contextlib.suppress(OSError):
        channel.shutdown(socket.SHUT_WR)


def kubeconfig(
    worker: Annotated[
        str,
        typer.Option(
            help="The worker whose proxy it goes through.", autocompletion=complete_worker
        ),
    ] = "worker-1",
    out: Annotated[Path | None, typer.Option(help="File; standard output if left out.")] = None,
    lab: LabOption = "",
) -> None:
    """Write a kubeconfig that works from this host. Example: halab kubeconfig --out k.conf."""
    from chaos.errors import InputError
    from lab.kubeconfig import render

    running = attach(lab)
    ports = running.record.ports
    if worker not in ports:
        names = ", ".join(ports) or "none"
        raise InputError(f"no worker {worker}; the workers of this lab: {names}")
    text = render(ports[worker], running.pki(worker), "admin")
    if out is None:
        typer.echo(text, nl=False)
    else:
        # whatever the file was before, from here on it holds a key
        with open(out, "w", encoding="utf-8", opener=_private) as file:
            if stat.S_ISREG(os.fstat(file.fileno()).st_mode):  # a device is everybody's
                os.fchmod(file.fileno(), 0o600)
            file.write(text)


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)
