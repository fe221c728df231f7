"""What a user may have in the environment that would change what we start."""

from __future__ import annotations

HOSTILE = {
    **dict.fromkeys(("HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY"), "http://192.0.2.1:3128"),
    "ETCD_QUOTA_BACKEND_BYTES": "1000000",
    "ETCD_NAME": "mine",
    "GOMAXPROCS": "1",
    "GOGC": "10",
    "GOFLAGS": "-mod=mod",
    "GOARCH": "mips",
    "GOEXPERIMENT": "none",
    "LD_PRELOAD": "",
    "KUBECONFIG": "/nowhere",
    "DEBOOTSTRAP_DIR": "/nowhere",
}
