"""How a cluster is made by kind, and what its log tells when it is not."""

from __future__ import annotations

import re
from collections import deque
from typing import TYPE_CHECKING

from lab.child_process import run_child
from lab.environment import tools_environment
from lab.errors import LabError, RuntimeUnavailableError
from lab.runtime.docker.connection import address
from lab.runtime.docker.containers import resource_name
from lab.runtime.kind.commands import run_in
from lab.sentence import sentence

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    import docker

# kubeadm itself waits 4 minutes for a control plane, and as long for each node that joins.
CREATE_TIMEOUT_S = 900
TAIL_LINES = 30
CONFIG, KUBECONFIG = "kind.yaml", "kind.kubeconfig"
# kind names the command that has failed, and in it the container.
FAILED_IN = re.compile(r"docker exec (?:--\S+ |-\S+ )*(?P<host>\S+) ")
# What kind prints of a step that it begins: a bullet, words, a picture.
STEP = re.compile(r"^\s*•\s+(?P<step>[ -~]+)")


def create_cluster(
    client: docker.APIClient,
    directory: Path,
    kind: Path,
    config: str,
    begun: Callable[[str], None],
) -> None:
    """Make the nodes of a cluster and join them; they remain when it fails. Raises LabError.

    `begun` is called with each step that kind begins.
    """
    (directory / CONFIG).write_text(config, encoding="utf-8")
    lines = deque[str](maxlen=TAIL_LINES)

    def take(line: str) -> None:
        lines.append(line)
        if match := STEP.match(line):
            begun(match["step"].strip())

    code = run_child(kind_argv(directory, kind), take, environment(directory))
    if code != 0:
        raise failure(client, list(lines), code)


def kind_argv(directory: Path, kind: Path) -> list[str]:
    """Return the command. Nodes that cannot be used are kept, for what their kubelet has said."""
    bounded = ["timeout", "--kill-after=5", str(CREATE_TIMEOUT_S)]
    return [
        *bounded,
        *(str(kind), "create", "cluster", "--retain"),
        *("--name", resource_name(directory)),
        *("--config", str(directory / CONFIG)),
        # never the user's own
        *("--kubeconfig", str(directory / KUBECONFIG)),
    ]


def environment(directory: Path) -> dict[str, str]:
    """Return the environment of kind, and of the docker that it calls: our daemon and network."""
    return {
        **tools_environment(),
        "DOCKER_HOST": address(),
        "KIND_EXPERIMENTAL_PROVIDER": "docker",
        "KIND_EXPERIMENTAL_DOCKER_NETWORK": resource_name(directory),
        "DOCKER_CONFIG": str(directory / "docker-config"),
    }


def failure(client: docker.APIClient, lines: Sequence[str], code: int) -> RuntimeUnavailableError:
    """Return the error: kind's last lines, and those of the kubelet that has failed."""
    hosts = [match["host"] for line in lines for match in FAILED_IN.finditer(line)]
    told = [*lines, *(kubelet_log(client, hosts[0]) if hosts else [])]
    text = "kind create cluster ended with {code}:\n{lines}"
    return RuntimeUnavailableError(
        sentence("kind-create-failed", text, code=code, lines="\n".join(told))
    )


def kubelet_log(client: docker.APIClient, host: str) -> list[str]:
    """Return the last lines of a node's kubelet, under a heading."""
    argv = ["journalctl", "--unit=kubelet", "--no-pager", "--output=cat", f"--lines={TAIL_LINES}"]
    try:
        log = run_in(client, host, argv, sentence("kind-reading", "reading {path}", path=host))
    except LabError as error:
        return [str(error)]
    return [f"kubelet of {host}:", *(line[:400] for line in log.splitlines())]
