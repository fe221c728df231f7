"""Commands that are killed in the middle, in a shell that would hurt a lab: nothing stays."""

from __future__ import annotations

import random
import subprocess

import pytest

pytestmark = pytest.mark.beside

HOSTILE = {
    **dict.fromkeys(("HTTPS_PROXY", "HTTP_PROXY"), "http://192.0.2.1:3128"),
    "ETCD_QUOTA_BACKEND_BYTES": "1000000",
    "ETCD_NAME": "mine",
    "GOMAXPROCS": "1",
    "GOGC": "10",
}
SHADOWS = ("lab", "chaos", "reports", "random", "json", "select")
CUTS = 20


def test_after_20_killed_cuts_heal_and_clean_up_leave_nothing_and_the_lab_lives(home):
    for name in SHADOWS:
        (home.path / f"{name}.py").write_text(f"raise SystemExit('{name} is shadowed')\n")
    home.environment |= HOSTILE
    home.halab("up", "one", "--etcd", "3", "--masters", "0", "--workers", "0")
    chance = random.Random(16)
    for _ in range(CUTS):
        cut = home.popen("cut", "etcd-1", "--from", "etcd", stderr=subprocess.DEVNULL)
        try:
            cut.wait(chance.uniform(0.1, 1.0))
        except subprocess.TimeoutExpired:
            cut.kill()
            cut.wait()
    home.halab("heal")
    assert home.halab("heal").stdout == "no fault was in\n"
    for node in ("etcd-1", "etcd-2", "etcd-3"):
        assert home.halab("exec", node, "--", "nft", "list", "tables").stdout == ""
        environment = home.halab("exec", node, "--", "env").stdout
        assert [name for name in HOSTILE if f"{name}=" in environment] == []
    assert home.halab("gc").stdout == "nothing was left behind\n"
    assert home.halab("status").stdout.count(" etcd up") == 3
    home.halab("down", "one")
    left = [path for path in home.registry.home.rglob("*") if path.is_file()]
    assert left == [home.registry.home / "lock"]
