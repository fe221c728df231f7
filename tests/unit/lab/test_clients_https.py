"""HTTPS requests through the relay of an agent."""

from __future__ import annotations

import pytest
from connections import free_port, listening, say_nothing

from lab.clients.https import HttpsEndpoint
from lab.errors import LabError


def test_an_endpoint_asks_as_a_user_through_the_relay(client, speak_tls, pki):
    with listening(speak_tls) as port:
        answer = HttpsEndpoint(client.relay, "127.0.0.1", port, pki, "probe").request(
            "GET", "/livez"
        )
    assert answer == (200, {"user": "probe", "line": "GET /livez HTTP/1.1"})


def test_an_endpoint_that_says_nothing_is_a_lab_error_in_time(client, pki):
    with listening(say_nothing) as port:
        endpoint = HttpsEndpoint(client.relay, "127.0.0.1", port, pki, "probe")
        with pytest.raises(LabError, match=f"GET https://127.0.0.1:{port}/livez: .*timed out"):
            endpoint.request("GET", "/livez", timeout_s=0.2)


def test_an_endpoint_that_is_refused_is_a_lab_error(client, pki):
    with pytest.raises(LabError, match="refused"):
        HttpsEndpoint(client.relay, "127.0.0.1", free_port(), pki, "probe").request("GET", "/livez")
