"""The clients of a store against a server of the test's own, both in processes of their own."""

from __future__ import annotations

import itertools
import json
import subprocess
import sys
import time
from collections import Counter
from itertools import pairwise

import pytest

from chaos.node_program import node_argv
from chaos.workload.clients import CLIENTS_FILE, packed_clients
from chaos.workload.program import workload
from lab.certificates import Authority

# It answers as etcd's gateway does, with one more revision a write. Mode: what it does to writes.
SERVER = """
import asyncio, base64, json, ssl, sys

mode, store, versions, revision = sys.argv[1], {}, {}, 1

def reply(path, body):
    global revision
    key = body["key"]
    if path == "/v3/kv/put":
        revision += 1
        store[key] = {"key": key, "value": body["value"], "mod_revision": str(revision)}
        versions[revision] = store[key]
        return {"header": {"revision": str(revision)}}
    found = {"kvs": [store[key]]} if key in store else {}
    return {"header": {"revision": str(revision)}, **found}

def result(**more):
    said = {"result": {"header": {"revision": str(revision)}, **more}}
    data = json.dumps(said).encode() + b"\\n"
    return b"%x\\r\\n%s\\r\\n" % (len(data), data)

# every version once, as it comes; in the mode "breaks" three times a second it ends after one
async def watch(writer, create):
    after = int(create.get("start_revision", revision + 1)) - 1
    writer.write(b"HTTP/1.1 200 X\\r\\nTransfer-Encoding: chunked\\r\\n\\r\\n")
    writer.write(result(created=True))
    while True:
        for version in sorted(versions)[after - 1:]:
            writer.write(result(events=[{"kv": versions[version]}]))
            after = version
            if mode == "breaks":
                raise EOFError
        await asyncio.sleep(0.02)

async def answer(reader, writer):
    while True:
        head = (await reader.readuntil(b"\\r\\n\\r\\n")).decode()
        lines = head.split("\\r\\n")
        headers = dict(line.lower().split(": ") for line in lines[1:] if line)
        body = json.loads(await reader.readexactly(int(headers["content-length"])))
        path, status = lines[0].split()[1], 200
        if path == "/v3/watch":
            await watch(writer, body["create_request"])
        said = reply(path, body)
        if path == "/v3/kv/put" and mode == "hang":
            await asyncio.sleep(1000)
        if path == "/v3/kv/put" and mode == "drop":
            return
        if path == "/v3/kv/put" and mode == "error":
            status, said = 503, {"message": "etcdserver: no leader"}
        data = json.dumps(said).encode()
        if mode == "chunked":
            chunk = b"%x\\r\\n%s\\r\\n0\\r\\n\\r\\n" % (len(data), data)
            writer.write(b"HTTP/1.1 200 X\\r\\nTransfer-Encoding: chunked\\r\\n\\r\\n" + chunk)
        else:
            writer.write(b"HTTP/1.1 %d X\\r\\nContent-Length: %d\\r\\n\\r\\n" % (status, len(data)))
            writer.write(data)

async def connected(reader, writer):
    try:
        await answer(reader, writer)
    except (OSError, EOFError):
        pass
    finally:
        writer.close()

async def main():
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile="pki/ca.crt")
    context.verify_mode = ssl.CERT_REQUIRED
    context.load_cert_chain("pki/server.crt", "pki/server.key")
    server = await asyncio.start_server(connected, "127.0.0.1", 0, ssl=context)
    print(server.sockets[0].getsockname()[1], flush=True)
    await asyncio.sleep(1000)

asyncio.run(main())
"""


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    directory = tmp_path_factory.mktemp("worker")
    authority = Authority.made("ca")
    (directory / "pki").mkdir()
    (directory / "pki" / "ca.crt").write_bytes(authority.certificate)
    for name in ("server", "admin"):
        pair = authority.issue(name, names=("127.0.0.1",))
        (directory / "pki" / f"{name}.crt").write_bytes(pair.certificate)
        (directory / "pki" / f"{name}.key").write_bytes(pair.key)
    return directory


def operations(home, port, *, length_s=0.6, watched=False, **changes):
    """Run the clients for a while, stop them, and return all operations but the last line."""
    stop = home / "stop"
    stop.unlink(missing_ok=True)
    about = {"members": {"m1": "127.0.0.1", "m2": "127.0.0.1"}, "port": port, "pki": "pki"}
    about |= {"user": "admin", "timeout_s": 0.3, "rate_hz": 100, "keys": 3, "prefix": "p/"}
    about |= {"store": "etcd", "label": "x.", "seed": 1, "stop": "stop"}
    (home / CLIENTS_FILE).write_bytes(packed_clients())
    (home / "workload.json").write_text(json.dumps(about | changes))
    argv = node_argv(sys.executable, CLIENTS_FILE, "workload.json")
    with subprocess.Popen(argv, stdout=subprocess.PIPE, cwd=home) as process:
        first = process.stdout.readline()
        time.sleep(length_s)
        stop.touch()
        lines = [json.loads(line) for line in [first, *process.stdout]]
    assert process.returncode == 0
    *done, last = lines
    asked = [operation for operation in done if operation["op"] != "watch"]
    counted = Counter(str(line["process"]) for line in done)
    assert last == {"sent": dict(counted)}
    return done if watched else asked


