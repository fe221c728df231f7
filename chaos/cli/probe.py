"""The command that measures any endpoint, a real load balancer among them."""

from __future__ import annotations

import csv
import math
import shlex
import sys
from pathlib import Path
from typing import Annotated, Literal

import typer

from chaos.cli.conclusion import JsonOption, end, execute
from chaos.cli.language import LangOption, language_of
from chaos.cli.panels import EXPERIMENTS
from chaos.cli.progress import print_result, report_progress


def register(app: typer.Typer) -> None:
    """Add the command of this file."""
    app.command(rich_help_panel=EXPERIMENTS)(probe)


def probe(
    url: Annotated[str, typer.Option(help="https://HOST[:PORT][/PATH], or http://.")],
    rate: Annotated[float, typer.Option(help="Requests a second on each mode, to 100.")] = 10.0,
    connection: Annotated[
        Literal["new", "reused", "both"], typer.Option(help="Connections of the requests.")
    ] = "both",
    cert: Annotated[Path | None, typer.Option(help="Certificate of the client, PEM.")] = None,
    key: Annotated[
        Path | None, typer.Option(help="Its key, if the certificate's file does not hold it.")
    ] = None,
    ca: Annotated[
        Path | None, typer.Option(help="Authorities to trust; the system's if left out.")
    ] = None,
    duration: Annotated[
        float | None, typer.Option(help="Seconds; until Ctrl-C if left out.")
    ] = None,
    deadline: Annotated[float, typer.Option(help="Seconds within which an answer is good.")] = 1.0,
    live: Annotated[
        bool, typer.Option("--live", help="Show a table while it runs, on terminals.")
    ] = False,
    out: Annotated[Path | None, typer.Option(help="The run directory itself.")] = None,
    runs_dir: Annotated[
        Path | None, typer.Option(help="Where run directories are.", show_default="runs")
    ] = None,
    as_json: JsonOption = False,
    lang: LangOption = "",
) -> None:
    """Measure an endpoint as its clients see it, and break nothing.

    Ends in 0 when every series got an answer, in 1 when a series got none; how good they were is
    in the figures. An interrupt keeps what was measured and ends in 130.

    Example: halab probe --url https://10.0.0.5:6443/livez --ca ca.crt --rate 20 --duration 60
    """
    from chaos.errors import InputError
    from chaos.probes.endpoint import Identity, check_identity, parse_url, probed_address
    from chaos.probes.series import MAX_RATE_HZ

    language = language_of(lang)
    for name, value, most in (
        ("--rate", rate, MAX_RATE_HZ),
        ("--deadline", deadline, 60.0),
        ("--duration", duration, math.inf),
    ):
        if value is not None and not 0 < value <= most:
            limit = "" if most == math.inf else f", and at most {most:g}"
            raise InputError(f"{name} {value:g}: must be more than 0{limit}")
    if out and runs_dir:
        raise InputError("--runs-dir would change nothing: --out is the run directory itself")
    endpoint = parse_url(url)
    identity = Identity(*(str(path) if path else "" for path in (ca, cert, key)))
    check_identity(endpoint, identity)
    address = probed_address(endpoint)
    from chaos.cli.live_view import following
    from chaos.probes.observation_plan import Observation, open_observation, series_of
    from chaos.probes.observation_run import observe
    from chaos.probes.prober_cost import check_cost
    from lab.afterwards import afterwards

    series = series_of(connection, rate)
    check_cost(series, workers=1)
    observation = Observation(endpoint, address, identity, series, deadline, duration)
    writer = open_observation(
        observation, out, runs_dir or Path("runs"), shlex.join(["halab", *sys.argv[1:]])
    )
    until = "until Ctrl-C" if duration is None else f"for {duration:g} s"
    report_progress(f"probing {url} at {address} {until}; an answer after {deadline:g} s is bad")

    def work() -> None:
        with following(series, deadline, language, live=live) as follow:
            observe(observation, writer, follow)

    def print_outages() -> None:
        if not as_json:
            _print_outages(writer.directory / "report" / "tables", language)

    with afterwards(print_outages):
        code, answer = execute(writer.directory, work, language, as_json=as_json)
    end(code, answer, as_json=as_json)


def _print_outages(tables: Path, lang: str) -> None:
    """Print the availability and every outage of each series, as the report's tables have them."""
    from reports.locale.catalogue import words_of

    words = words_of(lang)
    for row in _rows(tables / "trials.csv"):
        line = words["console-availability"].format(
            connection=words[row["connection"]],
            share=f"{100 * float(row['availability']):.3f} %",
            good=int(row["total"]) - int(row["bad"]),
            total=row["total"],
        )
        print_result(line)
    for row in _rows(tables / "outages.csv"):
        line = words["console-outage"].format(
            connection=words[row["connection"]],
            start_s=float(row["start_s"]),
            lower_s=float(row["lower_s"]),
            upper=words["console-not-over"]
            if math.isinf(float(row["upper_s"]))
            else f"{float(row['upper_s']):.3f}",
            deadline_s=float(row["deadline_s"]),
        )
        print_result(line)


def _rows(path: Path) -> list[dict[str, str]]:
    if not path.exists():
        return []
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))
