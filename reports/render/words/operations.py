"""What the report says of operations, and of what they must show."""

from __future__ import annotations

from reports.render.words.both import Both, Catalogue

OPERATIONS: Catalogue = {
    "operations": Both("Operations", "操作的一致性"),
    "operations_of_etcd": Both(
        "Clients on another node write and read {keys} keys open loop, {rate_hz} operations a "
        "second by turns through every member, each sent once and given up after {timeout_s} s.",
        "另一节点上的客户端以开环方式读写 {keys} 个键，每秒 {rate_hz} 个操作，轮流经过每个成员；"
        "每个操作只发送一次，{timeout_s} 秒后放弃。",
    ),
    "operations_of_kubernetes": Both(
        "Clients on every worker write, read and watch {keys} ConfigMaps open loop through its "
        "own proxy, {rate_hz} operations a second together, each sent once and given up after "
        "{timeout_s} s.",
        "每个 worker 上的客户端以开环方式经各自的代理读写并 watch {keys} 个 ConfigMap，合计每秒 "
        "{rate_hz} 个操作；每个操作只发送一次，{timeout_s} 秒后放弃。",
    ),
    "operations_method": Both(
        "A write that got no answer may have happened. In the end every version that the store "
        "has is read back. Revisions order all operations; that order is held against real time, "
        "every value read, and every write acknowledged.",
        "没有得到答复的写入可能已经发生。最后读回存储中的全部版本。所有操作按 revision 排序，并与"
        "真实时间、每次读到的值以及每次确认的写入核对。",
    ),
    "real": Both(
        "A power-off is a real loss of power: what was not synced to the disk is gone.",
        "断电是真实的断电：没有同步到磁盘的数据全部丢失。",
    ),
    "crash": Both(
        "The data is in a plain folder: a power-off is a crash of the processes, and what the "
        "kernel had not yet written survives it.",
        "数据在普通目录中：断电只是进程崩溃，内核尚未写盘的数据仍会保留。",
    ),
    "lost_writes": Both("lost writes", "丢失的写入"),
    "stale_reads": Both("stale or wrong reads", "过时或错误的读取"),
    "differing_members": Both("members that differ", "不一致的成员数"),
    "last_writes": Both("last write through every member", "最后一次写入通过每个成员"),
    "rejoined_s": Both("from the heal to the same data, s", "修复后到数据一致的秒数"),
    "served_during": Both(
        "share of writes served at members not hit", "未受影响的成员处写入成功的比例"
    ),
    "served_writes": Both("served after another loss", "再次失效后仍得到服务"),
    "refused_when_strict": Both("refused", "被拒绝"),
    "accepted_when_lenient": Both("accepted", "被接受"),
    "writes_stopped": Both("writes stopped", "写入停止"),
    "watch_disorder": Both("wrong in watches", "watch 中的错误"),
    "figure": Both("figure", "数据"),
    "demand_lost_writes": Both("No acknowledged write is missing", "已确认的写入没有丢失"),
    "demand_stale_reads": Both(
        "No read goes back, none is wrong", "读取不会回退，也没有错误的读取"
    ),
    "demand_differing_members": Both(
        "All members have one revision with one hash", "所有成员的 revision 与哈希一致"
    ),
    "demand_last_writes": Both(
        "A last write succeeds through every member", "最后一次写入通过每个成员都成功"
    ),
    "demand_rejoined_s": Both(
        "A member that was hit has the same data as the others within {value} s of the heal",
        "受影响的成员在修复后 {value} 秒内与其他成员数据一致",
    ),
    "demand_served_writes": Both(
        "While {during} is in effect, the loss is tolerated: writes are served",
        "{during} 期间写入仍得到服务：能容忍该失效",
    ),
    "demand_refused_when_strict": Both(
        "etcd refuses to add a member before the lost member is removed",
        "在移除故障成员之前，etcd 拒绝加入新成员",
    ),
    "demand_accepted_when_lenient": Both(
        "etcd adds a member before the lost member is removed with --strict-reconfig-check=false",
        "使用 --strict-reconfig-check=false 时，etcd 在移除故障成员之前接受新成员",
    ),
    "demand_writes_stopped": Both(
        "After that, no write succeeds until the new member is started",
        "此后在新成员启动之前，写入都不成功",
    ),
    "demand_watch_disorder": Both(
        "Watches are told every change once and in order", "watch 按顺序、不重不漏地收到每次变更"
    ),
}
