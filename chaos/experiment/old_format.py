"""Translates the format of halab 0.1 (an experiment is one fault, or a proof) for its user."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import yaml

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

# old metric -> the metric, and whether its window is `during` the fault
OLD_METRICS = {
    "hold_outage_s": ("outage_s", True),
    "hold_good_share": ("good_share", True),
    "availability": ("good_share", False),
}
PROOF_LAB = {"masters": 0, "workers": 1}
PROOF_RATE_HZ = 100
PROOF_BASELINE_S = 2


def new_form(data: Mapping[str, Any]) -> list[str]:
    """Return the new YAML, line by line; empty when nothing is in the old format."""
    if data.get("kind") == "proof":
        return _dumped(_of_proof(data))
    listed = data.get("experiments")
    lines: list[str] = []
    for number, old in enumerate(listed if isinstance(listed, list) else []):
        if isinstance(old, dict) and (changed := _of_experiment(old)):
            lines += [f"experiments.{number} ({old.get('id')}):", *_dumped(changed)]
    return lines


def _dumped(data: Mapping[str, Any]) -> list[str]:
    """Write each key, and each item of a list, on a line of its own."""
    lines = []
    for key, value in data.items():
        if isinstance(value, list) and value:
            lines += [f"  {key}:", *(f"    - {_flow(item)}" for item in value)]
        else:
            lines.append(f"  {key}: {_flow(value)}")
    return lines


def _flow(value: object) -> str:
    text = yaml.safe_dump(
        value, default_flow_style=True, sort_keys=False, allow_unicode=True, width=10**9
    )
    return text.removesuffix("\n...\n").strip()


def _of_experiment(old: Mapping[str, Any]) -> dict[str, Any]:
    """Return the keys of an experiment that changed."""
    changed: dict[str, Any] = {}
    fault, expect = old.get("fault"), old.get("expect")
    if fault is not None or "hold_s" in old or "dials" in old:
        dials = old.get("dials")
        changed["steps"] = [
            *(_of_dial(dial) for dial in (dials if isinstance(dials, list) else [])),
            _of_fault(fault, old.get("hold_s")),
        ]
    name = fault.get("kind") if isinstance(fault, dict) else "STEP"
    listed = expect if isinstance(expect, list) else []
    demands = [demand for demand in listed if isinstance(demand, dict)]
    if any(str(demand.get("metric")) in OLD_METRICS for demand in demands):
        changed["expect"] = [_of_demand(demand, name) for demand in demands]
    return changed


def _of_dial(old: object) -> object:
    if not isinstance(old, dict):
        return old
    rest = {key: value for key, value in old.items() if key not in ("id", "node")}
    return {"id": old.get("id"), "action": "dial", "target": old.get("node"), **rest}


def _of_fault(fault: object, hold_s: object) -> dict[str, Any]:
    old = fault if isinstance(fault, dict) else {"kind": fault}
    rest = {key: value for key, value in old.items() if key != "kind"}
    return {"fault": old.get("kind"), **rest, "for_s": hold_s}


def _of_demand(old: Mapping[str, Any], step: object) -> dict[str, Any]:
    metric, during = OLD_METRICS.get(str(old.get("metric")), (old.get("metric"), False))
    new = {"id": old.get("id"), "metric": metric, **({"during": step} if during else {})}
    return {**new, **{key: value for key, value in old.items() if key not in new}}


def _of_proof(old: Mapping[str, Any]) -> dict[str, Any]:
    """Return a suite with the proof as its only experiment."""
    listed, lab = old.get("steps"), old.get("lab")
    steps = list(_of_proof_steps(listed if isinstance(listed, list) else []))
    texts = {key: old[key] for key in ("title", "hypothesis") if key in old}
    experiment = {
        "id": old.get("name"),
        **texts,
        "baseline_s": old.get("baseline_s", PROOF_BASELINE_S),
        "operations": {"rate_hz": PROOF_RATE_HZ},
        "steps": steps,
        "expect": list(_proof_demands(steps)),
    }
    return {
        "name": old.get("name"),
        "lab": {**PROOF_LAB, **(lab if isinstance(lab, dict) else {})},
        "experiments": [experiment],
    }


def _of_proof_steps(steps: list[Any]) -> Iterator[dict[str, Any]]:
    for step in (step for step in steps if isinstance(step, dict)):
        replaced, fault, hold_s = step.get("replace"), step.get("fault"), step.get("hold_s")
        if isinstance(replaced, dict):
            yield {"id": "replace", "action": "replace-member", **replaced, "wait_s": hold_s}
            continue
        new = _of_fault(fault, hold_s)
        if new.get("target") == "another":
            new = {"id": "another", **new, "target": "etcd:not(replace)"}
        yield new


def _proof_demands(steps: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Return the demands of every proof, and of those that replaced a member."""
    yield _demand("nothing-lost", "lost_writes", "at_most", 0)
    yield _demand("no-read-goes-back", "stale_reads", "at_most", 0)
    yield _demand("members-agree", "differing_members", "at_most", 0)
    yield _demand("last-write-everywhere", "last_writes", "at_least", 1)
    yield _demand("all-rejoin", "rejoined_s", "at_most", 30)
    if any(step.get("id") == "another" for step in steps):
        yield _demand("tolerates-a-loss-again", "served_writes", "at_least", 1, during="another")
    if any(step.get("how") == "add-first" for step in steps):
        yield _demand("refused-when-strict", "refused_when_strict", "at_least", 1)
        yield _demand("accepted-when-not", "accepted_when_lenient", "at_least", 1)
        waiting = "writes-stop-until-the-new-member-is-there"
        yield _demand(waiting, "writes_stopped", "at_least", 1)


def _demand(name: str, metric: str, op: str, value: float, **window: str) -> dict[str, Any]:
    return {"id": name, "metric": metric, **window, "op": op, "value": value}
