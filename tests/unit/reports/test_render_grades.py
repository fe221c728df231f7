"""What a report says first: grades in a sentence, a colour, and a row a fault."""

from __future__ import annotations

import pytest
from made_grades import DOWN, ELECTION, GOOD, HALF, NEVER_BACK, analysed, held, trial
from made_histories import expectation, injection, trial_record
from prometheus_client.openmetrics.parser import text_string_to_metric_families

from reports.history.schema import Doubt
from reports.kinds.suite import judged_suite
from reports.locale.message import verbatim
from reports.render.grades import grade_rows, grade_sentence, tone
from reports.render.machine_formats import metrics

TITLES = {"en": "It is taken away", "zh": "把它取走"}


def run_of(*texts, **more):
    """Return a run of single failures, each with its text of good and bad requests."""
    return [fault(index, text, **more) for index, text in enumerate(texts)]


def fault(index, text, hit=("master-1/kube-apiserver",), expect=(), doubt=None):
    events = [
        held()[0],
        *injection(hit=hit, begin_s=4.0, heal_s=14.0, recovered_s=17.5),
        held()[-1],
    ]
    record = trial_record(index=index, experiment=f"kill-{index}", doubt=doubt)
    about = {"id": f"kill-{index}", "title": TITLES, "expect": list(expect)}
    return trial(text, events=events, record=record, **about)


LONGER = "." * 40 + "x." * 90 + "." * 20
QUORUM = {"hit": ("etcd-1", "etcd-2")}
NOT_MEASURED = Doubt(kind="not-measured", reason=verbatim("EOF"))
NOT_RECOVERED = Doubt(kind="not-recovered", reason=verbatim("not Ready"))


@pytest.mark.parametrize(
    ("trials", "en", "zh"),
    [
        pytest.param(
            run_of(GOOD, GOOD, HALF, LONGER, ELECTION, DOWN),
            "Of 6 single failures 2 went unnoticed, 1 cost clients 1.2 s or less, "
            "2 degraded clients for 10 to 18 s, 1 took clients down.",
            "在 6 种单点故障中，2 种没有被客户端察觉，1 种使客户端损失不超过 1.2 秒，"
            "2 种使客户端降级 10 到 18 秒，1 种使服务不可用。",
            id="every grade",
        ),
        pytest.param(
            run_of(HALF, HALF),
            "Of 2 single failures 2 degraded clients for 10 s.",
            "在 2 种单点故障中，2 种使客户端降级 10 秒。",
            id="alike",
        ),
        pytest.param(
            [*run_of(GOOD), fault(1, DOWN, **QUORUM)],
            "The one single failure went unnoticed. "
            "The one failure at several places at once took clients down.",
            "唯一的单点故障没有被客户端察觉。唯一的多处同时失效的故障使服务不可用。",
            id="a quorum beside a single failure",
        ),
        pytest.param(
            [fault(0, GOOD, **QUORUM), fault(1, DOWN, **QUORUM)],
            "Of 2 failures at several places at once 1 went unnoticed, 1 took clients down.",
            "在 2 种多处同时失效的故障中，1 种没有被客户端察觉，1 种使服务不可用。",
            id="several places",
        ),
        pytest.param(
            [fault(0, GOOD), fault(1, DOWN, doubt=NOT_MEASURED)],
            "Of 2 single failures 1 went unnoticed, 1 could not be graded.",
            "在 2 种单点故障中，1 种没有被客户端察觉，1 种无法评级。",
            id="not measured",
        ),
        pytest.param(
            [fault(0, GOOD), fault(1, HALF, doubt=NOT_RECOVERED)],
            "Of 2 single failures 1 went unnoticed, 1 degraded clients for 10 s or longer, "
            "of 1 the end was not observed: they may be worse.",
            "在 2 种单点故障中，1 种没有被客户端察觉，1 种使客户端降级 10 秒或更久，"
            "其中 1 种没有观察到结束，实际可能更差。",
            id="not recovered",
        ),
        pytest.param(
            [fault(0, GOOD, doubt=NOT_RECOVERED)],
            "The one failure went unnoticed; its end was not observed, and it may be worse.",
            "唯一的故障没有被客户端察觉；没有观察到它的结束，实际可能更差。",
            id="one that did not recover",
        ),
        pytest.param([trial({("livez", "worker-1", "new"): DOWN})], "", "", id="no clients"),
    ],
)
def test_the_headline_counts_grades(trials, en, zh):
    analysis = analysed(*trials)
    assert grade_sentence(analysis, "en") == en
    assert grade_sentence(analysis, "zh") == zh


HOLDS, VIOLATED = expectation(value=1000.0), expectation(value=-1.0)
UNKNOWN = expectation(probe="write")


@pytest.mark.parametrize(
    ("trials", "colour"),
    [
        pytest.param([fault(0, GOOD, expect=[HOLDS])], "good", id="unnoticed"),
        pytest.param([fault(0, ELECTION, expect=[HOLDS])], "good", id="a blip"),
        pytest.param([fault(0, HALF, expect=[HOLDS])], "late", id="degraded, as expected"),
        pytest.param([fault(0, DOWN, expect=[HOLDS])], "bad", id="one failure is enough"),
        pytest.param([fault(0, DOWN, expect=[HOLDS], **QUORUM)], "late", id="a quorum is lost"),
        pytest.param([fault(0, GOOD, expect=[VIOLATED])], "bad", id="violated"),
        pytest.param([fault(0, GOOD, expect=[UNKNOWN])], "late", id="unknown"),
        pytest.param(
            [fault(0, GOOD, expect=[HOLDS]), fault(1, GOOD, doubt=NOT_MEASURED)],
            "late",
            id="not graded",
        ),
    ],
)
def test_the_colour_follows_verdicts_and_grades(trials, colour):
    assert tone(analysed(*trials)) == colour


def test_the_console_says_what_clients_noticed_before_what_was_expected():
    judged = judged_suite(analysed(fault(0, HALF, expect=[HOLDS])), [])
    assert judged.texts("en") == [
        "The one single failure degraded clients for 10 s.",
        "The one expectation about one fault holds.",
    ]


def test_a_row_a_fault_has_grade_cost_and_what_was_measured():
    doubt = fault(1, DOWN, doubt=NOT_MEASURED)
    first, second = grade_rows(analysed(fault(0, NEVER_BACK), doubt), "en")
    assert (first["title"], first["grade"], first["share"]) == (TITLES["en"], "down", "none")
    assert first["lost"].startswith("≥ 8.")
    assert (second["grade"], second["lost"], second["share"]) == ("unknown", "–", "–")


def test_grades_are_a_state_set_for_openmetrics():
    analysis = analysed(fault(0, NEVER_BACK))
    text = metrics(analysis.tables["recovery"], analysis.grades).decode()
    families = {family.name: family for family in text_string_to_metric_families(text)}
    states = {it.labels["halab_grade"]: it.value for it in families["halab_grade"].samples}
    assert states == {"down": 1, "degraded": 0, "blip": 0, "unnoticed": 0}
    (upper,) = families["halab_lost_median_upper_seconds"].samples
    assert upper.value == float("inf")
    assert upper.labels["probe"] == "read"
