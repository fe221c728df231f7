"""What the report of a suite says of the whole run."""

from __future__ import annotations

from reports.render.words.both import Both, Catalogue

SUITE: Catalogue = {
    "title_suite": Both("HA report: {name}", "高可用测试报告：{name}"),
    "nothing": Both("Nothing was judged.", "没有可判定的内容。"),
    "observed_nothing": Both("Nothing was measured of {url}.", "没有测到 {url} 的任何结果。"),
    "observed_good": Both(
        "All {total} requests to {url} were good.", "发往 {url} 的 {total} 个请求全部成功。"
    ),
    "observed": Both(
        "{good} of {total} requests to {url} were good, on {connection} connections {share}; the "
        "longest outage, on {longest} connections, was {bracket} s.",
        "发往 {url} 的 {total} 个请求中 {good} 个成功，{connection}上为 {share}；最长中断（"
        "{longest}）为 {bracket} 秒。",
    ),
    "observed_lab": Both(
        "Requests to {url} at {address}; nothing was broken.",
        "请求发往 {url}（{address}）；没有注入任何故障。",
    ),
    "some_wrong": Both(
        "{violated} of {about} did not hold{rest}.", "{about}中有 {violated} 项不成立{rest}。"
    ),
    "rest_unknown": Both(", {unknown} could not be judged", "，{unknown} 项无法判定"),
    "some_unknown": Both(
        "{unknown} of {about} could not be judged; none was seen violated.",
        "{about}中有 {unknown} 项无法判定，没有发现不成立的。",
    ),
    "all_hold": Both("All {about} hold.", "{about}全部成立。"),
    "one_holds": Both(
        "The one expectation about one fault holds.", "关于 1 种故障的 1 项预期成立。"
    ),
    "about": Both(
        "{total} {expectations} about {faults} {fault_noun}",
        "关于 {faults} 种故障的 {total} 项预期",
    ),
    "expectation": Both("expectation", "预期"),
    "expectations_noun": Both("expectations", ""),
    "fault_many": Both("faults", ""),
    "worst": Both(
        "The longest interruption that a client saw: {probe} on {connection} connections "
        "{failed} ({title}).",
        "客户端遇到的最长中断：{connection}连接上的{probe}{failed}（{title}）。",
    ),
    "failed_for": Both("failed for {bracket} s", "连续失败 {bracket} 秒"),
    "failed_open": Both(
        "failed for at least {lower} s, and had not come back when the trial ended",
        "连续失败至少 {lower} 秒，到试验结束仍未恢复",
    ),
    "no_interruption": Both(
        "No read or write was interrupted by any fault.", "任何故障都没有中断读写。"
    ),
    "lab": Both(
        "{etcd} etcd members{stacked}, {masters} masters, {workers} workers {balancing}; "
        "timeouts of profile {profile}.",
        "{etcd} 个 etcd 成员{stacked}、{masters} 个 master、{workers} 个 worker，{balancing}；超"
        "时参数采用 {profile}。",
    ),
    "stacked": Both(" on the masters", "（位于 master 上）"),
    "few": Both(
        "Some of these faults were tried fewer than 10 times: what is said about them shows what "
        "can happen, not how often. {option} says more.",
        "部分故障的试验少于 10 次：结论说明可能发生什么，不说明发生的频率。使用 {option} 可以得到"
        "更多信息。",
    ),
    "nav_costs": Both("Costs", "代价"),
    "nav_outages": Both("Outages", "中断"),
    "nav_method": Both("Method", "方法"),
    "lost_samples": Both(
        "{lost} scheduled probes of {probe} on {connection} connections from {worker} were not "
        "recorded, from {from_s} s to {to_s} s of trial {trial}",
        "试验 {trial} 的 {from_s} 秒到 {to_s} 秒之间，{worker} 经{connection}连接的{probe}有 "
        "{lost} 个计划中的探测没有记录",
    ),
    "more_missing": Both("and {count} more", "另有 {count} 项"),
    "costs": Both("What each fault costs", "每种故障的代价"),
    "costs_text": Both(
        "Seconds, seen through the proxies of the workers, the worst worker. First line: the "
        "longest outage, requests that failed one after the other, as the bracket that contains "
        "the true span. Second line: how many requests were good while the fault was in, and "
        "when the last worker was all good again, counted from the beginning of the heal.",
        "单位为秒，经各 worker 的代理观察，取最差的 worker。第一行：最长中断，即连续失败的请求，"
        "以包含真实时长的区间表示。第二行：故障期间成功请求的比例，以及从开始修复算起最后一个 "
        "worker 完全恢复的时间。",
    ),
    "reads": Both("reads", "读"),
    "writes": Both("writes", "写"),
    "new": Both("new", "新建"),
    "reused": Both("reused", "复用"),
    "direct": Both("direct", "直连"),
    "connections": Both("{connection} connections", "{connection}连接"),
    "share_good": Both("{share} good", "{share} 成功"),
    "good_again": Both("all good {seconds} s after the heal", "修复后 {seconds} 秒全部恢复"),
    "outages": Both("How long the outages were", "中断有多长"),
    "outages_text": Both(
        "One row a fault, kind of request and connection: the longest outage of each trial, at "
        "the worst worker. A bar is the bracket that contains the true span; the trials of a row "
        "lie on top of each other, the shortest at the bottom, so that a row reads as a "
        "distribution. An arrow: no good request was seen until the end (censored). A ring at "
        "the left: no outage. The mark is the median's bracket, where there are six trials.",
        "每种故障、请求和连接占一行：各次试验中最差 worker 的最长中断。横条是包含真实时长的区间；"
        "同一行的试验由短到长自下而上排列，因此一行就是一个分布。箭头：直到结束都没有成功的请求（"
        "删失）。左侧的圆圈：没有中断。有六次以上试验时，竖线标出中位数的区间。",
    ),
    "outages_axis": Both("longest outage of a trial, seconds", "一次试验的最长中断，秒"),
    "no_outages": Both("no trial has an outage to draw", "没有可以绘制的中断"),
    "verdicts": Both("Expectations", "预期"),
    "verdicts_text": Both(
        "They were written down before the run. Holds and violated are shown by the figure; "
        "unknown means that the evidence was too thin, and is never a pass.",
        "这些预期在运行之前写下。成立与不成立由数据决定；未知表示证据不足，绝不当作通过。",
    ),
    "decided_by": Both("decided by", "依据（原文）"),
    "why_this_bound": Both("why this bound", "界限的由来"),
    "recovery": Both("Recovery", "恢复"),
    "recovery_text": Both(
        "Seconds, medians over n trials, the worst of all workers in each. From “first error” to "
        "“all good” they count from the injection, “after heal” from the beginning of the heal. "
        "– : was not seen, or there was nothing to recover from.",
        "单位为秒，取 n 次试验的中位数，每次取最差的 worker。“首次错误”到“全部恢复”从注入算起，“"
        "修复后”从开始修复算起。– ：没有观察到，或没有需要恢复的。",
    ),
    "probe": Both("probe", "请求"),
    "conn.": Both("conn.", "连接"),
    "n": Both("n", "n"),
    "outage s": Both("outage s", "中断 秒"),
    "degraded s": Both("degraded s", "降级 秒"),
    "good inside": Both("good inside", "降级内成功"),
    "good in fault": Both("good in fault", "故障内成功"),
    "availability": Both("availability", "可用率"),
    "first error": Both("first error", "首次错误"),
    "new leader": Both("new leader", "新 leader"),
    "first success": Both("first success", "首次成功"),
    "all good": Both("all good", "全部恢复"),
    "after heal": Both("after heal", "修复后"),
    "states": Both("Nodes and leases", "节点与租约"),
    "states_text": Both(
        "What the masters say, asked directly twice a second: whether every node is Ready, and "
        "whether each lease was renewed within its duration. Seconds, medians over n trials, the "
        "worst node; “longest failure” is the longest time in which the state was not met, “share "
        "met in fault” the share of answers in which it was, “after heal” the time until it was "
        "met for good.",
        "每秒两次直接询问各 master：节点是否 Ready，租约是否在有效期内续租。单位为秒，取 n 次试验"
        "的中位数和最差的节点；“最长不满足”是状态不满足的最长时间，“故障内满足比例”是"
        "故障期间满足的答复比例，“修复后”直到最终满足为止。",
    ),
    "state": Both("state", "状态"),
    "longest failure s": Both("longest failure s", "最长不满足 秒"),
    "share met in fault": Both("share met in fault", "故障内满足比例"),
    "table_consistency": Both("Was anything lost, stale or out of order", "是否有丢失、过时或乱序"),
    "table_violations": Both("The operations that show it", "作为证据的操作"),
    "own_words": Both("", "实验名称与依据按原文记录。"),
    "lab_of_etcd": Both(
        "{etcd} etcd members, reached directly; timeouts of profile {profile}.",
        "{etcd} 个 etcd 成员，直接访问；超时参数采用 {profile}。",
    ),
}
