"""A lab as an object: its channels to agents."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace

from lab.lab import Lab
from lab.registry import LabRecord, Registry
from lab.spec import LabSpec


class Opening:
    """A runtime whose channels are opened by all threads at once."""

    def __init__(self, threads):
        self.together = threading.Barrier(threads)
        self.opened = []

    def channel(self, _node):
        self.together.wait(5)
        self.opened.append(SimpleNamespace(closed=False))
        self.opened[-1].close = lambda channel=self.opened[-1]: setattr(channel, "closed", True)
        return self.opened[-1]


def test_threads_that_ask_for_one_agent_at_once_share_it_and_leave_no_channel_open(tmp_path):
    runtime = Opening(4)
    lab = Lab(LabRecord("lab", LabSpec()), Registry(Path(tmp_path)), runtime)
    with ThreadPoolExecutor(4) as pool:
        clients = list(pool.map(lambda _: lab.agent("etcd-1"), range(4)))
    assert len(set(map(id, clients))) == 1
    assert len(runtime.opened) == 4
    assert [channel.closed for channel in runtime.opened].count(False) == 1
