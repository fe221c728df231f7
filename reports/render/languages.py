"""What the reports of surveys say, in English and in Chinese."""

from __future__ import annotations

WORDS = {
    "en": {
        "title": "How many failures etcd tolerates, measured",
        "all_hold": "All {holds} statements hold.",
        "some_wrong": "{violated} of {total} statements are wrong.",
        "some_unknown": "{unknown} of {total} statements could not be judged.",
        "partial": "This survey is not complete: what follows is what was measured until then.",
        "table": "The table",
        "size": "members",
        "failed": "failed at once",
        "measured": "measured",
        "tls": "mutual TLS between members and with clients",
        "no_tls": "mutual TLS with clients, none between members",
        "expected": "expected",
        "predicted": "by definition",
        "majority": "majority",
        "tolerance": "tolerance",
        "legend": "✓ a write and a linearizable read served; · neither; ? unknown; ± some cells",
        "meaning": (
            "Every cell is the worst over all faults and both kinds of choice: with the leader "
            "among the failed and without. Served: one success invoked after the fault was seen by "
            "another node, and completed before the heal."
        ),
        "bound": "Not served: no success within {bound:.1f} s, three times the largest randomised "
        "election timeout, with a request every 0.1 s.",
        "residual": "The chance that such a cell would have been served later is at most {p:.2g}"
        " (95 % confidence, if rounds of election fail independently of one another).",
        "no_residual": "How likely such a cell would have been served later cannot be said: no "
        "cell shows an election.",
        "choice": "Who fails is drawn at random from the seed, the cell and the leader; who leads "
        "is the cluster's own choice and stands in the table of cells.",
        "splits_title": "Which side of a split etcd serves, measured",
        "statements": "Statements",
        "splits_meaning": (
            "Every side was asked at the same time, by a client that reaches all members. Served: "
            "a write and a linearizable read, invoked after other members had seen the split, and "
            "completed before the heal. A bridge is one member that hears both halves."
        ),
        "every_split": "Every split",
        "groups": "groups",
        "leader_on": "leader among",
        "sides": "sides",
        "with_bridge": "and a bridge",
        "bridge": "bridge",
        "holds": "holds",
        "violated": "violated",
        "wrong": "Wrong statements, with their evidence",
        "undecided": "Not decided",
        "evidence": "Every cell",
        "fault": "fault",
        "leader": "leader failed",
        "who": "who failed",
        "write": "write",
        "read": "read",
        "after": "served after s",
        "by": "by",
        "back": "again after the heal, s",
        "acknowledged": "acknowledged writes",
        "yes": "yes",
        "no": "no",
        "safety": "Nothing lost",
        "repeat": "Repeat",
        "served": "served",
        "not-served": "not served",
        "unknown": "unknown",
    },
    "zh": {
        "title": "etcd 实际能容忍多少个成员失效（实测）",
        "all_hold": "全部 {holds} 条陈述成立。",
        "some_wrong": "{total} 条陈述中有 {violated} 条不成立。",
        "some_unknown": "{total} 条陈述中有 {unknown} 条无法判定。",
        "partial": "本次测量没有完成，以下是到中断为止测得的内容。",
        "table": "实测表",
        "size": "成员数",
        "failed": "同时失效的成员数",
        "measured": "实测",
        "tls": "成员之间及与客户端之间均用双向 TLS",
        "no_tls": "与客户端之间用双向 TLS，成员之间不用",
        "expected": "文档",
        "predicted": "定义",
        "majority": "多数派",
        "tolerance": "最大容错数",
        "legend": "✓ 写入和线性一致读均得到服务 · 均未得到 ? 未知 ± 部分单元格得到",
        "meaning": (
            "每个单元格取所有故障类型、以及 leader 失效与不失效两种情况中最差的结果。"
            "“得到服务”指：请求在另一节点确认故障之后发出，并在开始修复之前成功完成。"
        ),
        "bound": "“未得到服务”指：在 {bound:.1f} 秒（最大随机选举超时的三倍）内每 0.1 秒一个请求，"
        "没有一个成功。",
        "residual": "这样的单元格其实稍后会得到服务的概率不超过 {p:.2g}（置信度 95%，假定各轮选举的"
        "失败相互独立）。",
        "no_residual": "这样的单元格稍后是否会得到服务的概率无法给出：没有单元格出现过选举。",
        "choice": "哪些成员失效由随机种子、单元格和 leader 决定；谁是 leader 由集群自己选出，"
        "见单元格表。",
        "splits_title": "网络分裂后 etcd 的哪一侧仍提供服务（实测）",
        "statements": "陈述",
        "splits_meaning": (
            "由一个能访问所有成员的客户端同时向每一侧发出请求。“得到服务”指：写入和线性一致读在其他成员"
            "确认分裂之后发出，并在开始修复之前成功完成。“桥”指一个能同时听到两半的成员。"
        ),
        "every_split": "全部分裂",
        "groups": "分组",
        "leader_on": "leader 所在",
        "sides": "各侧",
        "with_bridge": "加一个桥",
        "bridge": "桥",
        "holds": "成立",
        "violated": "不成立",
        "wrong": "不成立的陈述及其证据",
        "undecided": "无法判定",
        "evidence": "全部单元格",
        "fault": "故障",
        "leader": "leader 失效",
        "who": "失效的成员",
        "write": "写",
        "read": "读",
        "after": "多少秒后得到服务",
        "by": "由谁",
        "back": "修复后多少秒恢复",
        "acknowledged": "已确认的写入",
        "yes": "是",
        "no": "否",
        "safety": "没有数据丢失",
        "repeat": "重复本次测量",
        "served": "得到服务",
        "not-served": "未得到服务",
        "unknown": "未知",
    },
}
