"""Commands that make, show and remove labs."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from chaos.cli.progress import say
from chaos.cli.runtime_option import RuntimeOption, settle

if TYPE_CHECKING:
    from lab.lab import Lab

LabOption = Annotated[
    str, typer.Option("--lab", help="Name of the lab; may be left out when only one runs.")
]

BalancerMode = Literal["nginx", "haproxy", "external", "vip", "none"]
LbConfigOption = Annotated[
    Path | None, typer.Option(help="An nginx or haproxy file of your own, fitted to the lab.")
]


def read_config(path: Path | None) -> str:
    """Return the text of a user's balancer file, "" without one. Raises InputError."""
    from chaos.errors import InputError

    if path is None:
        return ""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"cannot read {path}: {error}") from error
    if not text.strip():
        raise InputError(f"{path} is empty")
    return text


def register(app: typer.Typer) -> None:
    """Add the commands of this file."""
    for command in (up, status, down, gc):
        app.command()(command)


def name_of(given: str) -> str:
    """Return the lab that is meant: the named one, or the only one. Raises InputError."""
    from chaos.errors import InputError
    from lab.lab import known
    from lab.registry import Registry

    names = known(Registry())
    if given:
        if given not in names:
            raise InputError(f"there is no lab named {given}; `halab status` lists them")
        return given
    if len(names) != 1:
        listed = ", ".join(names) or "there is none; `halab up` makes one"
        raise InputError(f"which lab? Name one: {listed}")
    return names[0]


def attach(given: str) -> Lab:
    """Attach to the lab that is meant."""
    from lab.lab import Lab

    return Lab.attach(name_of(given))


def up(
    name: Annotated[str, typer.Argument(help="Name of the lab.")] = "lab",
    etcd: Annotated[int, typer.Option(help="etcd members, 1-9.")] = 3,
    masters: Annotated[int, typer.Option(help="Masters, 1-9.")] = 3,
    workers: Annotated[int, typer.Option(help="Workers, 0-50.")] = 2,
    stacked: Annotated[bool, typer.Option("--stacked", help="etcd on the masters.")] = False,
    profile: Annotated[str, typer.Option(help="Timeouts: upstream or kubespray.")] = "upstream",
    proxy_port: Annotated[int, typer.Option(help="Port of the proxy on the workers.")] = 6443,
    kubelets: Annotated[
        bool, typer.Option("--kubelets", help="Hollow kubelets and kube-proxies on every node.")
    ] = False,
    lb: Annotated[
        BalancerMode, typer.Option("--lb", help="What stands between workers and masters.")
    ] = "nginx",
    lb_config: LbConfigOption = None,
    runtime: RuntimeOption = "auto",
) -> None:
    """Make a lab that outlives this command. Example: halab up --etcd 5 --masters 2."""
    from pydantic import ValidationError

    from chaos.errors import InputError, problems_of
    from lab.lab import Lab
    from lab.spec import LabSpec

    given = {
        "name": name,
        "etcd": etcd,
        "masters": masters,
        "workers": workers,
        "stacked": stacked,
        "profile": profile,
        "proxy_port": proxy_port,
        "kubelets": kubelets,
        "lb": lb,
        "lb_config": read_config(lb_config),
    }
    try:
        spec = LabSpec.model_validate(given)
    except ValidationError as error:
        file = f" ({lb_config})" if lb_config else ""
        raise InputError(f"this lab is impossible{file}:\n{problems_of(error)}") from error
    spec = spec.model_copy(update={"runtime": settle(runtime, [spec])})
    Lab.up(spec, owned=False, say=say).close()
    typer.echo(name)


def status() -> None:
    """Show every lab and the state of its components. Example: halab status."""
    from lab.errors import LabError
    from lab.lab import Lab, known
    from lab.registry import Registry

    names = known(Registry())
    if not names:
        typer.echo("no lab; `halab up` makes one")
    for name in names:
        try:
            lab = Lab.attach(name)
        except LabError as error:
            typer.echo(f"{name}: {error}")
            continue
        typer.echo(f"{name}: running ({lab.plan.spec.runtime})")
        for node in lab.plan.nodes:
            typer.echo(f"  {node.name:10} {node.address:12} {_state(lab, node.name)}")
        lab.close()


def _state(lab: Lab, node: str) -> str:
    from lab.errors import LabError

    try:
        states = lab.agent(node).components()
        faults = lab.agent(node).active()
    except LabError as error:
        return str(error)
    planned = [part.name for part in lab.plan.components if part.node == node]
    alive = {name for name, state in states.items() if state.alive}
    shown = [f"{name} {'up' if name in alive else 'DOWN'}" for name in planned]
    return ", ".join(shown) + (f"  faults: {', '.join(faults)}" if faults else "")


def down(name: Annotated[str, typer.Argument(help="Name of the lab.")] = "") -> None:
    """Take a lab down and remove all of it, a broken one too. Example: halab down lab."""
    from lab.lab import remove

    name = name_of(name)
    remove(name)
    say(f"lab {name} is gone")


def gc() -> None:
    """Remove what labs that no longer run have left behind. Example: halab gc."""
    from lab.lab import collect

    removed = collect()
    for name in removed:
        typer.echo(f"removed what was left of lab {name}")
    if not removed:
        typer.echo("nothing was left behind")
