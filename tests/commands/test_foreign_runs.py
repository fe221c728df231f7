"""Run directories from others: nothing outside of them is read or written, nothing acts."""

from __future__ import annotations

import ast
import json
import os
import re
import xml.etree.ElementTree as ET
from pathlib import Path
from urllib.parse import unquote, urljoin, urlsplit

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from judged_runs import HOLDS, VIOLATED, made_run

import chaos.cli

ESCAPE = "\x1b[31m\x07\x9b"
COMMANDS = ("analyze", "report", "compare", "list")
# every text of a run that its maker chooses
TEXTS = ("name", "id", "command", "started_at", "runtime")


@pytest.fixture
def run(tmp_path):
    return made_run(tmp_path / "runs" / "run", VIOLATED, HOLDS)


@pytest.fixture
def call(halab):
    """Call a command with a run directory."""

    def of_run(command, run):
        if command == "list":
            return halab("list", "--runs-dir", run.parent, "--page")
        return halab(command, run, *([run] if command == "compare" else []))

    return of_run


def replaced_by_a_pipe(path):
    path.unlink()
    os.mkfifo(path)


def replaced_by_zeros(path):
    path.unlink()
    path.symlink_to("/dev/zero")


def replaced_by_a_link(path):
    elsewhere = path.parents[3] / "elsewhere"
    elsewhere.write_bytes(path.read_bytes())
    path.unlink()
    path.symlink_to(elsewhere)


def replaced_by_a_hole(path):
    path.unlink()
    with path.open("wb") as file:
        file.truncate(1 << 40)


REPLACEMENTS = [replaced_by_a_pipe, replaced_by_zeros, replaced_by_a_link, replaced_by_a_hole]
FILES = ["run.json", "trials/0000/events.jsonl", "trials/0000/samples.parquet"]


@pytest.mark.timeout(60)
@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("replace", REPLACEMENTS, ids=lambda replace: replace.__name__)
def test_only_files_of_the_run_itself_are_read(call, run, replace, name):
    replace(run / name)
    for command in COMMANDS if name == "run.json" else ("analyze",):
        ended = call(command, run)
        if command == "list":
            assert ended.code == 0
        elif name == "run.json":
            assert ended.code == 2
            assert str(run) in ended.err
        else:
            assert ended.code == 5
            assert Path(name).name in ended.err


@pytest.mark.parametrize("name", ["trials", "trials/0000"])
def test_trials_that_lie_elsewhere_are_not_read(call, run, tmp_path, name):
    (run / name).rename(tmp_path / "elsewhere")
    (run / name).symlink_to(tmp_path / "elsewhere")
    for command in ("analyze", "report", "compare"):
        ended = call(command, run)
        assert ended.code == 2
        assert f"{run / name} is a link" in ended.err


WRITTEN = ["index.html", "report.md", "report.json", "junit.xml", "metrics.txt"]


@pytest.mark.parametrize("name", [*WRITTEN, "tables/recovery.csv", "tables/recovery.parquet"])
def test_a_report_is_written_in_the_run_itself(call, run, tmp_path, name):
    (tmp_path / "victim").write_bytes(b"mine")
    path = run / "report" / name
    path.parent.mkdir(parents=True)
    path.symlink_to(tmp_path / "victim")
    assert call("analyze", run).code == 1
    assert (tmp_path / "victim").read_bytes() == b"mine"
    assert path.stat().st_size
    assert not path.is_symlink()


@pytest.mark.parametrize("name", ["report", "report/tables"])
def test_a_report_folder_that_is_a_link_is_refused(call, run, tmp_path, name):
    (tmp_path / "elsewhere").mkdir()
    (run / name).parent.mkdir(exist_ok=True)
    (run / name).symlink_to(tmp_path / "elsewhere")
    ended = call("analyze", run)
    assert ended.code == 3
    assert str(run / name) in ended.err
    assert list((tmp_path / "elsewhere").iterdir()) == []


def test_the_page_of_a_folder_of_runs_takes_the_place_of_a_link(call, run, tmp_path):
    (tmp_path / "victim").write_bytes(b"mine")
    (run.parent / "index.html").symlink_to(tmp_path / "victim")
    assert call("list", run).code == 0
    assert (tmp_path / "victim").read_bytes() == b"mine"


BOMBS = {
    "many rows": lambda table: pa.concat_tables([table] * 100),
    "long texts": lambda table: table.set_column(
        table.schema.get_field_index("error"), "error", pa.array(["x" * 5000] * len(table))
    ),
}