@pytest.fixture
def serving(home):
    """Run the clients against a server that treats writes in a way."""

    def run(mode, **changes):
        argv = [sys.executable, "-c", SERVER, mode]
        with subprocess.Popen(argv, stdout=subprocess.PIPE, cwd=home) as process:
            done = operations(home, int(process.stdout.readline()), **changes)
            process.kill()
        return done

    return run


def outcomes(done, op):
    return {operation["outcome"] for operation in done if operation["op"] == op}


@pytest.mark.parametrize("mode", ["ok", "chunked"])
def test_what_is_answered_is_ok_with_its_revisions(serving, mode):
    done = serving(mode, timeout_s=1.5)  # a busy machine takes its time
    assert {operation["outcome"] for operation in done} == {"ok"}
    writes = [operation for operation in done if operation["op"] == "write"]
    assert all(operation["revision"] == operation["mod_revision"] > 1 for operation in writes)
    values = {operation["value"]: operation["mod_revision"] for operation in writes}
    reads = [
        operation for operation in done if operation["op"] == "read" and operation["mod_revision"]
    ]
    assert all(
        values[operation["value"]] == operation["mod_revision"] <= operation["revision"]
        for operation in reads
    )
    assert {operation["via"] for operation in done} == {"m1", "m2"}
    assert all(operation["invoke_s"] <= operation["complete_s"] for operation in done)


def test_every_value_is_unique_and_begins_with_the_label(serving):
    values = [operation["value"] for operation in serving("ok") if operation["op"] == "write"]
    assert len(set(values)) == len(values) > 10
    assert all(value.startswith("x.") for value in values)


@pytest.mark.parametrize("mode", ["hang", "drop", "error"])
def test_a_write_without_a_good_answer_is_unknown_and_its_process_never_comes_back(serving, mode):
    # a busy machine takes its time to connect, and what was not sent has failed
    done = serving(mode, timeout_s=1.5)
    assert outcomes(done, "write") == {"unknown"}
    for operation in done:
        if operation["outcome"] == "unknown":
            later = [other for other in done if other["invoke_s"] > operation["complete_s"]]
            assert operation["process"] not in {other["process"] for other in later}


def test_a_process_does_one_thing_at_a_time(serving):
    spans = {}
    for operation in serving("hang", rate_hz=300):
        spans.setdefault(operation["process"], []).append(
            (operation["invoke_s"], operation["complete_s"])
        )
    for own in spans.values():
        own.sort()
        assert all(before[1] <= after[0] for before, after in pairwise(own))


def test_what_hangs_does_not_lower_the_rate(serving):
    invoked = sorted(operation["invoke_s"] for operation in serving("hang", length_s=1.0))
    gaps = [later - earlier for earlier, later in pairwise(invoked)]
    assert len(invoked) > 70
    assert max(gaps) < 0.25


def test_what_is_due_when_all_clients_of_a_member_wait_is_left_out(serving):
    done = serving("hang", rate_hz=1000, timeout_s=1.0, length_s=1.0)
    for member in ("m1", "m2"):
        of_member = [operation for operation in done if operation["via"] == member]
        ends = [(operation["invoke_s"], 1) for operation in of_member] + [
            (operation["complete_s"], -1) for operation in of_member
        ]
        # at one moment the end comes first
        at_a_time = itertools.accumulate(step for _, step in sorted(ends))
        assert max(at_a_time) == workload.CLIENTS


def test_where_nobody_listens_nothing_has_happened(home):
    assert {operation["outcome"] for operation in operations(home, 9)} == {"fail"}


@pytest.mark.parametrize("mode", ["ok", "breaks"])
def test_a_watch_tells_every_version_once_in_order_and_goes_on_where_it_broke(serving, mode):
    done = serving(mode, watched=True, length_s=1.2)
    deliveries = [
        operation for operation in done if operation["op"] == "watch" and operation["via"] == "m1"
    ]
    assert (deliveries[0]["key"], deliveries[0]["mod_revision"]) == ("", 0)
    revisions = [operation["revision"] for operation in deliveries if operation["key"]]
    assert revisions == list(range(revisions[0], revisions[0] + len(revisions)))
    assert len(revisions) > 1
    # on a busy machine an answer may come too late; what was written is told all the same
    written = {operation["value"] for operation in done if operation["op"] == "write"}
    assert {operation["value"] for operation in deliveries if operation["key"]} <= written
