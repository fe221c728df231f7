"""`halab selftest` by an ordinary user, and a clean-up that does nothing."""

from __future__ import annotations

import json
import os
import subprocess
from types import MethodType

from home_of_labs import HALAB

from chaos.selftest.clean_up import check_clean_up
from chaos.selftest.statements import STATEMENTS
from lab.binaries.resolve import resolve
from lab.lab import Lab
from lab.spec import LabSpec
from tests.ordinary_user import as_ordinary


def test_an_ordinary_user_learns_what_can_be_believed(home):
    user = home.path / "user"
    user.mkdir()
    etcd = resolve(["etcd"], progress=print).path("etcd").parent
    argv = as_ordinary([str(HALAB), "selftest", "--json"], user, readable=[etcd])
    environment = {
        **os.environ,
        "HOME": str(user),
        "XDG_STATE_HOME": f"{user}/state",
        "XDG_CACHE_HOME": f"{user}/cache",
        "PATH": f"{etcd}:{os.environ['PATH']}",
    }
    done = subprocess.run(argv, env=environment, capture_output=True, text=True, check=False)
    print(done.stdout, done.stderr)
    verdicts = {entry["id"]: entry["verdict"] for entry in json.loads(done.stdout)["verdicts"]}
    outage = verdicts.pop("known-outage")
    assert verdicts == {name: "holds" for name in STATEMENTS if name != "known-outage"}
    assert outage == "holds" or "too busy" in done.stdout
    assert done.returncode == (0 if outage == "holds" else 5)
    assert list((user / "state" / "halab" / "labs").iterdir()) == []


def test_a_clean_up_that_does_nothing_is_noticed(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    spec = LabSpec(name="not-removed", etcd=1, masters=0, workers=1)
    lab = Lab.up(spec, owned=True, progress=print)
    down = lab.down
    try:
        monkeypatch.setattr(lab, "down", MethodType(lambda _: None, lab))
        verdict = check_clean_up(lab)
    finally:
        down()
    assert verdict.verdict == "violated"
    left = verdict.note.values["items"]
    for what in ("process", "(etcd)", "namespace net:", "namespace mnt:", "directory", "record"):
        assert what in left