@pytest.mark.parametrize(
    ("bomb", "codec"), [("many rows", "snappy"), ("long texts", "snappy"), ("long texts", "zstd")]
)
def test_a_small_parquet_file_that_becomes_gigabytes_is_refused_unread(
    call, run, monkeypatch, bomb, codec
):
    path = run / "trials/0000/samples.parquet"
    table = pq.read_table(path)
    large = BOMBS[bomb](table).replace_schema_metadata(table.schema.metadata)
    pq.write_table(large, path, compression=codec, use_dictionary=bomb == "many rows")
    read = pq.read_table

    def refuse(source, *args, **options):
        assert source != path
        return read(source, *args, **options)

    monkeypatch.setattr(pq, "read_table", refuse)
    monkeypatch.setattr("reports.history.parquet.MOST_ROWS", 10 * len(table))
    monkeypatch.setattr("reports.history.parquet.MOST_OF_COLUMNS", 100_000)
    ended = call("analyze", run)
    assert ended.code == 5
    assert "samples.parquet" in ended.err


def test_lines_that_become_too_many_rows_are_refused(call, run, monkeypatch):
    (run / "trials/0000/samples.parquet").unlink()
    (run / "trials/0000/samples.jsonl").write_text("{}\n" * 5000)
    monkeypatch.setattr("reports.history.columns.MOST_ROWS", 1000)
    ended = call("analyze", run)
    assert ended.code == 5
    assert "samples.jsonl has more than 1000 rows" in ended.err


@pytest.mark.parametrize("keys", [TEXTS, ("kind",)], ids=["texts", "kind"])
@pytest.mark.parametrize("command", COMMANDS)
def test_no_terminal_obeys_what_a_run_holds(call, run, command, keys):
    record = json.loads((run / "run.json").read_text())
    record |= {key: ESCAPE + record[key] for key in keys}
    for experiment in record["experiments"]:
        experiment["title"] = experiment["hypothesis"] = experiment["supervision"] = ESCAPE
        for demand in experiment["expect"]:
            demand["id"], demand["note"] = ESCAPE + demand["id"], ESCAPE
    (run / "run.json").write_text(json.dumps(record))
    with (run / "trials/0000/events.jsonl").open("a") as file:
        file.write(f'{{"kind": "{ESCAPE}"}}\n[]\n')
    place = run.rename(run.with_name(f"run{ESCAPE}"))
    ended = call(command, place)
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f]", ended.out + ended.err)
    for page in place.parent.rglob("*"):
        if page.suffix in {".html", ".md", ".csv", ".xml", ".txt"}:
            assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f]", page.read_text()), page


def test_control_characters_break_no_junit_and_no_formula_stays_one(call, run):
    record = json.loads((run / "run.json").read_text())
    names = {"fault-0": "=cmd\x01", "fault-1": "-x|\ny"}
    for item in [*record["experiments"], *record["trials"]]:
        key = "id" if "id" in item else "experiment"
        item[key] = names[item[key]]
    (run / "run.json").write_text(json.dumps(record))
    assert call("analyze", run).code in {1, 5}
    cases = ET.fromstring((run / "report/junit.xml").read_text()).iter("testcase")
    assert {case.get("classname") for case in cases} == {"=cmd\\u0001", "-x|\ny"}
    rows = [path.read_text() for path in (run / "report/tables").glob("*.csv")]
    assert not re.search(r'(^|,)"?[=@]', "\n".join(rows), re.MULTILINE)
    assert "'=cmd\\u0001" in "\n".join(rows)
    assert "'-x| y" in "\n".join(rows)


@pytest.mark.parametrize("name", ["javascript:alert(1)", "100%#a?b", "a b", "ü", "<b>\"'&"])
def test_a_name_becomes_a_link_to_the_report_itself_or_none(call, tmp_path, name):
    run = made_run(tmp_path / "runs" / name, HOLDS)
    assert call("analyze", run).code == 0
    assert call("list", run).code == 0
    page = (run.parent / "index.html").read_text()
    [address] = re.findall(r'<td><a href="([^"]*)"', page)
    base = "file:///runs/index.html"
    parts = urlsplit(urljoin(base, address))
    assert (parts.scheme, parts.query, parts.fragment) == ("file", "", "")
    assert unquote(parts.path) == f"/runs/{name}/report/index.html"


PRINTING = ("progress.py", "tables.py", "live_view.py")


def test_lines_are_printed_at_one_place():
    for path in sorted(Path(chaos.cli.__path__[0]).glob("*.py")):
        calls = [node for node in ast.walk(ast.parse(path.read_text())) if type(node) is ast.Call]
        printing = [
            ast.unparse(node)
            for node in calls
            if re.search(r"(^print|\.print|\.echo|\.secho)$", ast.unparse(node.func))
        ]
        if path.name not in PRINTING:
            # a kubeconfig is this program's own
            assert [call for call in printing if call != "typer.echo(text, nl=False)"] == []
