"""Makes the network of a lab, in a range of addresses that nobody has."""

from __future__ import annotations

from typing import TYPE_CHECKING

import docker
from docker.types import IPAMConfig, IPAMPool

from lab.runtime.docker import networks
from lab.runtime.docker.connection import sdk_errors
from lab.runtime.docker.node_errors import no_free_range, no_network
from lab.sentence import sentence

if TYPE_CHECKING:
    from collections.abc import Mapping


def reserve_range(
    client: docker.APIClient, network: str, labels: Mapping[str, str], *, outside: bool
) -> str:
    """Make a network and return its range of addresses. Raises LabError.

    `outside`: whether what leaves the network gets answers.
    """
    with sdk_errors(sentence("listing-networks", "listing the networks")):
        taken = networks.ranges_of_docker(client.networks()) | networks.ranges_of_host()
    refusal = ""
    for candidate in networks.free_ranges(taken):
        subnet = str(candidate)
        try:
            client.create_network(
                network,
                driver="bridge",
                check_duplicate=True,
                labels=dict(labels),
                options={"com.docker.network.bridge.enable_ip_masquerade": str(outside).lower()},
                ipam=IPAMConfig(
                    pool_configs=[IPAMPool(subnet=subnet, gateway=networks.gateway(subnet))]
                ),
            )
        except docker.errors.APIError as error:
            refusal = str(error.explanation)
            if "overlap" not in refusal:  # else another lab was quicker
                raise no_network(refusal) from error
        else:
            return subnet
    raise no_free_range(refusal)
