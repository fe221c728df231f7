"""What a runtime that makes a whole cluster, and not planned nodes, needs of a lab's settings."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from lab.balancers.fitting import FittedFile


class Timeouts(Protocol):
    """The timeouts of a LabSpec's profile that a runtime may have to set."""

    @property
    def heartbeat_ms(self) -> int:
        """Of etcd."""

    @property
    def election_ms(self) -> int:
        """Of etcd."""

    @property
    def snapshot_count(self) -> int:
        """Of etcd."""

    @property
    def peer_tls(self) -> bool:
        """Whether etcd's members talk to each other by mutual TLS."""

    @property
    def node_monitor_grace_s(self) -> int:
        """How long a kubelet may be silent until its node is no longer Ready."""


class ClusterRequest(Protocol):
    """The settings of a LabSpec for a runtime whose clusters are not planned node by node."""

    @property
    def etcd(self) -> int:
        """How many members."""

    @property
    def masters(self) -> int:
        """How many masters."""

    @property
    def workers(self) -> int:
        """How many workers."""

    @property
    def stacked(self) -> bool:
        """Whether the members are on the masters."""

    @property
    def kubelets(self) -> bool:
        """Whether hollow kubelets are wanted."""

    @property
    def lb(self) -> str:
        """The mode of balancing."""

    @property
    def lb_config(self) -> FittedFile:
        """A user's own file for it."""

    @property
    def proxy_port(self) -> int:
        """The port of the balancer."""

    @property
    def disk(self) -> str:
        """What etcd's data is on: directory or ext4."""

    @property
    def lenient_etcd(self) -> int:
        """How many members accept any change of membership."""

    @property
    def attach(self) -> str:
        """The name of the cluster that exists already, "" for one that is to be made."""

    @property
    def timeouts(self) -> Timeouts:
        """Those of its profile."""
