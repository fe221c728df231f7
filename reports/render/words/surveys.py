"""What the reports of surveys say."""

from __future__ import annotations

from reports.render.words.both import Both, Catalogue

SURVEYS: Catalogue = {
    "title_tolerance": Both(
        "How many failures etcd tolerates, measured", "etcd 实际能容忍多少个成员失效（实测）"
    ),
    "statements_about": Both("{total} statements", "{total} 条陈述"),
    "table": Both("The table", "实测表"),
    "size": Both("members", "成员数"),
    "failed_at_once": Both("failed at once", "同时失效的成员数"),
    "tls": Both(
        "mutual TLS between members and with clients", "成员之间及与客户端之间均用双向 TLS"
    ),
    "no_tls": Both(
        "mutual TLS with clients, none between members", "与客户端之间用双向 TLS，成员之间不用"
    ),
    "expected": Both("expected", "文档"),
    "predicted": Both("by definition", "定义"),
    "majority": Both("majority", "多数派"),
    "tolerance": Both("tolerance", "最大容错数"),
    "legend": Both(
        "✓ a write and a linearizable read served; · neither; ? unknown; ± some cells",
        "✓ 写入和线性一致读均得到服务 · 均未得到 ? 未知 ± 部分单元格得到",
    ),
    "tolerance_meaning": Both(
        "Every cell is the worst over all faults and both kinds of choice: with the leader among "
        "the failed and without. Served: one success invoked after the fault was seen by another "
        "node, and completed before the heal.",
        "每个单元格取所有故障类型、以及 leader 失效与不失效两种情况中最差的结果。“得到服务”指：请"
        "求在另一节点确认故障之后发出，并在开始修复之前成功完成。",
    ),
    "bound": Both(
        "Not served: no success within {bound:.1f} s, three times the largest randomised "
        "election timeout, with a request every 0.1 s.",
        "“未得到服务”指：在 {bound:.1f} 秒（最大随机选举超时的三倍）内每 0.1 秒一个请求，没有一个"
        "成功。",
    ),
    "residual": Both(
        "The chance that such a cell would have been served later is at most {p:.2g} (95 % "
        "confidence, if rounds of election fail independently of one another).",
        "这样的单元格其实稍后会得到服务的概率不超过 {p:.2g}（置信度 95%，假定各轮选举的失败相互独"
        "立）。",
    ),
    "no_residual": Both(
        "How likely such a cell would have been served later cannot be said: no cell shows an "
        "election.",
        "这样的单元格稍后是否会得到服务的概率无法给出：没有单元格出现过选举。",
    ),
    "choice": Both(
        "Who fails is drawn at random from the seed, the cell and the leader; who leads is the "
        "cluster's own choice and stands in the table of cells.",
        "哪些成员失效由随机种子、单元格和 leader 决定；谁是 leader 由集群自己选出，见单元格表。",
    ),
    "title_splits": Both(
        "Which side of a split etcd serves, measured", "网络分裂后 etcd 的哪一侧仍提供服务（实测）"
    ),
    "statements": Both("Statements", "陈述"),
    "splits_meaning": Both(
        "Every side was asked at the same time, by a client that reaches all members. Served: a "
        "write and a linearizable read, invoked after other members had seen the split, and "
        "completed before the heal. A bridge is one member that hears both halves.",
        "由一个能访问所有成员的客户端同时向每一侧发出请求。“得到服务”指：写入和线性一致读在其他成"
        "员确认分裂之后发出，并在开始修复之前成功完成。“桥”指一个能同时听到两半的成员。",
    ),
    "every_split": Both("Every split", "全部分裂"),
    "groups": Both("groups", "分组"),
    "leader_on": Both("leader among", "leader 所在"),
    "sides": Both("sides", "各侧"),
    "with_bridge": Both("and a bridge", "加一个桥"),
    "bridge": Both("bridge", "桥"),
    "wrong": Both("Wrong statements, with their evidence", "不成立的陈述及其证据"),
    "undecided": Both("Not decided", "无法判定"),
    "every_cell": Both("Every cell", "全部单元格"),
    "leader": Both("leader failed", "leader 失效"),
    "who": Both("who failed", "失效的成员"),
    "after": Both("served after s", "多少秒后得到服务"),
    "by": Both("by", "由谁"),
    "back": Both("again after the heal, s", "修复后多少秒恢复"),
    "safety": Both("Nothing lost", "没有数据丢失"),
    "served": Both("served", "得到服务"),
    "not-served": Both("not served", "未得到服务"),
}
