"""The rights of the probes' user: an ordinary user with the rights that it needs, and no more."""

from __future__ import annotations

from typing import Any

from lab.certificates import PROBE_USER

NAMESPACE = "halab"

OBJECTS: tuple[tuple[str, dict[str, Any]], ...] = (
    (
        "/api/v1/namespaces",
        {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE}},
    ),
    (
        f"/api/v1/namespaces/{NAMESPACE}/configmaps",
        {
            "apiVersion": "v1",
            "kind": "ConfigMap",
            "metadata": {"name": "probe"},
            "data": {"value": "0"},
        },
    ),
    (
        "/apis/rbac.authorization.k8s.io/v1/clusterroles",
        {
            "apiVersion": "rbac.authorization.k8s.io/v1",
            "kind": "ClusterRole",
            "metadata": {"name": PROBE_USER},
            "rules": [
                {
                    "apiGroups": [""],
                    "resources": ["configmaps"],
                    "verbs": ["get", "list", "create", "update", "patch", "delete", "watch"],
                },
                {"nonResourceURLs": ["/livez", "/readyz"], "verbs": ["get"]},
            ],
        },
    ),
    (
        "/apis/rbac.authorization.k8s.io/v1/clusterrolebindings",
        {
            "apiVersion": "rbac.authorization.k8s.io/v1",
            "kind": "ClusterRoleBinding",
            "metadata": {"name": PROBE_USER},
            "subjects": [
                {"kind": "User", "name": PROBE_USER, "apiGroup": "rbac.authorization.k8s.io"}
            ],
            "roleRef": {
                "kind": "ClusterRole",
                "name": PROBE_USER,
                "apiGroup": "rbac.authorization.k8s.io",
            },
        },
    ),
)
