"""What the report of a suite says, in English and in Chinese."""

from __future__ import annotations

SUITE_WORDS: dict[str, dict[str, str]] = {
    "en": {
        "title": "HA report: {name}",
        "kicker": "availability of a Kubernetes control plane, measured",
        "nothing": "Nothing was judged.",
        "observed_nothing": "Nothing was measured of {url}.",
        "observed_good": "All {total} requests to {url} were good.",
        "observed": "{good} of {total} requests to {url} were good, on {connection} connections "
        "{share}; the longest outage, on {longest} connections, was {bracket} s.",
        "observed_lab": "Requests to {url} at {address}; nothing was broken.",
        "observed_line": "Observed: {url}, at {address}; nothing was broken.",
        "some_wrong": "{violated} of {about} did not hold{rest}.",
        "rest_unknown": ", {unknown} could not be judged",
        "some_unknown": "{unknown} of {about} could not be judged; none was seen violated.",
        "all_hold": "All {about} hold.",
        "one_holds": "The one expectation about one fault holds.",
        "about": "{total} {expectations} about {faults} {fault_noun}",
        "expectation": "expectation",
        "expectations_noun": "expectations",
        "fault_one": "fault",
        "fault_many": "faults",
        "worst": "The longest interruption that a client saw: {probe} on {connection} connections "
        "{failed} ({title}).",
        "failed_for": "failed for {bracket} s",
        "failed_open": "failed for at least {lower} s, and had not come back when the trial ended",
        "no_interruption": "No read or write was interrupted by any fault.",
        "lab": "{etcd} etcd members{stacked}, {masters} masters, {workers} workers {balancing}; "
        "timeouts of profile {profile}.",
        "stacked": " on the masters",
        "few": "Some of these faults were tried fewer than 10 times: what is said about them shows "
        "what can happen, not how often. {option} says more.",
        "partial": "This run is {status}: what follows is what was measured until then.",
        "interrupted": "interrupted",
        "failed": "failed",
        "complete": "complete",
        "nav_costs": "Costs",
        "nav_outages": "Outages",
        "nav_verdicts": "Expectations",
        "nav_recovery": "Recovery",
        "nav_trials": "Trials",
        "nav_method": "Method",
        "missing": "What is missing",
        "missing_text": "Nothing below rests on what is named here; a trial with a hole is unk"
        "nown.",
        "lost_samples": "{lost} scheduled probes of {probe} on {connection} connections from "
        "{worker} were not recorded, from {from_s} s to {to_s} s of trial {trial}",
        "more_missing": "and {count} more",
        "costs": "What each fault costs",
        "costs_text": "Seconds, seen through the proxies of the workers, the worst worker. First "
        "line: the longest outage, requests that failed one after the other, as the bracket that "
        "contains the true span. Second line: how many requests were good while the fault was in, "
        "and when the last worker was all good again, counted from the beginning of the heal.",
        "fault": "fault",
        "verdict": "verdict",
        "read": "read",
        "write": "write",
        "reads": "reads",
        "writes": "writes",
        "new": "new",
        "reused": "reused",
        "direct": "direct",
        "connections": "{connection} connections",
        "good": "{share} good",
        "good_again": "all good {seconds} s after the heal",
        "none": "none",
        "outages": "How long the outages were",
        "outages_text": "One row a fault, kind of request and connection: the longest outage of "
        "each trial, at the worst worker. A bar is the bracket that contains the true span; the "
        "trials of a row lie on top of each other, the shortest at the bottom, so that a row reads "
        "as a distribution. An arrow: no good request was seen until the end (censored). A ring at "
        "the left: no outage. The mark is the median's bracket, where there are six trials.",
        "outages_axis": "longest outage of a trial, seconds",
        "no_outages": "no trial has an outage to draw",
        "verdicts": "Expectations",
        "verdicts_text": "They were written down before the run. Holds and violated are shown by "
        "the figure; unknown means that the evidence was too thin, and is never a pass.",
        "experiment": "experiment",
        "decided_by": "decided by",
        "holds": "holds",
        "violated": "violated",
        "unknown": "unknown",
        "evidence": "why this bound",
        "recovery": "Recovery",
        "recovery_text": "Seconds, medians over n trials, the worst of all workers in each. From "
        "“first error” to “all good” they count from the injection, “after heal” from the "
        "beginning of the heal. – : was not seen, or there was nothing to recover from.",
        "probe": "probe",
        "conn.": "conn.",
        "n": "n",
        "outage s": "outage s",
        "degraded s": "degraded s",
        "good inside": "good inside",
        "good in fault": "good in fault",
        "availability": "availability",
        "first error": "first error",
        "new leader": "new leader",
        "first success": "first success",
        "all good": "all good",
        "after heal": "after heal",
        "states": "Nodes and leases",
        "states_text": "What the masters say, asked directly twice a second: whether every node is "
        "Ready, and whether each lease was renewed within its duration. Seconds, medians over n "
        "trials, the worst node; “not so for” is the longest time without, “after heal” until it "
        "was so for good.",
        "state": "state",
        "not so for s": "not so for s",
        "so in fault": "so in fault",
        "trials": "Trials",
        "trials_text": "One lane a worker, kind of request and kind of connection. The height of a "
        "bar says the same as its colour. The shaded span is the fault; the axis counts from the "
        "injection; letters are explained below each picture.",
        "zoom_text": "Drag across a picture to zoom, double-click to see all of it again.",
        "legend_good": "good",
        "legend_late": "answered too late",
        "legend_failed": "failed",
        "legend_lost": "not recorded",
        "served_by": "served",
        "trial": "trial",
        "fault_line": "{fault} {target}, which was {hit}; held for {hold} s; {supervision}.",
        "not_resolved": "not resolved",
        "stage": "stage",
        "shown_by": "shown by",
        "trial_foot": "{requests} requests; the latest probe started {late} ms after its schedule; "
        "all probers together took {cores} of a core.",
        "who_served": "Good requests during the fault were served by",
        "left_out": "The picture is left out to keep this page small; its figures are in "
        "tables/outages.csv.",
        "zoom_in": "zoom in",
        "zoom_out": "zoom out",
        "earlier": "earlier",
        "later": "later",
        "everything": "everything",
        "picture": "availability timeline of {title}",
        "method": "How this was measured",
        "method_text": "Every worker sends its requests open loop, on a schedule that waits for "
        "nothing, through its own proxy, as an ordinary user, without retries. A request is good "
        "when it was answered with success within {deadline} s of its start; the client gives up "
        "after {timeout} s. A fault counts from the moment at which another node saw it (“effect "
        "confirmed”), and is gone when another node saw that. A median has an interval from 6 "
        "trials up, a 95th percentile from 59; below that they are anecdotes.",
        "rates": "Rates a worker",
        "settings": "Settings",
        "versions": "Versions",
        "machine": "Machine",
        "run": "Run",
        "seed": "seed",
        "repeat": "Repeat",
        "further": "Further tables",
        "table_consistency": "Was anything lost, stale or out of order",
        "table_violations": "The operations that show it",
        "details": "details",
        "own_words": "",
    },
    "zh": {
        "title": "高可用测试报告：{name}",
        "kicker": "Kubernetes 控制平面可用性实测",
        "nothing": "没有可判定的内容。",
        "observed_nothing": "没有测到 {url} 的任何结果。",
        "observed_good": "发往 {url} 的 {total} 个请求全部成功。",
        "observed": "发往 {url} 的 {total} 个请求中 {good} 个成功，{connection}上为 {share}；"
        "最长中断（{longest}）为 {bracket} 秒。",
        "observed_lab": "请求发往 {url}（{address}）；没有注入任何故障。",
        "observed_line": "观察对象：{url}（{address}）；没有注入任何故障。",
        "some_wrong": "{about}中有 {violated} 项不成立{rest}。",
        "rest_unknown": "，{unknown} 项无法判定",
        "some_unknown": "{about}中有 {unknown} 项无法判定，没有发现不成立的。",
        "all_hold": "{about}全部成立。",
        "one_holds": "关于 1 种故障的 1 项预期成立。",
        "about": "关于 {faults} 种故障的 {total} 项预期",
        "expectation": "",
        "expectations_noun": "",
        "fault_one": "",
        "fault_many": "",
        "worst": "客户端遇到的最长中断：{connection}连接上的{probe}{failed}（{title}）。",
        "failed_for": "连续失败 {bracket} 秒",
        "failed_open": "连续失败至少 {lower} 秒，到试验结束仍未恢复",
        "no_interruption": "任何故障都没有中断读写。",
        "lab": "{etcd} 个 etcd 成员{stacked}、{masters} 个 master、{workers} 个 worker，"
        "{balancing}；"
        "超时参数采用 {profile}。",
        "stacked": "（位于 master 上）",
        "few": "部分故障的试验少于 10 次：结论说明可能发生什么，不说明发生的频率。"
        "使用 {option} 可以得到更多信息。",
        "partial": "本次运行{status}，以下是到那时为止测得的内容。",
        "interrupted": "被中断",
        "failed": "失败",
        "complete": "完成",
        "nav_costs": "代价",
        "nav_outages": "中断",
        "nav_verdicts": "预期",
        "nav_recovery": "恢复",
        "nav_trials": "试验",
        "nav_method": "方法",
        "missing": "缺失的内容",
        "missing_text": "以下结论都不依赖这里列出的内容；有缺口的试验一律判为未知。",
        "lost_samples": "试验 {trial} 的 {from_s} 秒到 {to_s} 秒之间，{worker} 经{connection}连接的"
        "{probe}有 {lost} 个计划中的探测没有记录",
        "more_missing": "另有 {count} 项",
        "costs": "每种故障的代价",
        "costs_text": "单位为秒，经各 worker 的代理观察，取最差的 worker。第一行：最长中断，即"
        "连续失败的"
        "请求，以包含真实时长的区间表示。第二行：故障期间成功请求的比例，以及从开始修复算起最"
        "后一个 "
        "worker 完全恢复的时间。",
        "fault": "故障",
        "verdict": "结论",
        "read": "读",
        "write": "写",
        "reads": "读",
        "writes": "写",
        "new": "新建",
        "reused": "复用",
        "direct": "直连",
        "connections": "{connection}连接",
        "good": "{share} 成功",
        "good_again": "修复后 {seconds} 秒全部恢复",
        "none": "无",
        "outages": "中断有多长",
        "outages_text": "每种故障、请求和连接占一行：各次试验中最差 worker 的最长中断。横条是"
        "包含真实时长"
        "的区间；同一行的试验由短到长自下而上排列，因此一行就是一个分布。箭头：直到结束都没有"
        "成功的请求"
        "（删失）。左侧的圆圈：没有中断。有六次以上试验时，竖线标出中位数的区间。",
        "outages_axis": "一次试验的最长中断，秒",
        "no_outages": "没有可以绘制的中断",
        "verdicts": "预期",
        "verdicts_text": "这些预期在运行之前写下。成立与不成立由数据决定；未知表示证据不足，绝"
        "不当作通过。",
        "experiment": "实验",
        "decided_by": "依据（原文）",
        "holds": "成立",
        "violated": "不成立",
        "unknown": "未知",
        "evidence": "界限的由来",
        "recovery": "恢复",
        "recovery_text": "单位为秒，取 n 次试验的中位数，每次取最差的 worker。“首次错误”到“全"
        "部恢复”从注入"
        "算起，“修复后”从开始修复算起。– ：没有观察到，或没有需要恢复的。",
        "probe": "请求",
        "conn.": "连接",
        "n": "n",
        "outage s": "中断 秒",
        "degraded s": "降级 秒",
        "good inside": "降级内成功",
        "good in fault": "故障内成功",
        "availability": "可用率",
        "first error": "首次错误",
        "new leader": "新 leader",
        "first success": "首次成功",
        "all good": "全部恢复",
        "after heal": "修复后",
        "states": "节点与租约",
        "states_text": "每秒两次直接询问各 master：节点是否 Ready，租约是否在有效期内续租。单"
        "位为秒，"
        "取 n 次试验的中位数和最差的节点；“不满足”是最长的持续时间，“修复后”直到最终满足为止。",
        "state": "状态",
        "not so for s": "不满足 秒",
        "so in fault": "故障内满足",
        "trials": "试验",
        "trials_text": "每个 worker、请求种类和连接种类占一条。条的高度与颜色含义相同。阴影是"
        "故障期间；"
        "横轴从注入算起；字母的含义见图下的表。",
        "zoom_text": "在图上拖动可以放大，双击恢复全图。",
        "legend_good": "成功",
        "legend_late": "答复过迟",
        "legend_failed": "失败",
        "legend_lost": "没有记录",
        "served_by": "服务者",
        "trial": "试验",
        "fault_line": "{fault} {target}，实际为 {hit}；持续 {hold} 秒；{supervision}。",
        "not_resolved": "未确定",
        "stage": "阶段",
        "shown_by": "依据",
        "trial_foot": "共 {requests} 个请求；最迟的探测比计划晚 {late} 毫秒开始；全部探测器共占用 "
        "{cores} 个核。",
        "who_served": "故障期间的成功请求由以下 master 服务：",
        "left_out": "为控制页面大小省略了这张图，数据见 tables/outages.csv。",
        "zoom_in": "放大",
        "zoom_out": "缩小",
        "earlier": "向前",
        "later": "向后",
        "everything": "全部",
        "picture": "{title} 的可用性时间线",
        "method": "测量方法",
        "method_text": "每个 worker 以开环方式按固定时刻经自己的代理发出请求，使用普通用户，不"
        "重试。"
        "请求在开始后 {deadline} 秒内得到成功答复才算成功；客户端在 {timeout} 秒后放弃。故障从"
        "另一节点"
        "观察到它的时刻算起，到另一节点观察到它消失为止。中位数从 6 次试验起给出区间，95 百分"
        "位从 59 次起；"
        "不足时只是个例。",
        "rates": "每个 worker 的频率",
        "settings": "参数",
        "versions": "版本",
        "machine": "机器",
        "run": "运行",
        "seed": "随机种子",
        "repeat": "重复本次运行",
        "further": "其他表格",
        "table_consistency": "是否有丢失、过时或乱序",
        "table_violations": "作为证据的操作",
        "details": "详情",
        "own_words": "实验名称与依据按原文记录。",
    },
}
STAGE_NAMES_ZH = {
    "injection begins": "开始注入",
    "effect confirmed": "故障已确认",
    "new leader": "新 leader",
    "lease changes hands": "租约易主",
    "node changes": "节点状态变化",
    "component ends": "组件退出",
    "component starts": "组件启动",
    "heal begins": "开始修复",
    "heal confirmed": "修复已确认",
    "steady again": "恢复稳态",
    "first bad request": "首个失败请求",
    "first success after it on a new connection": "此后新建连接首次成功",
    "first success after it on a reused connection": "此后复用连接首次成功",
    "all workers good": "全部 worker 恢复",
}
