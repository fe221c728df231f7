"""Named, bounded waits."""

from __future__ import annotations

import pytest

from lab import readiness
from lab.errors import AgentError, LabError, NotReadyError
from lab.readiness import wait_until


@pytest.fixture
def quick(monkeypatch):
    monkeypatch.setattr(readiness, "POLL_S", 0.01)


@pytest.mark.usefixtures("quick")
def test_a_wait_returns_the_seconds_it_took():
    evidence = iter(["not yet", "not yet", ""])
    assert 0.02 <= wait_until("it", lambda: next(evidence), 5) < 5


@pytest.mark.parametrize("timeout_s", [0, 0.05])
@pytest.mark.usefixtures("quick")
def test_a_wait_in_vain_names_itself_and_the_last_evidence(timeout_s):
    with pytest.raises(NotReadyError) as caught:
        wait_until("the moon", lambda: "only clouds", timeout_s)
    assert str(caught.value) == f"waited {timeout_s:g} s for the moon; last seen: only clouds"


@pytest.mark.parametrize("error", [LabError, AgentError])
@pytest.mark.usefixtures("quick")
def test_an_error_of_the_lab_counts_as_evidence(error):
    def check():
        raise error("no agent answers")

    with pytest.raises(NotReadyError, match="for the moon; last seen: no agent answers"):
        wait_until("the moon", check, 0.02)


@pytest.mark.usefixtures("quick")
def test_an_error_of_the_lab_is_survived():
    answers = iter([LabError("down"), ""])

    def check():
        answer = next(answers)
        if isinstance(answer, LabError):
            raise answer
        return answer

    assert wait_until("it", check, 5) < 5


def test_a_check_may_say_that_there_is_nothing_left_to_wait_for():
    asked = []

    def check():
        asked.append(1)
        raise NotReadyError("it ended")

    with pytest.raises(NotReadyError, match=r"^it ended$"):
        wait_until("it", check, 5)
    assert len(asked) == 1


@pytest.mark.parametrize("error", [ValueError, KeyError, KeyboardInterrupt])
def test_any_other_error_ends_the_wait_at_once(error):
    asked = []

    def check():
        asked.append(1)
        raise error("ours")

    with pytest.raises(error, match="ours"):
        wait_until("it", check, 5)
    assert len(asked) == 1
