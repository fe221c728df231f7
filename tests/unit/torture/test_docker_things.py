"""Whose containers and networks those of a daemon are: ours below the root, others by label."""

from __future__ import annotations

from pathlib import Path

import pytest

from lab.runtime.docker.containers import DIRECTORY
from tests.torture import docker_things

ROOT = Path("/tmp/halab-torture-x")


def labelled(directory):
    return {DIRECTORY: directory} if directory else {}


class Daemon:
    """The answers of a daemon that has one container and one network of each of three owners."""

    owners = ("/tmp/halab-torture-x/root-1/state/halab/labs/t", "/home/u/labs/lab", "")

    def containers(self, **wanted):
        return self.filtered(
            wanted,
            [
                {"Id": f"c{number}", "Names": [f"/node-{number}"], "Labels": labelled(owner)}
                for number, owner in enumerate(self.owners)
            ],
        )

    def networks(self, **wanted):
        return self.filtered(
            wanted,
            [
                {
                    "Id": f"{number}" * 64,
                    "Name": f"net-{number}",
                    "Labels": labelled(owner),
                    "IPAM": {"Config": [{"Subnet": f"10.83.{number}.0/24"}]},
                }
                for number, owner in enumerate(self.owners)
            ],
        )

    @staticmethod
    def filtered(wanted, things):
        return [thing for thing in things if "filters" not in wanted or thing["Labels"]]

    def volumes(self):
        return {"Volumes": [{"Name": "v"}]}

    def inspect_container(self, identity):
        return {
            "NetworkSettings": {"SandboxKey": f"/run/docker/netns/{identity}"},
            "GraphDriver": {"Data": {"MergedDir": f"/var/lib/docker/{identity}/merged"}},
            "Mounts": [],
        }

    def inspect_network(self, identity):
        return {"Containers": {"c": {"IPv4Address": f"10.83.{identity[0]}.2/24"}}}

    def close(self):
        pass


@pytest.fixture(autouse=True)
def daemon(monkeypatch):
    monkeypatch.setattr(docker_things, "connect", Daemon)


def test_what_is_labelled_elsewhere_is_anothers_and_what_has_no_label_is_not():
    listing = docker_things.listing(ROOT)
    assert listing.things["containers"].keys() == {"c0", "c1", "c2"}
    assert {"c1", "node-1", "/run/docker/netns/c1", "/var/lib/docker/c1/merged"} <= listing.foreign
    assert {"net-1", "br-111111111111", "10.83.1.0/24", "10.83.1.2"} <= listing.foreign
    assert not {"c0", "c2", "net-0", "net-2", "10.83.0.2", "10.83.2.2"} & listing.foreign


def test_what_is_left_of_our_labs_is_found_by_its_label():
    assert docker_things.of_labs_below(ROOT) == ["in docker: ['/node-0']", "in docker: net-0"]
    assert docker_things.of_labs_below(ROOT / "root-1") == docker_things.of_labs_below(ROOT)
    assert docker_things.of_labs_below(ROOT / "root-2") == []
