"""A document of somebody else's, checked on real clusters."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

DOCUMENT = Path(__file__).with_name("claims-small.yaml")


def test_a_document_is_checked_and_what_is_wrong_in_it_is_found(home, tmp_path):
    only = ("--only", "right,wrong,kept")
    ended = home.halab("claims", str(DOCUMENT), *only, "--json", code=1)
    answer = json.loads(ended.stdout)
    assert {one["id"]: one["verdict"] for one in answer["verdicts"]} == {
        "right": "holds",
        "wrong": "violated",
        "kept": "holds",
    }
    wrong = next(one for one in answer["verdicts"] if one["id"] == "wrong")
    assert "half is no majority" in wrong["remark"]
    assert "table/majority_2 2, = 1" in wrong["note"]
    run = home.path / answer["run"]
    assert not (run / "experiments" / "serving").exists(), "no claim that was asked for needs it"
    copy = shutil.copytree(run, tmp_path / "elsewhere" / "copied")
    home.halab("analyze", str(copy), "--lang", "zh", code=1)
    page = (copy / "report" / "index.html").read_text(encoding="utf-8")
    assert "一半不是多数" in page
    for link in ("table", "lossless"):
        [report] = (copy / "experiments" / link).glob("*/report/index.html")
        assert report.relative_to(copy).as_posix() in page
