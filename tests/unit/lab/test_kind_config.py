"""The configuration of a cluster, as kind reads it."""

from __future__ import annotations

import pytest
import yaml

from lab.runtime.kind.cluster_config import cluster_config
from lab.spec import LabSpec


def config(**settings):
    spec = LabSpec(runtime="kind", **settings)
    return yaml.safe_load(cluster_config(spec, "image:tag"))


def patches(**settings):
    found = [yaml.safe_load(text) for text in config(**settings)["kubeadmConfigPatches"]]
    return {patch["kind"]: patch for patch in found}


def test_there_is_a_node_for_each_master_and_worker_masters_first():
    nodes = config(etcd=3, masters=3, workers=2)["nodes"]
    assert [node["role"] for node in nodes] == ["control-plane"] * 3 + ["worker"] * 2
    assert {node["image"] for node in nodes} == {"image:tag"}


def test_apiservers_are_reached_from_this_machine_alone():
    assert config()["networking"]["apiServerAddress"] == "127.0.0.1"


@pytest.mark.parametrize(
    ("profile", "heartbeat", "election", "snapshots", "grace"),
    [("upstream", "100", "1000", "10000", "50s"), ("kubespray", "250", "5000", "100000", "40s")],
)
def test_the_profile_reaches_etcd_and_the_controller_manager(
    profile, heartbeat, election, snapshots, grace
):
    cluster = patches(profile=profile)["ClusterConfiguration"]
    assert cluster["etcd"]["local"]["extraArgs"] == {
        "heartbeat-interval": heartbeat,
        "election-timeout": election,
        "snapshot-count": snapshots,
    }
    arguments = cluster["controllerManager"]["extraArgs"]
    assert arguments == {"node-monitor-grace-period": grace}


def test_no_patch_names_a_version_so_that_kind_fits_it_to_that_of_kubeadm():
    assert all("apiVersion" not in patch for patch in patches().values())


def test_kubelets_take_old_control_groups_and_restart_containers_without_growing_pauses():
    kubelet = patches()["KubeletConfiguration"]
    assert kubelet["failCgroupV1"] is False
    assert kubelet["crashLoopBackOff"] == {"maxContainerRestartPeriod": "1s"}
