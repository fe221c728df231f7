"""What every report says."""

from __future__ import annotations

from reports.render.words.both import Both, Catalogue

COMMON: Catalogue = {
    "holds": Both("holds", "成立"),
    "violated": Both("violated", "不成立"),
    "unknown": Both("unknown", "未知"),
    "missing": Both("What is missing", "缺失的内容"),
    "interrupted": Both("interrupted", "被中断"),
    "failed": Both("failed", "失败"),
    "run": Both("Run", "运行"),
    "repeat": Both("Repeat", "重复本次运行"),
    "versions": Both("Versions", "版本"),
    "machine": Both("Machine", "机器"),
    "settings": Both("Settings", "参数"),
    "seed": Both("seed", "随机种子"),
    "runtime": Both("runtime", "运行时"),
    "missing_text": Both(
        "Nothing below rests on what is named here; a trial with a hole is unknown.",
        "以下结论都不依赖这里列出的内容；有缺口的试验一律判为未知。",
    ),
    "partial": Both(
        "This run is {status}: what follows is what was measured until then.",
        "本次运行{status}，以下是到那时为止测得的内容。",
    ),
    "complete": Both("complete", "完成"),
    "verdict": Both("verdict", "结论"),
    "fault": Both("fault", "故障"),
    "read": Both("read", "读"),
    "write": Both("write", "写"),
    "none": Both("none", "无"),
    "experiment": Both("experiment", "实验"),
    "trial": Both("trial", "试验"),
    "trials": Both("Trials", "试验"),
    "measured": Both("measured", "实测"),
    "evidence": Both("evidence", "证据"),
    "acknowledged": Both("acknowledged writes", "已确认的写入"),
    "yes": Both("yes", "是"),
    "no": Both("no", "否"),
    "title_list": Both("Runs in {directory}", "{directory} 中的运行"),
    "when": Both("started", "开始时间"),
    "status": Both("status", "状态"),
    "not_judged": Both(
        "not judged: halab analyze {directory}", "尚未判定：halab analyze {directory}"
    ),
    "no_runs": Both("no run is here", "没有运行"),
}
