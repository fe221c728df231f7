"""What a user asks for: the size of a lab and the timeouts it runs with."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationInfo, field_validator, model_validator

from lab.balancers.fitting import FittedFile
from lab.balancers.registry import balancer_of
from lab.directories import LAB_NAME
from lab.runtime.drivers import driver_of

LabName = Annotated[str, Field(pattern=f"^{LAB_NAME}$")]


class Profile(BaseModel):
    """A named set of timeouts, those of etcd in milliseconds as it takes them.

    node_monitor_grace_s: how long a kubelet may be silent until its node is no longer Ready.
    peer_tls: whether etcd members talk to each other by mutual TLS; to clients they always do.
    etcd_environment: what etcd members are started with, `NAME=value` each.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    heartbeat_ms: int
    election_ms: int
    snapshot_count: int
    node_monitor_grace_s: int = 50
    peer_tls: bool = True
    etcd_environment: tuple[str, ...] = ()


PROFILES = {
    # etcd's own defaults (server/embed/config.go), and Kubernetes' since 1.32.
    "upstream": Profile(heartbeat_ms=100, election_ms=1000, snapshot_count=10_000),
    # kubespray roles/etcd/defaults/main.yml and docs/operations/kubernetes-reliability.md.
    "kubespray": Profile(
        heartbeat_ms=250, election_ms=5000, snapshot_count=100_000, node_monitor_grace_s=40
    ),
    # For tables of many small clusters, with ninety elections a minute on few cores. TLS handshakes
    # between members were a quarter of all work, and a majority does not depend on them. One thread
    # a member saves a sixth of the work, less garbage collection a quarter of the time of a start.
    # Shorter election timeouts cost more in heartbeats than they save in waiting.
    "brisk": Profile(
        heartbeat_ms=70,
        election_ms=350,
        snapshot_count=10_000,
        peer_tls=False,
        etcd_environment=("GOMAXPROCS=1", "GOGC=400"),
    ),
}


class LabSpec(BaseModel):
    """The cluster that was asked for. Sizes are numbers of nodes.

    Without masters it is etcd alone, and its workers are nothing but clients. `disk: ext4` gives
    each etcd member a file system of its own, which can lose its power for real.
    `lenient_etcd`: how many members, the last ones, accept any change of membership.
    With `kubelets` every master and worker runs a hollow kubelet and a hollow kube-proxy.
    `runtime` is how the nodes are made (lab/runtime/drivers.py). `lb` is what stands between
    workers and masters (a file of lab/balancers/modes), `lb_config` a user's own file for it:
    given as its text, kept as what of it is run. `lb_server` names the server or section of the
    file that leads to the apiservers, where it has several. `attach`: the name of a cluster that
    exists already, which the other settings describe; without the same name as `consent` nothing
    is done to it.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: LabName = "lab"
    runtime: str = "netns"
    etcd: int = Field(default=3, ge=1, le=9)
    masters: int = Field(default=3, ge=0, le=9)
    workers: int = Field(default=2, ge=0, le=50)
    stacked: bool = False
    profile: Literal["upstream", "kubespray", "brisk"] = "upstream"
    proxy_port: int = Field(default=6443, ge=1, le=32767)
    kubelets: bool = False
    lb: str = "nginx"
    lb_server: str = ""
    lb_config: FittedFile = FittedFile()
    disk: Literal["directory", "ext4"] = "directory"
    lenient_etcd: int = Field(default=0, ge=0, le=9)
    attach: str = ""
    consent: str = ""

    @field_validator("runtime")
    @classmethod
    def _runtime_is_known(cls, runtime: str) -> str:
        driver_of(runtime)
        return runtime

    @field_validator("stacked", "kubelets")
    @classmethod
    def _needs_masters(cls, wanted: bool, info: ValidationInfo) -> bool:
        if wanted and info.data.get("masters") == 0:
            reasons = {
                "stacked": "etcd members that are stacked on masters need masters",
                "kubelets": "kubelets register their nodes with an apiserver and need masters",
            }
            raise ValueError(reasons[str(info.field_name)])
        return wanted

    @field_validator("lb")
    @classmethod
    def _balancers_need_masters(cls, lb: str, info: ValidationInfo) -> str:
        balancer_of(lb)
        if lb != "nginx" and info.data.get("masters") == 0:
            raise ValueError("without masters there is nothing to balance")
        return lb

    @field_validator("lb_config", mode="before")
    @classmethod
    def _the_users_file_fits(cls, given: object, info: ValidationInfo) -> object:
        """Fit a file. One that was fitted before is fitted again: its text may be anybody's."""
        if not given or not {"lb", "masters", "lb_server"} <= info.data.keys():
            return FittedFile()
        balancer, masters = balancer_of(info.data["lb"]), info.data["masters"]
        if isinstance(given, str):
            if "\n" not in given and given.endswith((".conf", ".cfg")):
                raise ValueError("lb_config takes the text of a file, --lb-config its path")
            fitted = balancer.adopt(given, masters, info.data["lb_server"])
            return FittedFile(text=fitted.text, remarks=fitted.remarks)
        before = FittedFile.model_validate(given)
        if not before:
            return before
        fitted = balancer.adopt(before.text, masters, "")
        return FittedFile(text=fitted.text, remarks=before.remarks)

    @field_validator("consent")
    @classmethod
    def _consent_names_the_cluster(cls, consent: str, info: ValidationInfo) -> str:
        cluster = info.data.get("attach", "")
        if consent and consent != cluster:
            raise ValueError(f"it names {consent}, and the cluster is {cluster or 'our own'}")
        return consent

    @model_validator(mode="after")
    def _can_be_made(self) -> Self:
        """Refuse what the runtime never makes. Raises ValueError."""
        driver_of(self.runtime).expected(self)
        return self

    @property
    def timeouts(self) -> Profile:
        """The profile's timeouts."""
        return PROFILES[self.profile]
