"""What the report of a proof says, in English and in Chinese."""

from __future__ import annotations

PROOF_WORDS = {
    "en": {
        "all_hold": "Nothing was lost: every acknowledged write is there, and no read went back.",
        "violated": "The store broke a promise: see below.",
        "unknown": "Too little was seen to say whether anything was lost.",
        "partial": "This proof is not complete: what follows is what was seen until then.",
        "ext4": "The members' disks lost their power for real: what had not been synced was gone.",
        "directory": "Processes were killed and the page cache kept: a process crash at most.",
        "verdicts": "Verdicts",
        "nothing-lost": "every acknowledged write is in the final history",
        "no-stale-read": "no operation went back, every read gave the newest value",
        "members-agree": "all members have one hash of all keys at one revision",
        "a-last-write": "a last write succeeds through every member",
        "figures": "Figures",
        "events": "Events",
        "holds": "holds",
        "violated_badge": "violated",
        "unknown_badge": "unknown",
        "how": (
            "Writes and linearizable reads were offered to every member on a schedule, without "
            "retries. A write without an answer may have happened; it is placed where its value "
            "was seen. The final history is what a watch from the first revision delivers."
        ),
        "repeat": "Repeat",
    },
    "zh": {
        "all_hold": "没有丢失：每个已确认的写入都在，没有读到过时的值。",
        "violated": "存储违背了承诺：见下文。",
        "unknown": "观察到的操作太少，无法判断是否有丢失。",
        "partial": "本次验证没有完成，以下是到中断为止观察到的内容。",
        "ext4": "成员的磁盘真实断电：未同步的内容全部丢失。",
        "directory": "只杀死了进程，页缓存还在：最多算进程崩溃。",
        "verdicts": "结论",
        "nothing-lost": "每个已确认的写入都在最终历史中",
        "no-stale-read": "没有操作倒退，每次读都得到最新值",
        "members-agree": "所有成员在同一 revision 上哈希一致",
        "a-last-write": "最后一次写入可以通过每个成员完成",
        "figures": "数据",
        "events": "事件",
        "holds": "成立",
        "violated_badge": "不成立",
        "unknown_badge": "未知",
        "how": (
            "按固定时间表向每个成员发送写入和线性一致读，不重试。没有得到回答的写入可能已经发生，"
            "放在它的值被看到的位置。最终历史来自从第一个 revision 开始的 watch。"
        ),
        "repeat": "重复本次验证",
    },
}
