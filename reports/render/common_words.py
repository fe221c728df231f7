"""What every report says, in English and in Chinese."""

from __future__ import annotations

COMMON_WORDS: dict[str, dict[str, str]] = {
    "en": {
        "holds": "holds",
        "violated": "violated",
        "unknown": "unknown",
        "missing": "What is missing",
        "missing_text": "Nothing below rests on what is named here.",
        "interrupted": "interrupted",
        "failed_run": "failed",
        "run": "Run",
        "repeat": "Repeat",
        "versions": "Versions",
        "machine": "Machine",
        "settings": "Settings",
        "seed": "seed",
        "runtime": "runtime",
        "data": "The same as data",
        "made": "made on one machine by experiment; nothing in it is assumed",
        "evidence_word": "evidence",
    },
    "zh": {
        "holds": "成立",
        "violated": "不成立",
        "unknown": "未知",
        "missing": "缺失的内容",
        "missing_text": "以下结论都不依赖这里列出的内容。",
        "interrupted": "被中断",
        "failed_run": "失败",
        "run": "运行",
        "repeat": "重复本次运行",
        "versions": "版本",
        "machine": "机器",
        "settings": "参数",
        "seed": "随机种子",
        "runtime": "运行时",
        "data": "同样内容的数据文件",
        "made": "全部在一台机器上由实验得出，没有任何假设",
        "evidence_word": "证据",
    },
}
