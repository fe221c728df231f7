"""Who starts a component of a lab again, and how soon: in words, and as settings of formulas. Pure.

The kubelet's: it looks at its containers every second (pkg/kubelet/kubelet.go,
genericPlegRelistPeriod). The probes of kubeadm's static pods: LivenessProbe in
cmd/kubeadm/app/util/staticpod/utils.go; their grace is the default of pods.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from lab.nodes import AGENT, KUBELET
from reports.history.text import Text

if TYPE_CHECKING:
    from lab.plan import LabPlan


@dataclass(frozen=True)
class Supervision:
    """How soon a component is started again that ends, or that does not answer; 0 for never.

    `restart_s`: after its end, at most. `liveness_period_s`: between two probes.
    `liveness_timeout_s`: of a probe; the next one waits for it. `liveness_failures`: so many in a
    row end a component. `termination_grace_s`: between its SIGTERM and its SIGKILL.
    """

    restart_s: float = 0.0
    liveness_period_s: float = 0.0
    liveness_timeout_s: float = 0.0
    liveness_failures: float = 0.0
    termination_grace_s: float = 0.0


NOBODY = Supervision()
AGENTS = Supervision(restart_s=1.0)
# A second until the kubelet looks, one of its own back-off at most, one for the container.
KUBELETS = Supervision(
    restart_s=3.0,
    liveness_period_s=10.0,
    liveness_timeout_s=15.0,
    liveness_failures=8.0,
    termination_grace_s=30.0,
)
BY_NOBODY = Text(
    en="a component that a fault stops is started again by the heal only",
    zh="被故障停止的组件只在修复故障时重新启动",
)
BY_AGENTS = Text(
    en="kube-controller-manager and kube-scheduler that exit by themselves are restarted after a "
    "second, as a kubelet does; a component that a fault stops is started again by the heal only",
    zh="kube-controller-manager 和 kube-scheduler 自行退出一秒后被重新启动，与 kubelet 的做法相同；"
    "被故障停止的组件只在修复故障时重新启动",
)
BY_KUBELETS = Text(
    en="the node's kubelet restarts every component that exits, and kills one whose liveness probe "
    "fails 8 times in a row; a component that a fault holds down is started again by the heal "
    "only, for its kubelet is stopped with it",
    zh="节点的 kubelet 重新启动每个退出的组件，并杀死存活探针连续失败 8 "
    "次的组件；被故障保持停止的组件只在修复故障时重新启动，因为它的 kubelet 也同时被停止",
)


def supervision_of(plan: LabPlan) -> Supervision:
    """Return how soon components of a lab are started again."""
    supervisors = {part.supervisor for part in plan.components}
    if KUBELET in supervisors:
        return KUBELETS
    return AGENTS if AGENT in supervisors else NOBODY


def supervision_settings(plan: LabPlan) -> dict[str, float]:
    """Return the fields of a lab's Supervision, which formulas may use."""
    return asdict(supervision_of(plan))


def supervision_text(plan: LabPlan) -> Text:
    """Return who starts components again, for the record."""
    texts = {NOBODY: BY_NOBODY, AGENTS: BY_AGENTS, KUBELETS: BY_KUBELETS}
    return texts[supervision_of(plan)]
