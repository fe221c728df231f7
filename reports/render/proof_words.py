"""What the report of a proof says, in English and in Chinese."""

from __future__ import annotations

PROOF_WORDS = {
    "en": {
        "holds": "holds",
        "violated": "violated",
        "unknown": "unknown",
        "all_hold": "Proved: all {total} demands hold.",
        "some_wrong": "{violated} of {total} demands are violated.",
        "some_unknown": "{unknown} of {total} demands are not proved.",
        "partial": "This run is not complete: what follows is what was observed until then.",
        "real": "A power-off is a real loss of power: what was not synced to the disk is gone.",
        "crash": (
            "The data is in a plain folder: a power-off is a crash of the processes, and what "
            "the kernel had not yet written survives it."
        ),
        "demands": "What must hold",
        "verdict": "verdict",
        "demand": "demand",
        "evidence": "decided by",
        "nothing-lost": "No acknowledged write is missing",
        "no-read-goes-back": "No read goes back, none is wrong",
        "members-agree": "All members have one revision with one hash",
        "last-write-everywhere": "A last write succeeds through every member",
        "all-rejoin": "Who was hit has within 30 s what the others have",
        "tolerates-a-loss-again": "With the new member the loss of another is tolerated",
        "refused-when-strict": "etcd refuses to add before the lost member is removed",
        "accepted-when-not": "It takes it with --strict-reconfig-check=false",
        "writes-stop-until-the-new-member-is-there": "Then nothing is written until it is there",
        "done": "What was done",
        "figures": "Figures",
        "acknowledged": "acknowledged writes",
        "lost": "lost",
        "stale": "went back or wrong",
        "differing": "members that differ",
        "last_write": "last write through every member",
        "rejoined_s": "from the heal to the same data, s",
        "served_during": "share of writes served at members not hit",
        "tolerates_again": "served after another loss",
        "refused_when_strict": "refused",
        "accepted_when_not": "accepted",
        "writes_stopped": "writes stopped",
        "events": "Events",
        "trial": "Trial",
        "violations": "What is wrong, with the operations that show it",
        "how": "How this was shown",
        "method": (
            "Clients on another node write and read {keys} keys open loop, {rate_hz} "
            "operations a second by turns through every member, each sent once and given up after "
            "{timeout_s} s. A write that got no answer may have happened. In the end every "
            "version that the store has is read back. Revisions order all operations; that order "
            "is held against real time, every value read, and every write acknowledged."
        ),
        "repeat": "Repeat",
        "yes": "yes",
        "no": "no",
    },
    "zh": {
        "holds": "成立",
        "violated": "不成立",
        "unknown": "未知",
        "all_hold": "已证明：全部 {total} 项要求成立。",
        "some_wrong": "{total} 项要求中有 {violated} 项不成立。",
        "some_unknown": "{total} 项要求中有 {unknown} 项未能证明。",
        "partial": "本次运行没有完成，以下是到中断为止观察到的内容。",
        "real": "断电是真实的断电：没有同步到磁盘的数据全部丢失。",
        "crash": "数据在普通目录中：断电只是进程崩溃，内核尚未写盘的数据仍会保留。",
        "demands": "必须成立的要求",
        "verdict": "结论",
        "demand": "要求",
        "evidence": "依据",
        "nothing-lost": "已确认的写入没有丢失",
        "no-read-goes-back": "读取不会回退，也没有错误的读取",
        "members-agree": "所有成员的 revision 与哈希一致",
        "last-write-everywhere": "最后一次写入通过每个成员都成功",
        "all-rejoin": "受影响的成员在 30 秒内追上其他成员",
        "tolerates-a-loss-again": "新成员加入后能再次容忍另一个成员失效",
        "refused-when-strict": "在移除故障成员之前加入新成员，etcd 拒绝",
        "accepted-when-not": "使用 --strict-reconfig-check=false 时接受",
        "writes-stop-until-the-new-member-is-there": "此后在新成员启动之前无法写入",
        "done": "执行的步骤",
        "figures": "数据",
        "acknowledged": "已确认的写入",
        "lost": "丢失",
        "stale": "回退或错误",
        "differing": "不一致的成员数",
        "last_write": "最后一次写入通过每个成员",
        "rejoined_s": "修复后到数据一致的秒数",
        "served_during": "未受影响的成员处写入成功的比例",
        "tolerates_again": "再次失效后仍得到服务",
        "refused_when_strict": "被拒绝",
        "accepted_when_not": "被接受",
        "writes_stopped": "写入停止",
        "events": "事件",
        "trial": "试验",
        "violations": "不成立之处及其操作",
        "how": "证明方法",
        "method": (
            "另一节点上的客户端以开环方式读写 {keys} 个键，每秒 {rate_hz} 个操作，"
            "轮流经过每个成员；每个操作只发送一次，{timeout_s} 秒后放弃。没有得到答复的写入"
            "可能已经发生。最后读回存储中的全部版本。所有操作按 revision 排序，"
            "并与真实时间、每次读到的值以及每次确认的写入核对。"
        ),
        "repeat": "重复本次运行",
        "yes": "是",
        "no": "否",
    },
}
