"""Two nodes with a pod behind each, and a third node, as network namespaces of a PID namespace.

`near` forwards for its pod and reaches a service of `far` under an address of its own, by rules as
kube-proxy's. Cuts it off in several ways; prints, as JSON, who answered whom before, during and
after each, and whether the other rules of `near` stayed as they were.
"""

from __future__ import annotations

import ctypes
import json
import os
import socket
import subprocess
import sys
import threading
from pathlib import Path

sys.path.insert(0, sys.argv[1])

from lab.agent.dial import dial
from lab.agent.faults.power_off import RULESET
from lab.agent.nft import delete_our_tables, nft
from lab.network import cut_ruleset

CLONE_NEWNET = 0x40000000
PORT = 6443
# Of dials while something is cut, and of those that all are to be answered.
CUT_TIMEOUT_S, TIMEOUT_S = 0.6, 10.0
# A machine may be without it.
IPV6 = Path("/proc/net/if_inet6").exists()
SERVICE, SERVICE_PORT = "10.96.0.1", 443
NODES = {"near": ("10.83.2.1", "fd83::1"), "far": ("10.83.2.2", "fd83::2")}
THIRD = ("10.83.3.1", "fd83::3")
PODS = {"near": "10.244.1", "far": "10.244.2"}
SERVICE_RULES = f"""table ip kube-proxy {{
  chain prerouting {{
    type nat hook prerouting priority -100; policy accept;
    ip daddr {SERVICE} tcp dport {SERVICE_PORT} dnat to {NODES["far"][0]}:{PORT}
  }}
  chain output {{
    type nat hook output priority -100; policy accept;
    ip daddr {SERVICE} tcp dport {SERVICE_PORT} dnat to {NODES["far"][0]}:{PORT}
  }}
  chain postrouting {{
    type nat hook postrouting priority 100; policy accept;
    ip saddr {PODS["near"]}.0/24 ip daddr != 10.244.0.0/16 masquerade
  }}
}}
"""
FAR = [NODES["far"][0], NODES["far"][1]]
CUTS = {
    "all": cut_ruleset("halab_f1", FAR),
    "with the pods": cut_ruleset("halab_f1", [*FAR, f"{PODS['far']}.0/24"]),
    "other ports": cut_ruleset("halab_f1", FAR, [2379, 2380]),
    "these ports": cut_ruleset("halab_f1", FAR, [PORT]),
    "power": RULESET,
}
DIALS = {
    "near to far": ("near", NODES["far"][0], PORT),
    **({"near to far, IPv6": ("near", NODES["far"][1], PORT)} if IPV6 else {}),
    "near to the service": ("near", SERVICE, SERVICE_PORT),
    "near to the far pod": ("near", f"{PODS['far']}.2", PORT),
    "near pod to far": ("near-pod", NODES["far"][0], PORT),
    "near pod to the service": ("near-pod", SERVICE, SERVICE_PORT),
    "near pod to the far pod": ("near-pod", f"{PODS['far']}.2", PORT),
    "far to near": ("far", NODES["near"][0], PORT),
    "far to the near pod": ("far", f"{PODS['near']}.2", PORT),
    "far pod to near": ("far-pod", NODES["near"][0], PORT),
    "far pod to the near pod": ("far-pod", f"{PODS['near']}.2", PORT),
    "near to third": ("near", THIRD[0], PORT),
    "near pod to third": ("near-pod", THIRD[0], PORT),
    "third to the near pod": ("third", f"{PODS['near']}.2", PORT),
    "third to far": ("third", NODES["far"][0], PORT),
}


def run(*argv: str) -> str:
    return subprocess.run(argv, check=True, capture_output=True, text=True).stdout


def ip(lines: list[str], within: str = "") -> None:
    argv = ["ip", *(["-n", within] if within else []), "-batch", "-"]
    subprocess.run(argv, input="\n".join(lines), check=True, text=True)


def make() -> None:
    run("mount", "-t", "tmpfs", "tmpfs", "/run")
    hosts = {**NODES, "third": THIRD}
    ip([f"netns add {name}" for name in (*hosts, "near-pod", "far-pod")])
    ip(["link add br0 type bridge", "link set br0 up"])
    for name, (address, address6) in hosts.items():
        ip(
            [
                f"link add eth0 netns {name} type veth peer name {name}",
                f"link set {name} master br0 up",
            ]
        )
        inside = [f"addr add {address}/16 dev eth0"]
        inside += [f"addr add {address6}/64 dev eth0 nodad"] if IPV6 else []
        routes = [
            f"route add {pods}.0/24 via {NODES[other][0]}"
            for other, pods in PODS.items()
            if other != name
        ]
        ip(["link set lo up", *inside, "link set eth0 up", *routes], name)
    # who asks for a service needs a route to it before its address is rewritten
    ip([f"route add default via {THIRD[0]}"], "near")
    for name, pods in PODS.items():
        pod = f"{name}-pod"
        ip([f"link add pods netns {name} type veth peer name eth0 netns {pod}"])
        ip([f"addr add {pods}.1/24 dev pods", "link set pods up"], name)
        inside = [f"addr add {pods}.2/24 dev eth0", "link set eth0 up"]
        ip(["link set lo up", *inside, f"route add default via {pods}.1"], pod)
        run("ip", "netns", "exec", name, "sysctl", "-qw", "net.ipv4.ip_forward=1")


def enter(name: str) -> None:
    """Move this thread into a namespace."""
    with Path(f"/run/netns/{name}").open("rb") as handle:
        if ctypes.CDLL(None, use_errno=True).setns(handle.fileno(), CLONE_NEWNET):
            raise OSError(ctypes.get_errno(), name)


def serve(name: str) -> None:
    enter(name)
    family = socket.AF_INET6 if IPV6 else socket.AF_INET
    listener = socket.create_server(("", PORT), family=family, dualstack_ipv6=IPV6)

    def accept() -> None:
        while True:
            listener.accept()[0].close()

    threading.Thread(target=accept, daemon=True).start()


def answers(timeout_s: float = TIMEOUT_S) -> dict[str, str]:
    """Dial all side by side."""
    outcomes = {}

    def look(about: str, name: str, host: str, port: int) -> None:
        enter(name)
        outcomes[about] = dial(host, port, tls=False, timeout_s=timeout_s)

    threads = [threading.Thread(target=look, args=(about, *to)) for about, to in DIALS.items()]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return outcomes


def rules() -> str:
    return run("nft", "list", "ruleset")


def main() -> None:
    make()
    for name in (*NODES, "third", "near-pod", "far-pod"):
        thread = threading.Thread(target=serve, args=(name,))
        thread.start()
        thread.join()
    enter("near")
    nft(SERVICE_RULES)
    before, report = rules(), {"no cut": {"during": answers()}}
    for about, ruleset in CUTS.items():
        nft(ruleset)
        during = answers(CUT_TIMEOUT_S)
        delete_our_tables()
        report[about] = {"during": during, "after": answers(), "kept": rules() == before}
    print(json.dumps(report), flush=True)
    os._exit(0)


main()
