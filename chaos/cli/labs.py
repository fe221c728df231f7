"""Commands that make, show and remove labs."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from chaos.cli.say import say

if TYPE_CHECKING:
    from lab.lab import Lab

LabOption = Annotated[
    str, typer.Option("--lab", help="Name of the lab; may be left out when only one runs.")
]


def register(app: typer.Typer) -> None:
    """Add the commands of this file."""
    for command in (up, status, down, gc, logs, kubeconfig, binaries, doctor):
        app.command()(command)
    app.command("exec", context_settings={"ignore_unknown_options": True})(exec_)


def attach(name: str) -> Lab:
    """Attach to the named lab, or to the only one."""
    from lab.errors import LabError  # noqa: PLC0415 (keeps --help fast)
    from lab.lab import Lab  # noqa: PLC0415
    from lab.registry import Registry  # noqa: PLC0415

    if not name:
        names = Registry().names()
        if len(names) != 1:
            listed = ", ".join(names) or "none exists; `halab up` makes one"
            raise LabError(f"which lab? give --lab NAME ({listed})")
        name = names[0]
    return Lab.attach(name)


def up(
    name: Annotated[str, typer.Argument(help="Name of the lab.")] = "lab",
    etcd: Annotated[int, typer.Option(help="etcd members, 1-9.")] = 3,
    masters: Annotated[int, typer.Option(help="Masters, 1-9.")] = 3,
    workers: Annotated[int, typer.Option(help="Workers, 0-50.")] = 2,
    stacked: Annotated[bool, typer.Option("--stacked", help="etcd on the masters.")] = False,
    profile: Annotated[str, typer.Option(help="Timeouts: upstream or kubespray.")] = "upstream",
    proxy_port: Annotated[int, typer.Option(help="Port of the proxy on the workers.")] = 6443,
) -> None:
    """Make a lab that outlives this command. Example: halab up --etcd 5 --masters 2."""
    from pydantic import ValidationError  # noqa: PLC0415

    from chaos.errors import InputError  # noqa: PLC0415
    from lab.lab import Lab  # noqa: PLC0415
    from lab.spec import LabSpec  # noqa: PLC0415

    given = {
        "name": name,
        "etcd": etcd,
        "masters": masters,
        "workers": workers,
        "stacked": stacked,
        "profile": profile,
        "proxy_port": proxy_port,
    }
    try:
        spec = LabSpec.model_validate(given)
    except ValidationError as error:
        problems = [f"  {'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors()]
        raise InputError("\n".join(["this lab is impossible:", *problems])) from error
    Lab.up(spec, owned=False, say=say).close()


def status() -> None:
    """Show every lab and the state of its components. Example: halab status."""
    from lab.errors import LabError  # noqa: PLC0415
    from lab.lab import Lab  # noqa: PLC0415
    from lab.registry import Registry  # noqa: PLC0415

    for name in Registry().names():
        try:
            lab = Lab.attach(name)
        except LabError as error:
            typer.echo(f"{name}: {error}")
            continue
        typer.echo(f"{name}: running")
        for node in lab.plan.nodes:
            states = lab.agent(node.name).call("list")
            shown = [f"{part} {'up' if s['alive'] else 'DOWN'}" for part, s in states.items()]
            faults = lab.agent(node.name).call("active")
            note = f"  faults: {', '.join(faults)}" if faults else ""
            typer.echo(f"  {node.name:10} {node.address:12} {', '.join(shown)}{note}")
        lab.close()


def down(name: Annotated[str, typer.Argument(help="Name of the lab.")] = "") -> None:
    """Take a lab down and remove all of it. Example: halab down lab."""
    attach(name).down()


def gc() -> None:
    """Remove what labs that no longer run have left behind. Example: halab gc."""
    from lab.errors import LabError  # noqa: PLC0415
    from lab.lab import Lab  # noqa: PLC0415
    from lab.registry import Registry  # noqa: PLC0415

    registry = Registry()
    for name in registry.names():
        try:
            Lab.attach(name).close()
        except LabError:
            registry.forget(name)
            typer.echo(f"removed what was left of lab {name}")


def logs(
    node: Annotated[str, typer.Argument(help="Node.")],
    component: Annotated[str, typer.Argument(help="Component.")],
    lab: LabOption = "",
) -> None:
    """Print a component's log. Example: halab logs etcd-1 etcd."""
    from chaos.errors import InputError  # noqa: PLC0415

    path = attach(lab).log(node, component)
    if not path.exists():
        raise InputError(f"no log of {component} on {node}; `halab status` shows what runs where")
    typer.echo(path.read_text(errors="replace"), nl=False)


def exec_(
    node: Annotated[str, typer.Argument(help="Node.")],
    argv: Annotated[list[str], typer.Argument(help="Command and its arguments.")],
    lab: LabOption = "",
) -> None:
    """Run a command on a node. Example: halab exec master-1 -- ip addr."""
    stream = attach(lab).agent(node).stream(argv)
    while chunk := stream.recv(65536):
        typer.echo(chunk.decode(errors="replace"), nl=False)


def kubeconfig(
    worker: Annotated[str, typer.Option(help="Through whose proxy.")] = "worker-1",
    out: Annotated[Path | None, typer.Option(help="File; standard output if left out.")] = None,
    lab: LabOption = "",
) -> None:
    """Write a kubeconfig that works from this host. Example: halab kubeconfig --out k.conf."""
    from chaos.errors import InputError  # noqa: PLC0415
    from lab.kubeconfig import render  # noqa: PLC0415

    found = attach(lab)
    if worker not in found.record.ports:
        raise InputError(f"no worker {worker}; this lab has {', '.join(found.record.ports)}")
    text = render(found.record.ports[worker], found.pki(worker), "admin")
    if out is None:
        typer.echo(text, nl=False)
    else:
        out.touch(mode=0o600)
        out.write_text(text)


def binaries() -> None:
    """Find, download or build the pinned binaries. Example: halab binaries."""
    from lab.binaries import resolve  # noqa: PLC0415

    for name, path in resolve(say=say).paths.items():
        typer.echo(f"{name}\t{path}")


def doctor() -> None:
    """Say what this machine lacks. Example: halab doctor."""
    from lab.errors import RuntimeUnavailableError  # noqa: PLC0415
    from lab.runtime.netns import missing_tools  # noqa: PLC0415

    if missing := missing_tools():
        raise RuntimeUnavailableError(f"missing: {', '.join(missing)}; `make setup` installs them")
    typer.echo("netns: every tool is here")
