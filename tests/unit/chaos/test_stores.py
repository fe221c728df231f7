"""The requests to etcd and Kubernetes, and how their answers are read. No connections."""

from __future__ import annotations

import json

import pytest

from chaos.workload.clients import operations_in
from chaos.workload.program.stores import Etcd, Kubernetes, encode

CONFIG = {"prefix": "ops-x-", "keys": 2, "namespace": "halab"}


def operation(op, **more):
    about = {"key": "ops-x-0", "value": None, "stale": False, "outcome": "fail", "error": ""}
    return {"op": op, "revision": 0, "mod_revision": 0, **about, **more}


def stored(name, value, version):
    metadata = {"name": name, "resourceVersion": str(version)}
    return {"metadata": metadata, "data": {"value": value}}


def noted(op, status, answer, **more):
    recorded = operation(op, **more)
    Kubernetes(CONFIG).record_answer(recorded, status, answer)
    return recorded


def test_a_write_overwrites_whatever_is_there_and_the_first_one_makes_it():
    store = Kubernetes(CONFIG)
    assert store.creations() == ["ops-x-0", "ops-x-1"]
    line = b"PUT /api/v1/namespaces/halab/configmaps/ops-x-0 HTTP/1.1\r\n"
    head, body = store.request_of(operation("write", value="v")).split(b"\r\n\r\n")
    assert head.startswith(line)
    assert json.loads(body)["data"] == {"value": "v"}
    assert "resourceVersion" not in json.loads(body)["metadata"]
    first = store.request_of(operation("write", value="v", creates=True))
    assert first.startswith(b"POST /api/v1/namespaces/halab/configmaps HTTP/1.1\r\n")


def test_a_write_has_the_revision_of_its_object():
    write = noted("write", 200, stored("ops-x-0", "v", 7), value="v")
    assert (write["outcome"], write["revision"], write["mod_revision"]) == ("ok", 7, 7)


def test_a_get_does_not_tell_when_it_was_served():
    read = noted("read", 200, stored("ops-x-0", "v", 7))
    assert (read["outcome"], read["revision"], read["mod_revision"]) == ("ok", 0, 7)
    assert read["value"] == "v"


def test_what_is_not_there_is_an_answer_to_a_get():
    read = noted("read", 404, {})
    assert (read["outcome"], read["value"], read["mod_revision"]) == ("ok", None, 0)


def test_a_list_is_a_line_for_each_key_that_it_was_to_find():
    answer = {"metadata": {"resourceVersion": "9"}, "items": [stored("ops-x-1", "v", 7)]}
    line = noted("list", 200, answer, key="any", process=3, via="w", invoke_s=1, complete_s=2)
    operations = operations_in(line, 1000)
    assert {entry.process for entry in operations} == {1003}
    by_key = {entry.key: (entry.value, entry.mod_revision, entry.revision) for entry in operations}
    assert by_key == {"ops-x-0": (None, 0, 9), "ops-x-1": ("v", 7, 9)}


@pytest.mark.parametrize(("status", "refused"), [(403, True), (409, True), (500, False)])
def test_only_a_client_error_says_that_a_write_did_not_happen(status, refused):
    write = noted("write", status, {"message": "no"}, value="v")
    assert (write["outcome"], write["refused"], write["error"]) == ("fail", refused, f"{status} no")


def test_a_stale_list_asks_for_any_revision():
    store = Kubernetes(CONFIG)
    assert b"&resourceVersion=0 " in store.request_of(operation("list", stale=True))
    assert b"resourceVersion" not in store.request_of(operation("list"))


def test_a_watch_begins_after_a_revision_and_tells_objects():
    store = Kubernetes(CONFIG)
    assert b"&watch=1&resourceVersion=7 " in store.watch(7)
    event = {"type": "MODIFIED", "object": stored("ops-x-1", "v", 8)}
    assert store.events(event) == [("ops-x-1", "v", 8)]
    with pytest.raises(EOFError, match="too old"):
        store.events({"type": "ERROR", "object": {"message": "too old"}})


def test_a_watch_of_etcd_tells_its_opening_and_every_version():
    store = Etcd(CONFIG)
    created = {"result": {"created": True, "header": {"revision": "5"}}}
    assert store.events(created) == [("", None, 5)]
    kv = {"key": encode("ops-x-1"), "value": encode("v"), "mod_revision": "6"}
    assert store.events({"result": {"events": [{"kv": kv}]}}) == [("ops-x-1", "v", 6)]
    assert b'"start_revision": "6"' in store.watch(5)
    assert b"start_revision" not in store.watch(0)
