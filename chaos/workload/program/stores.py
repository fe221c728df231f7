"""How stores are asked and what they answer: requests and answers, no connections.

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
    """Return the text that the gateway gave as bytes."""
    return base64.b64decode(text).decode()


def request(method: str, path: str, body: dict[str, Any] | None = None) -> bytes:
    """Return a request of HTTP/1.1."""
    head = method + " " + path + " HTTP/1.1\r\nHost: lab\r\n"
    if body is None:
        return (head + "\r\n").encode()
    data = json.dumps(body).encode()
    head += "Content-Type: application/json\r\nContent-Length: " + str(len(data)) + "\r\n\r\n"
    return head.encode() + data


class Etcd:
    """etcd's JSON gateway."""

    kinds = (("write", 0.5), ("read", 1.0))
    needs_revision = False

    def __init__(self, config: dict[str, Any]) -> None:
        self.prefix = config["prefix"]

    def creations(self) -> list[str]:
        """Return the keys that must be made before they can be written: none."""
        return []

    def ask(self, done: dict[str, Any]) -> bytes:
        """Return the request for an operation."""
        body = {"key": encode(done["key"])}
        if done["op"] == "write":
            return request("POST", "/v3/kv/put", {**body, "value": encode(done["value"])})
        return request("POST", "/v3/kv/range", body)

    def note(self, done: dict[str, Any], status: int, answer: dict[str, Any]) -> None:
        """Note what an answer says."""
        if status != 200:
            done["error"] = str(status) + " " + str(answer.get("message", ""))
            return
        done["revision"] = int(answer["header"]["revision"])
        if done["op"] == "write":
            done["mod_revision"] = done["revision"]
        elif answer.get("kvs"):
            found = answer["kvs"][0]
            done["mod_revision"] = int(found["mod_revision"])
            done["value"] = decode(found["value"])
        done["outcome"] = "ok"

    def watch(self, after: int) -> bytes:
        """Return the request for a watch of all keys after a revision; 0 is the present one."""
        end = self.prefix[:-1] + chr(ord(self.prefix[-1]) + 1)
        create = {"key": encode(self.prefix), "range_end": encode(end)}
        if after:
            create["start_revision"] = str(after + 1)
        return request("POST", "/v3/watch", {"create_request": create})

    def events(self, line: dict[str, Any]) -> list[tuple[str, str | None, int]]:
        """Return key, value and revision of what a watch tells; without a key: its opening."""
        result = line["result"]
        if result.get("created"):
            return [("", None, int(result["header"]["revision"]))]
        kvs = [one["kv"] for one in result.get("events", ())]
        return [(decode(kv["key"]), decode(kv["value"]), int(kv["mod_revision"])) for kv in kvs]


class Kubernetes:
    """ConfigMaps of one namespace: key and name are the same, and a label finds them."""

    # the last lists are from a cache, and may be old
    kinds = (("write", 0.5), ("read", 0.75), ("list", 0.9), ("stale", 1.0))
    # a watch after revision 0 begins with what is there, in any order
    needs_revision = True

    def __init__(self, config: dict[str, Any]) -> None:
        self.keys = [config["prefix"] + str(number) for number in range(config["keys"])]
        self.label = config["prefix"].rstrip("-")
        self.path = "/api/v1/namespaces/" + config["namespace"] + "/configmaps"
        self.selector = "?labelSelector=halab-ops%3D" + self.label

    def creations(self) -> list[str]:
        """Return the keys that must be made before they can be written."""
        return self.keys

    def ask(self, done: dict[str, Any]) -> bytes:
        """Return the request for an operation."""
        if done["op"] == "read":
            return request("GET", self.path + "/" + done["key"])
        if done["op"] == "list":
            old = "&resourceVersion=0" if done["stale"] else ""
            return request("GET", self.path + self.selector + old)
        body = {
            "apiVersion": "v1",
            "kind": "ConfigMap",
            "metadata": {"name": done["key"], "labels": {"halab-ops": self.label}},
            "data": {"value": done["value"]},
        }
        if done.pop("creates", False):
            return request("POST", self.path, body)
        # without a resourceVersion: whatever is there is overwritten, nothing is read before
        return request("PUT", self.path + "/" + done["key"], body)

    def note(self, done: dict[str, Any], status: int, answer: dict[str, Any]) -> None:
        """Note what an answer says."""
        if done["op"] == "read" and status == 404:
            done["outcome"] = "ok"
            return
        if status not in (200, 201):
            done["error"] = str(status) + " " + str(answer.get("message", ""))
            done["refused"] = 400 <= status < 500
            return
        done["outcome"] = "ok"
        version = int(answer["metadata"]["resourceVersion"])
        if done["op"] == "list":
            done["revision"] = version
            there = {one["metadata"]["name"]: one for one in answer.get("items") or ()}
            done["items"] = {key: self.item(there[key]) for key in self.keys if key in there}
            done["items"].update({key: [None, 0] for key in self.keys if key not in there})
            return
        # a GET does not say when it was served
        done["revision"] = version if done["op"] == "write" else 0
        done["value"], done["mod_revision"] = self.item(answer)

    def item(self, found: dict[str, Any]) -> list[Any]:
        """Return value and revision of an object."""
        return [found["data"]["value"], int(found["metadata"]["resourceVersion"])]

    def watch(self, after: int) -> bytes:
        """Return the request for a watch of all keys after a revision."""
        path = self.path + self.selector + "&watch=1&resourceVersion=" + str(after)
        return request("GET", path)

    def events(self, line: dict[str, Any]) -> list[tuple[str, str | None, int]]:
        """Return key, value and revision of what a watch tells."""
        if line["type"] == "ERROR":
            raise EOFError(line["object"].get("message"))
        value, revision = self.item(line["object"])
        return [(line["object"]["metadata"]["name"], value, revision)]


STORES: dict[str, type[Etcd] | type[Kubernetes]] = {"etcd": Etcd, "kubernetes": Kubernetes}
