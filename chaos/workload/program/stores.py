"""The requests and answers of stores, without connections.

Runs on a worker, as the workload does. Standard library only, Python 3.9 up.
"""

from __future__ import annotations

import base64
import json
from typing import Any


def encode(text: str) -> str:
    """Return text as etcd's JSON gateway wants bytes."""
    return base64.b64encode(text.encode()).decode()


def decode(text: str) -> str:
    """Return the text of bytes as the gateway writes them."""
    return base64.b64decode(text).decode()


def request(method: str, path: str, body: dict[str, Any] | None = None) -> bytes:
    """Return an HTTP/1.1 request."""
    head = method + " " + path + " HTTP/1.1\r\nHost: lab\r\n"
    if body is None:
        return (head + "\r\n").encode()
    data = json.dumps(body).encode()
    head += "Content-Type: application/json\r\nContent-Length: " + str(len(data)) + "\r\n\r\n"
    return head.encode() + data


class Etcd:
    """etcd's JSON gateway."""

    # kind of operation, and the upper end of its share of the draws
    kinds = (("write", 0.5), ("read", 1.0))
    needs_revision = False

    def __init__(self, config: dict[str, Any]) -> None:
        self.prefix = config["prefix"]

    def creations(self) -> list[str]:
        """Return the keys to create before they can be written: none."""
        return []

    def request_of(self, operation: dict[str, Any]) -> bytes:
        """Return the request for an operation."""
        body = {"key": encode(operation["key"])}
        if operation["op"] == "write":
            return request("POST", "/v3/kv/put", {**body, "value": encode(operation["value"])})
        return request("POST", "/v3/kv/range", body)

    def record_answer(self, operation: dict[str, Any], status: int, answer: dict[str, Any]) -> None:
        """Write an answer into its operation."""
        if status != 200:
            operation["error"] = str(status) + " " + str(answer.get("message", ""))
            return
        operation["revision"] = int(answer["header"]["revision"])
        if operation["op"] == "write":
            operation["mod_revision"] = operation["revision"]
        elif answer.get("kvs"):
            stored = answer["kvs"][0]
            operation["mod_revision"] = int(stored["mod_revision"])
            operation["value"] = decode(stored["value"])
        operation["outcome"] = "ok"

    def watch(self, after: int) -> bytes:
        """Return the request for a watch of all keys after a revision; 0: after the newest."""
        end = self.prefix[:-1] + chr(ord(self.prefix[-1]) + 1)
        create = {"key": encode(self.prefix), "range_end": encode(end)}
        if after:
            create["start_revision"] = str(after + 1)
        return request("POST", "/v3/watch", {"create_request": create})

    def events(self, line: dict[str, Any]) -> list[tuple[str, str | None, int]]:
        """Return key, value and revision of each event; an empty key is the begin of the watch."""
        result = line["result"]
        if result.get("created"):
            return [("", None, int(result["header"]["revision"]))]
        kvs = [event["kv"] for event in result.get("events", ())]
        return [(decode(kv["key"]), decode(kv["value"]), int(kv["mod_revision"])) for kv in kvs]


class Kubernetes:
    """ConfigMaps of one namespace: key and name are the same, and a label finds them."""

    # `stale`: a list from the cache, which may be old
    kinds = (("write", 0.5), ("read", 0.75), ("list", 0.9), ("stale", 1.0))
    # a watch after revision 0 begins with all objects, in any order
    needs_revision = True

    def __init__(self, config: dict[str, Any]) -> None:
        self.keys = [config["prefix"] + str(number) for number in range(config["keys"])]
        self.label = config["prefix"].rstrip("-")
        self.path = "/api/v1/namespaces/" + config["namespace"] + "/configmaps"
        self.selector = "?labelSelector=halab-ops%3D" + self.label

    def creations(self) -> list[str]:
        """Return the keys to create before they can be written."""
        return self.keys

    def request_of(self, operation: dict[str, Any]) -> bytes:
        """Return the request for an operation."""
        if operation["op"] == "read":
            return request("GET", self.path + "/" + operation["key"])
        if operation["op"] == "list":
            old = "&resourceVersion=0" if operation["stale"] else ""
            return request("GET", self.path + self.selector + old)
        body = {
            "apiVersion": "v1",
            "kind": "ConfigMap",
            "metadata": {"name": operation["key"], "labels": {"halab-ops": self.label}},
            "data": {"value": operation["value"]},
        }
        if operation.pop("creates", False):
            return request("POST", self.path, body)
        # without a resourceVersion the object is overwritten, and need not be read first
        return request("PUT", self.path + "/" + operation["key"], body)

    def record_answer(self, operation: dict[str, Any], status: int, answer: dict[str, Any]) -> None:
        """Write an answer into its operation."""
        if operation["op"] == "read" and status == 404:
            operation["outcome"] = "ok"
            return
        if status not in (200, 201):
            operation["error"] = str(status) + " " + str(answer.get("message", ""))
            operation["refused"] = 400 <= status < 500
            return
        operation["outcome"] = "ok"
        version = int(answer["metadata"]["resourceVersion"])
        if operation["op"] == "list":
            operation["revision"] = version
            stored = {item["metadata"]["name"]: item for item in answer.get("items") or ()}
            operation["items"] = {key: self.item(stored[key]) for key in self.keys if key in stored}
            operation["items"].update({key: [None, 0] for key in self.keys if key not in stored})
            return
        # the answer to a GET has no revision of its time
        operation["revision"] = version if operation["op"] == "write" else 0
        operation["value"], operation["mod_revision"] = self.item(answer)

    def item(self, stored: dict[str, Any]) -> list[Any]:
        """Return value and revision of an object."""
        return [stored["data"]["value"], int(stored["metadata"]["resourceVersion"])]

    def watch(self, after: int) -> bytes:
        """Return the request for a watch of all keys after a revision."""
        path = self.path + self.selector + "&watch=1&resourceVersion=" + str(after)
        return request("GET", path)

    def events(self, line: dict[str, Any]) -> list[tuple[str, str | None, int]]:
        """Return key, value and revision of each event."""
        if line["type"] == "ERROR":
            raise EOFError(line["object"].get("message"))
        value, revision = self.item(line["object"])
        return [(line["object"]["metadata"]["name"], value, revision)]


STORES: dict[str, type[Etcd] | type[Kubernetes]] = {"etcd": Etcd, "kubernetes": Kubernetes}
