"""The sentences that open a report."""

from __future__ import annotations

from made_analyses import EXPECT, STEPS, analysis_of
from made_histories import events_of, injection

from reports.history.events import Recovered
from reports.render.headline import headline, worst_sentence


def test_a_run_in_which_all_holds_says_so():
    assert headline(analysis_of(expect=EXPECT[:1])) == "The one expectation about one fault holds."


def test_the_worst_interruption_is_named_with_its_injection():
    text = "." * 75 + "xxx" + "." * 12
    cut = injection("cut", hit=["etcd-2"], begin_s=7.0, heal_s=8.0, recovered_s=8.5)
    late = [*events_of(end_s=9.0)[:-1], Recovered(4.5, "kill"), *cut, events_of(end_s=9.0)[-1]]
    assert "(It is killed: cut)" in worst_sentence(analysis_of(text, late, steps=STEPS[:2]), "en")
    assert "(It is killed)" in worst_sentence(analysis_of(), "en")
