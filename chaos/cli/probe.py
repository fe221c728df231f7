"""The command that measures any endpoint, a real load balancer among them."""

from __future__ import annotations

import csv
import shlex
import sys
from pathlib import Path
from typing import Annotated, Literal

import typer

from chaos.cli.conclusion import JsonOption, LangOption, RunsDirOption, end, execute
from chaos.cli.progress import say


def register(app: typer.Typer) -> None:
    """Add the command of this file."""
    app.command()(probe)


def probe(
    url: Annotated[str, typer.Option(help="https://HOST[:PORT][/PATH], or http://.")],
    rate: Annotated[float, typer.Option(help="Requests a second on each mode, to 100.")] = 10.0,
    connection: Annotated[
        Literal["new", "reused", "both"], typer.Option(help="Connections of the requests.")
    ] = "both",
    cert: Annotated[Path | None, typer.Option(help="Certificate of the client, PEM.")] = None,
    key: Annotated[Path | None, typer.Option(help="Its key, if it is not with it.")] = None,
    ca: Annotated[Path | None, typer.Option(help="Whom to trust; the system's if not.")] = None,
    duration: Annotated[
        float | None, typer.Option(help="Seconds; until Ctrl-C if left out.")
    ] = None,
    deadline: Annotated[float, typer.Option(help="Seconds within which an answer is good.")] = 1.0,
    live: Annotated[
        bool, typer.Option("--live", help="A table that follows, on terminals.")
    ] = False,
    out: Annotated[Path | None, typer.Option(help="The run directory itself.")] = None,
    runs_dir: RunsDirOption = Path("runs"),
    as_json: JsonOption = False,
    lang: LangOption = "en",
) -> None:
    """Measure an endpoint as its clients see it, and break nothing.

    Ends in 0 when every series was answered at all, in 1 when one never was; how well is in the
    figures. An interrupt keeps what was measured and ends in 130.

    Example: halab probe --url https://10.0.0.5:6443/livez --ca ca.crt --rate 20 --duration 60
    """
    from chaos.errors import InputError
    from chaos.probes.endpoint import Identity, check_identity, parse_url, resolve
    from chaos.probes.series import MAX_RATE_HZ

    for name, value, most in (
        ("--rate", rate, MAX_RATE_HZ),
        ("--deadline", deadline, 60.0),
        ("--duration", duration, float("inf")),
    ):
        if value is not None and not 0 < value <= most:
            limit = "" if most == float("inf") else f", and at most {most:g}"
            raise InputError(f"{name} {value:g}: must be more than 0{limit}")
    endpoint = parse_url(url)
    identity = Identity(*(str(path) if path else "" for path in (ca, cert, key)))
    check_identity(endpoint, identity)
    address = resolve(endpoint)
    from chaos.cli.live_view import following
    from chaos.probes.observation import Observation, open_observation, series_of
    from chaos.probes.observing import observe
    from chaos.probes.prober_cost import check_cost

    series = series_of(connection, rate)
    check_cost(series, workers=1)
    observation = Observation(endpoint, address, identity, series, deadline, duration)
    writer = open_observation(observation, out, runs_dir, shlex.join(["halab", *sys.argv[1:]]))
    until = "until Ctrl-C" if duration is None else f"for {duration:g} s"
    say(f"probing {url} at {address} {until}; an answer after {deadline:g} s is bad")

    def work() -> None:
        with following(series, deadline, live=live) as follow:
            observe(observation, writer, follow)

    try:
        code, answer = execute(writer.directory, work, lang, as_json=as_json)
    finally:
        if not as_json:
            _print_outages(writer.directory / "report" / "tables")
    end(code, answer, as_json=as_json)


def _print_outages(tables: Path) -> None:
    """Print the availability and every outage of each series, as the report's tables have them."""
    for row in _rows(tables / "trials.csv"):
        good, total = int(row["total"]) - int(row["bad"]), row["total"]
        share = f"{100 * float(row['availability']):.3f} %"
        typer.echo(f"availability on {row['connection']} connections: {share} ({good} of {total})")
    for row in _rows(tables / "outages.csv"):
        upper = f"{float(row['upper_s']):.3f}" if row["upper_s"] else "not over yet"
        typer.echo(
            f"outage on {row['connection']} connections, {float(row['start_s']):.3f} s after the "
            f"start: [{float(row['lower_s']):.3f}, {upper}] s "
            f"at a deadline of {float(row['deadline_s']):g} s"
        )


def _rows(path: Path) -> list[dict[str, str]]:
    if not path.exists():
        return []
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))
