"""A member of etcd with a history of its own, as its gateway answers."""

from __future__ import annotations

import json

from lab.clients.etcd import decode, encode


class FakeStore:
    """An endpoint. `history`: key and value of each version, None for a deletion."""

    def __init__(self, history):
        self.history = list(history)

    def request(self, _method, path, body, _timeout_s=5.0):
        return 200, {"/v3/kv/put": self._put, "/v3/kv/range": self._range}.get(path, self._hash)(
            body
        )

    def lines(self, _path, _body, _timeout_s):
        for revision, (key, value) in enumerate(self.history, 1):
            entry = {"key": encode(key), "mod_revision": str(revision)}
            if value is not None:
                entry["value"] = encode(value)
            yield json.dumps({"result": {"events": [{"kv": entry}]}})

    def _put(self, _body):
        return {"header": {"revision": str(len(self.history))}}

    def _hash(self, _body):
        return {"header": {"revision": str(len(self.history))}, "hash": 1}

    def _range(self, body):
        until = int(body.get("revision", 0)) or len(self.history)
        stored = {}
        for revision, (key, value) in enumerate(self.history[:until], 1):
            stored[key] = (value, revision)
        wanted = decode(body["key"])
        kvs = [
            {"key": encode(key), "value": encode(value), "mod_revision": str(revision)}
            for key, (value, revision) in stored.items()
            if value is not None and (key == wanted or "range_end" in body)
        ]
        return {"header": {"revision": str(len(self.history))}, "kvs": kvs}
