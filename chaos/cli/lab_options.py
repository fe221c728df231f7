"""The options that say what a lab is like: the same ones for every command that makes labs."""

from __future__ import annotations

import functools
import inspect
from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeAlias, get_type_hints

import typer

from chaos.cli.balancer_file import read_balancer_file
from chaos.cli.completion import complete_balancer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from lab.spec import LabSpec

Setting: TypeAlias = "str | int | bool"


@dataclass(frozen=True)
class LabOptions:
    """What the command line asks of labs; None is what it does not mention.

    The fields are those of a LabSpec, and `lb_config` is the path of a file that holds it.
    """

    etcd: Annotated[
        int | None, typer.Option(help="etcd members, 1-9.", show_default="3, or the suite's")
    ] = None
    masters: Annotated[
        int | None, typer.Option(help="Masters, 0-9.", show_default="3, or the suite's")
    ] = None
    workers: Annotated[
        int | None, typer.Option(help="Workers, 0-50.", show_default="2, or the suite's")
    ] = None
    stacked: Annotated[
        bool | None, typer.Option("--stacked/--no-stacked", help="etcd on the masters.")
    ] = None
    profile: Annotated[
        str | None,
        typer.Option(
            help="Timeouts: upstream or kubespray.",
            show_default="upstream, or the suite's",
            autocompletion=lambda: ["upstream", "kubespray"],
        ),
    ] = None
    proxy_port: Annotated[
        int | None,
        typer.Option(help="Port of the balancer.", show_default="6443, or the suite's"),
    ] = None
    kubelets: Annotated[
        bool | None,
        typer.Option(
            "--kubelets/--no-kubelets", help="Hollow kubelets and kube-proxies on every node."
        ),
    ] = None
    lb: Annotated[
        str | None,
        typer.Option(
            "--lb",
            help="What stands between workers and masters: nginx, haproxy, external, vip, none.",
            show_default="nginx, or the suite's",
            autocompletion=complete_balancer,
        ),
    ] = None
    lb_config: Annotated[
        Path | None, typer.Option(help="An nginx or haproxy file of your own, fitted to the lab.")
    ] = None
    lb_server: Annotated[
        str | None,
        typer.Option(
            help="The server of your file that leads to the apiservers: the name of its upstream, "
            "frontend or backend, or its port.",
            show_default="that whose servers have port 6443",
        ),
    ] = None

    attach: Annotated[
        str | None,
        typer.Option(
            help="Measure a kind cluster that exists already, from its own workers, instead of a "
            "lab. It is as it is: options about its size are refused."
        ),
    ] = None
    consent: Annotated[
        str | None,
        typer.Option(
            help="The same name again: faults may be put into the cluster of --attach. Without it "
            "nothing is done to that cluster but measuring."
        ),
    ] = None

    @property
    def as_given(self) -> dict[str, Setting]:
        """What the command line mentions, by its name in a LabSpec; a file by its path."""
        values = {field.name: getattr(self, field.name) for field in fields(self)}
        return {
            name: str(value) if isinstance(value, Path) else value
            for name, value in values.items()
            if value is not None
        }

    @property
    def as_options(self) -> dict[str, Setting]:
        """The same, by the names of the options."""
        return {f"--{name.replace('_', '-')}": value for name, value in self.as_given.items()}

    def settings(self) -> dict[str, Setting]:
        """Return what is laid over a LabSpec: the user's file is read, a cluster looked at.

        Raises InputError, and LabError for a cluster that cannot be attached.
        """
        if self.attach:
            return self._settings_of_cluster
        return {**self.as_given, **({"lb_config": self.own_file} if self.own_file else {})}

    @functools.cached_property
    def _settings_of_cluster(self) -> dict[str, Setting]:
        from chaos.errors import InputError
        from lab.runtime.drivers import DRIVERS

        if vain := sorted(self.as_options.keys() - {"--attach", "--consent"}):
            raise InputError(f"{', '.join(vain)} would change nothing: {self.attach} is as it is")
        described = DRIVERS["kind"].describe(self.attach or "")
        return {**described, "runtime": "kind", **self.as_given}

    @functools.cached_property
    def own_file(self) -> str:
        """The text of the user's file, "" for none; a pipe can be read once. Raises InputError."""
        return "" if self.lb_config is None else read_balancer_file(self.lb_config)

    def spec(self, **settings: Setting) -> LabSpec:
        """Return the lab of these options, laid over `settings`. Raises InputError."""
        from pydantic import ValidationError

        from chaos.errors import InputError, problems_of
        from lab.spec import LabSpec

        try:
            lab = LabSpec.model_validate({**settings, **self.settings()})
        except ValidationError as error:
            file = f" ({self.lb_config})" if self.lb_config else ""
            raise InputError(f"this lab is impossible{file}:\n{problems_of(error)}") from error
        self.check_effect([lab], "this lab")
        return lab

    def check_effect(self, labs: Iterable[LabSpec], where: str) -> None:
        """Refuse options that would change nothing of one of the labs. Raises InputError."""
        from chaos.errors import InputError

        for lab in labs:
            names, reason = _in_vain(lab)
            vain = [f"--{name}" for name in names if self.as_given.get(name.replace("-", "_"))]
            if vain:
                raise InputError(f"{', '.join(vain)} would change nothing: {reason} {where}")


def _in_vain(lab: LabSpec) -> tuple[tuple[str, ...], str]:
    """Return the options that change nothing of a lab, and why: a sentence without its place."""
    from lab.balancers.registry import balancer_of

    balancer = balancer_of(lab.lb)
    if not lab.masters:
        names = ("lb", "lb-config", "lb-server", "proxy-port", "stacked", "kubelets")
        return names, "that is about masters, and there are none in"
    if not balancer.program:
        return ("lb-config", "lb-server", "proxy-port"), "there is no balancer in"
    if not balancer.nodes and not lab.workers:
        reason = f"{balancer.component} runs on workers, and there are none in"
        return ("lb", "lb-config", "lb-server", "proxy-port"), reason
    if not lab.lb_config:
        return ("lb-server",), "it names a server of a file, and there is no --lb-config for"
    return (), ""


def with_lab_options(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command all options of labs, which it gets together as `options`."""
    hints = get_type_hints(LabOptions, include_extras=True)
    names = [field.name for field in fields(LabOptions)]
    own = inspect.signature(command, eval_str=True)
    parameters = [
        *(each for each in own.parameters.values() if each.name != "options"),
        *(
            inspect.Parameter(
                name, inspect.Parameter.KEYWORD_ONLY, default=None, annotation=hints[name]
            )
            for name in names
        ),
    ]

    @functools.wraps(command)
    def wrapped(**values: Any) -> None:
        options = LabOptions(**{name: values.pop(name) for name in names})
        command(**values, options=options)

    vars(wrapped)["__signature__"] = own.replace(parameters=parameters)  # Typer reads it
    return wrapped
