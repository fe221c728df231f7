"""What kubespray adds to kubeadm: a balancer on every worker, which the worker's kubelet uses.

It is a static pod, as there (roles/kubernetes/node/templates/manifests/nginx-proxy.manifest.j2),
without its probes: these ask a second server of kubespray's file, which labs do not have.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import yaml

from lab.runtime.kind.commands import put_files, run_in
from lab.runtime.kind.credentials import ADMIN_CONF, KUBELET_CONF
from lab.runtime.kind.discovery import MANIFESTS
from lab.sentence import sentence

if TYPE_CHECKING:
    import docker

    from lab.balancers.base import BalancerProgram, Placement
    from lab.runtime.kind.discovery import NodeContainer
    from lab.sentence import Words

FOLDER = "/etc/halab-balancer"
# The value of this class; no admission plugin fills it in for a static pod.
NODE_CRITICAL = 2000001000
SERVING_TIMEOUT_S = 90
# Arguments: the address of the apiservers. Until the balancer answers, the kubelet keeps its way.
REPOINT_KUBELET = f"""
until_s=$((SECONDS + {SERVING_TIMEOUT_S}))
until (exec 3<>/dev/tcp/$0/$1) 2>/dev/null; do
  [ $SECONDS -lt $until_s ] || {{ echo "nothing answers at $0:$1"; exit 1; }}
  sleep 0.1
done
sed -i "s#server: https://.*#server: https://$0:$1#" {KUBELET_CONF}
systemctl restart kubelet
"""
REPOINT_PROXIES = f"""
set -o pipefail
kubectl() {{ command kubectl --kubeconfig={ADMIN_CONF} --namespace=kube-system "$@"; }}
kubectl get configmap kube-proxy --output=yaml \
  | sed "s#server: https://.*#server: https://$0:$1#" | kubectl replace --filename=- &&
kubectl delete pod --selector=k8s-app=kube-proxy --wait=false
"""


def static_pod(program: BalancerProgram, image: str) -> str:
    """Return the manifest of the balancer's pod. Pure."""
    container = {
        "name": program.name,
        "image": image,
        "imagePullPolicy": "IfNotPresent",
        "command": list(program.argv),
        "workingDir": FOLDER,
        "volumeMounts": [{"name": "folder", "mountPath": FOLDER}],
    }
    pod: dict[str, Any] = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": f"{program.name}-proxy", "namespace": "kube-system"},
        "spec": {
            "hostNetwork": True,
            "dnsPolicy": "ClusterFirstWithHostNet",
            "priority": NODE_CRITICAL,
            "priorityClassName": "system-node-critical",
            "containers": [container],
            "volumes": [
                {"name": "folder", "hostPath": {"path": FOLDER, "type": "DirectoryOrCreate"}}
            ],
        },
    }
    return yaml.safe_dump(pod, sort_keys=False)


def start_balancer(
    client: docker.APIClient,
    worker: NodeContainer,
    program: BalancerProgram,
    placement: Placement,
    image: str,
) -> None:
    """Hand a worker's kubelet the balancer's pod. Raises LabError, UnfitFileError."""
    files = {
        f"{FOLDER}/{program.file}": program.text(placement, loopback=True),
        # last: the kubelet starts it as soon as it is there
        f"{MANIFESTS}/{program.name}-proxy.yaml": static_pod(program, image),
    }
    giving = sentence("kind-giving-balancer", "giving {host} its balancer", host=worker.host)
    put_files(client, worker.identity, files, giving)


def repoint_kubelet(client: docker.APIClient, worker: NodeContainer, host: str, port: int) -> None:
    """Lead a worker's kubelet to an address, once something answers there. Raises LabError."""
    argv = ["bash", "-c", REPOINT_KUBELET, host, str(port)]
    run_in(client, worker.identity, argv, _leading(f"kubelet ({worker.host})", host, port))


def repoint_proxies(client: docker.APIClient, master: NodeContainer, host: str, port: int) -> None:
    """Lead the kube-proxies of all nodes to one address, and start them again. Raises LabError."""
    argv = ["bash", "-c", REPOINT_PROXIES, host, str(port)]
    run_in(client, master.identity, argv, _leading("kube-proxy", host, port))


def _leading(what: str, host: str, port: int) -> Words:
    text = "leading {what} to {address}"
    return sentence("kind-leading", text, what=what, address=f"{host}:{port}")
