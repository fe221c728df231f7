"""What is written of a trial, and what becomes of it on a full disk."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from chaos.run.recorder import TrialRecorder
from reports.history.events import ProbingEnd
from reports.history.samples import Sample


@pytest.fixture
def disk():
    """A history that writes while there is `room`."""
    disk = SimpleNamespace(room=99, written=[])

    def write(line):
        if disk.room == 0:
            raise OSError(28, "No space left on device")
        disk.room -= 1
        disk.written.append(line)

    disk.event = disk.sample = disk.operation = write
    return disk


@pytest.fixture
def recorder(disk):
    made = TrialRecorder(disk)
    made.begin(0.0)
    return made


SAMPLE = Sample("read", "worker-1", "new", 1.0, 1.0, 1.1, "ok", 200, "", "", 1)


def test_what_belongs_to_the_trial_is_written(recorder, disk):
    recorder.event(ProbingEnd(1.0))
    recorder.sample(SAMPLE)
    recorder.check()
    assert disk.written == [ProbingEnd(1.0), SAMPLE]


def test_a_full_disk_ends_no_thread_that_observes_and_is_an_error_of_the_trial(recorder, disk):
    disk.room = 1
    for _ in range(3):
        recorder.sample(SAMPLE)
    disk.room = 99
    recorder.event(ProbingEnd(1.0))
    assert disk.written == [SAMPLE], "nothing follows what is missing"
    with pytest.raises(OSError, match="No space left"):
        recorder.check()
