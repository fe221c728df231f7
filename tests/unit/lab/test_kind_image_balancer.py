"""The program that stands in for Envoy: what it makes of kind's files."""

from __future__ import annotations

import importlib.machinery
import importlib.util

import pytest

from lab.runtime.kind.image import definition

# as pkg/cluster/internal/loadbalancer/config.go of kind 0.33.0 writes them
LISTENERS = """
resources:
- "@type": type.googleapis.com/envoy.config.listener.v3.Listener
  name: listener_apiserver
  address:
    socket_address:
      address: "0.0.0.0"
      port_value: 6443
  filter_chains:
  - filters:
    - name: envoy.filters.network.tcp_proxy
"""
CLUSTERS = """
resources:
- "@type": type.googleapis.com/envoy.config.cluster.v3.Cluster
  name: kube_apiservers
  connect_timeout: 0.25s
  load_assignment:
    cluster_name: kube_apiservers
    endpoints:
    - lb_endpoints:
      - endpoint:
          address:
            socket_address:
              address: kind-control-plane
              port_value: 6443
      - endpoint:
          address:
            socket_address:
              address: kind-control-plane2
              port_value: 6444
"""


@pytest.fixture
def envoy(tmp_path):
    path = str(definition.FILES / "envoy")
    loader = importlib.machinery.SourceFileLoader("envoy", path)
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader("envoy", loader))
    loader.exec_module(module)
    module.HOME = tmp_path
    return module


def test_it_listens_and_balances_as_kind_says(envoy, tmp_path):
    (tmp_path / "lds.yaml").write_text(LISTENERS)
    (tmp_path / "cds.yaml").write_text(CLUSTERS)
    lines = [line.strip() for line in envoy.configuration().splitlines()]
    assert "bind *:6443" in lines
    assert [line for line in lines if line.startswith("server ")] == [
        "server kind-control-plane kind-control-plane:6443",
        "server kind-control-plane2 kind-control-plane2:6444",
    ]


@pytest.mark.parametrize("written", [{}, {"lds.yaml": LISTENERS}, {"cds.yaml": CLUSTERS}])
def test_it_waits_until_kind_has_written_both_files(envoy, tmp_path, written):
    for name in ("lds.yaml", "cds.yaml"):
        (tmp_path / name).write_text(written.get(name, "resources: []"))
    assert envoy.configuration() is None
