"""What the report of checked claims says."""

from __future__ import annotations

from reports.render.words.both import Both, Catalogue

CLAIMS: Catalogue = {
    "title_claims": Both("{title}, checked claim by claim", "{title}：逐条实测"),
    "claims": Both("The statements", "陈述"),
    "says": Both("the document says", "文档所述"),
    "checks": Both("every check", "全部检查"),
    "wanted": Both("wanted", "要求"),
    "source": Both("where it stands", "出处"),
    "claims_meaning": Both(
        "Every verdict comes from real etcd, kube-apiserver, kubelets and balancers. A statement "
        "holds when each of its checks does; unknown means that the evidence was too thin, and "
        "is never a pass. One trial of each experiment shows what can happen, not how often.",
        "每个结论都来自真实的 etcd、kube-apiserver、kubelet 和负载均衡器。一条陈述的每项检查都满"
        "足时才算成立；“未知”表示证据不足，绝不当作通过。每个实验只做一次，说明可能发生什么，不说"
        "明发生的频率。",
    ),
    "experiments": Both("The experiments", "实验"),
    "took": Both("took, s", "用时，秒"),
    "not_run": Both("was not run", "没有运行"),
}
