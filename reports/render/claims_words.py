"""What the report of checked claims says, in English and in Chinese."""

from __future__ import annotations

CLAIMS_WORDS = {
    "en": {
        "title": "{title}, checked claim by claim",
        "all_hold": "All {total} statements hold.",
        "some_wrong": "{violated} of {total} statements do not hold as they stand; {holds} do.",
        "none_wrong": "{holds} of {total} statements hold.",
        "some_unknown": " {unknown} could not be judged.",
        "partial": "This check is not complete: what follows is what was measured until then.",
        "claims": "The statements",
        "says": "the document says",
        "verdict": "verdict",
        "figure": "decided by",
        "evidence": "evidence",
        "run": "run",
        "holds": "holds",
        "violated": "violated",
        "unknown": "unknown",
        "checks": "every check",
        "measured": "measured",
        "wanted": "wanted",
        "source": "where it stands",
        "meaning": (
            "Every verdict comes from real etcd, kube-apiserver, kubelets and balancers. A "
            "statement holds when each of its checks does; unknown means that the evidence was "
            "too thin, and is never a pass. One trial of each experiment shows what can happen, "
            "not how often."
        ),
        "experiments": "The experiments",
        "took": "took, s",
        "not_run": "was not run",
        "repeat": "Repeat",
        "seed": "seed",
    },
    "zh": {
        "title": "{title}：逐条实测",
        "all_hold": "全部 {total} 条陈述成立。",
        "some_wrong": "{total} 条陈述中有 {violated} 条与实测不符，{holds} 条成立。",
        "none_wrong": "{total} 条陈述中有 {holds} 条成立。",
        "some_unknown": "{unknown} 条无法判定。",
        "partial": "本次检查没有完成，以下是到中断为止测得的内容。",
        "claims": "陈述",
        "says": "文档所述",
        "verdict": "结论",
        "figure": "依据",
        "evidence": "证据",
        "run": "运行",
        "holds": "成立",
        "violated": "不成立",
        "unknown": "未知",
        "checks": "全部检查",
        "measured": "实测",
        "wanted": "要求",
        "source": "出处",
        "meaning": (
            "每个结论都来自真实的 etcd、kube-apiserver、kubelet 和负载均衡器。"
            "一条陈述的每项检查都满足时才算成立；“未知”表示证据不足，绝不当作通过。"
            "每个实验只做一次，说明可能发生什么，不说明发生的频率。"
        ),
        "experiments": "实验",
        "took": "用时，秒",
        "not_run": "没有运行",
        "repeat": "重复本次检查",
        "seed": "随机种子",
    },
}
