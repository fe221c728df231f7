"""What the report of a suite says of each trial, and of how it was measured."""

from __future__ import annotations

from reports.render.words.both import Both, Catalogue

TRIALS: Catalogue = {
    "observed_line": Both(
        "Observed: {url}, at {address}; nothing was broken.",
        "观察对象：{url}（{address}）；没有注入任何故障。",
    ),
    "trials_text": Both(
        "One lane a worker, kind of request and kind of connection. The height of a bar says the "
        "same as its colour. A shaded span is a fault, from its injection to the beginning of "
        "its heal (dashed: nobody saw its effect); where there are several, each has its name "
        "above, and a paler line until all was good again. The axis counts from the first "
        "injection; letters are explained below each picture.",
        "每个 worker、请求种类和连接种类占一条。条的高度与颜色含义相同。阴影是故障期间，从注入到"
        "开始修复（虚线：没有观察到效果）；有多个故障时，上方标出各自的名称，浅色的线延续到全部恢"
        "复为止。横轴从第一次注入算起；字母的含义见图下的表。",
    ),
    "zoom_text": Both(
        "Drag across a picture to zoom, double-click to see all of it again.",
        "在图上拖动可以放大，双击恢复全图。",
    ),
    "good": Both("good", "成功"),
    "late": Both("answered too late", "答复过迟"),
    "lost": Both("not recorded", "没有记录"),
    "served_by": Both("served", "服务者"),
    "fault_line": Both(
        "{what}, which was {hit}; held for {hold} s; {supervision}.",
        "{what}，实际为 {hit}；持续 {hold} 秒；{supervision}。",
    ),
    "not_resolved": Both("not resolved", "未确定"),
    "stage": Both("stage", "阶段"),
    "trial_foot": Both(
        "{requests} requests; the latest probe started {late} ms after its schedule; all probers "
        "together took {cores} of a core.",
        "共 {requests} 个请求；最迟的探测比计划晚 {late} 毫秒开始；全部探测器共占用 {cores} 个核。",
    ),
    "who_served": Both(
        "Good requests during the fault were served by", "故障期间的成功请求由以下 master 服务："
    ),
    "left_out": Both(
        "The picture is left out to keep this page small; its figures are in tables/outages.csv.",
        "为控制页面大小省略了这张图，数据见 tables/outages.csv。",
    ),
    "zoom_in": Both("zoom in", "放大"),
    "zoom_out": Both("zoom out", "缩小"),
    "earlier": Both("earlier", "向前"),
    "later": Both("later", "向后"),
    "everything": Both("everything", "全部"),
    "picture": Both("availability timeline of {title}", "{title} 的可用性时间线"),
    "measuring": Both("How this was measured", "测量方法"),
    "measuring_text": Both(
        "Every worker sends its requests open loop, on a schedule that waits for nothing, "
        "through its own proxy, as an ordinary user, without retries. A request is good when it "
        "was answered with success within {deadline} s of its start; the client gives up after "
        "{timeout} s. A fault counts from the moment at which another node saw it (“effect "
        "confirmed”), and is gone when another node saw that. A median has an interval from 6 "
        "trials up, a 95th percentile from 59; below that they are anecdotes.",
        "每个 worker 以开环方式按固定时刻经自己的代理发出请求，使用普通用户，不重试。请求在开始后"
        " {deadline} 秒内得到成功答复才算成功；客户端在 {timeout} 秒后放弃。故障从另一节点观察到"
        "它的时刻算起，到另一节点观察到它消失为止。中位数从 6 次试验起给出区间，95 百分位从 59 次"
        "起；不足时只是个例。",
    ),
    "rates": Both("Rates a worker", "每个 worker 的频率"),
    "injection begins": Both("injection begins", "开始注入"),
    "effect confirmed": Both("effect confirmed", "故障已确认"),
    "lease changes hands": Both("lease changes hands", "租约易主"),
    "node changes": Both("node changes", "节点状态变化"),
    "component ends": Both("component ends", "组件退出"),
    "component starts": Both("component starts", "组件启动"),
    "effect masked": Both("effect masked", "效果被掩盖"),
    "undone by the dead man's switch": Both(
        "undone by the dead man's switch", "失去联系，故障被自动撤销"
    ),
    "members have the same data": Both("members have the same data", "成员数据一致"),
    "action begins": Both("action begins", "操作开始"),
    "action ends": Both("action ends", "操作结束"),
    "member removed": Both("member removed", "成员已移除"),
    "member asked to add one": Both("member asked to add one", "请求成员添加新成员"),
    "member added": Both("member added", "成员已加入"),
    "new member started": Both("new member started", "新成员已启动"),
    "learner promoted": Both("learner promoted", "learner 已提升"),
    "new member waits": Both("new member waits", "新成员等待启动"),
    "new member waits no longer": Both("new member waits no longer", "新成员不再等待"),
    "heal begins": Both("heal begins", "开始修复"),
    "heal confirmed": Both("heal confirmed", "修复已确认"),
    "steady again": Both("steady again", "恢复稳态"),
    "first bad request": Both("first bad request", "首个失败请求"),
    "first success after it on a new connection": Both(
        "first success after it on a new connection", "此后新建连接首次成功"
    ),
    "first success after it on a reused connection": Both(
        "first success after it on a reused connection", "此后复用连接首次成功"
    ),
    "all workers good": Both("all workers good", "全部 worker 恢复"),
    "step": Both("step", "步骤"),
    "what_is_done": Both("what is done", "操作"),
    "hit": Both("hit", "实际目标"),
    "begins": Both("begins", "开始"),
    "over": Both("over", "结束"),
    "effect": Both("effect", "效果"),
    "confirmed": Both("confirmed", "已确认"),
    "masked": Both("hidden by another fault", "被其他故障掩盖"),
    "not-injected": Both("not injected", "没有注入"),
    "unconfirmed": Both("not confirmed", "未确认"),
    "not-measured": Both("measuring failed", "测量失败"),
    "not-recovered": Both("the cluster did not recover in time", "集群没有及时恢复"),
    "steps_text": Both(
        "The times of the steps are seconds after the first injection.",
        "各步骤的时间单位为秒，从第一次注入算起。",
    ),
    "attributed": Both("What the outages belong to", "中断的归因"),
    "attributed_text": Both(
        "An outage belongs to every fault that was in effect, from its injection until all was "
        "good again, at the first bad request; the last fault to recover is in effect to the end "
        "of the trial. Several are joined by +, and “none” is none of them.",
        "在首个失败请求的时刻仍在影响中的故障（从注入到全部恢复）都是该次中断的原因；最后恢复的"
        "故障一直算到试验结束。多个故障以 + 连接，“无”表示不属于任何故障。",
    ),
    "injections": Both("faults", "故障"),
    "workers": Both("workers", "worker"),
    "longest": Both("longest, s", "最长 秒"),
    "count": Both("outages", "中断次数"),
}
