"""Operations through a real proxy and a real apiserver, judged against what etcd has in the end."""

from __future__ import annotations

import random
import time
from collections import Counter

from chaos.workload.operations import Operations
from lab.lab import Lab
from lab.registry import Registry
from lab.spec import LabSpec
from reports.analysis.consistency.check import check
from reports.history import events
from reports.history.operations import frame_of
from reports.history.schema import OperationsRecord

RATE_HZ = 80.0
LENGTH_S = 4.0


def test_configmaps_are_written_read_listed_and_watched_and_all_is_there_in_the_end(tmp_path):
    spec = LabSpec(name="operations", etcd=1, masters=1, workers=2)
    lab = Lab.up(spec, owned=True, progress=print, registry=Registry(tmp_path))
    asked = OperationsRecord(store="kubernetes", rate_hz=RATE_HZ, keys=6, timeout_s=2.0)
    done, heard = [], []
    try:
        with Operations(lab, asked, random.Random(0), done.append, heard.append) as operations:
            time.sleep(LENGTH_S)
            operations.finish()
            final = operations.final_state()
    finally:
        lab.down()
    begin, sent, _ = heard
    assert isinstance(begin, events.ClientsBegin)
    requests = Counter(str(process) for process, _ in {(o.process, o.invoke_s) for o in done})
    assert sent.sent == requests
    assert {one.op for one in done} == {"write", "read", "list", "watch"}
    assert {one.via for one in done if one.op == "watch"} == {"worker-1", "worker-2"}
    assert any(one.stale for one in done)
    found = check(frame_of(done), final.versions)
    assert found.verdict == "holds", found.violations[:3]
    assert found.events > found.acknowledged
    # and it is shown to fail: one version less, one loss more
    assert len(check(frame_of(done), final.versions[:-1]).lost) == 1
    assert all(one.hash and not one.last_write for one in final.members.values())
