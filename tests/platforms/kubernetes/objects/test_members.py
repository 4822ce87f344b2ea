"""Whose pods: the whole selector, and the controller that owns them."""

from typing import Any

import pytest

from squall.platforms.kubernetes.objects.members import Members, matches

LABELS = {"app": "api", "tier": "web", "pod-template-hash": "7d9f"}


def pod(kind: str = "ReplicaSet", name: str = "api-7d9f", controller: bool = True, labels: Any = None) -> Any:
    owner = {"kind": kind, "name": name, "controller": controller}
    return {"metadata": {"name": "p", "labels": {**LABELS, **(labels or {})}, "ownerReferences": [owner]}}


def workload(name: str = "api", selector: Any = None) -> Any:
    return {"metadata": {"name": name}, "spec": {"selector": selector or {"matchLabels": {"app": "api"}}}}


@pytest.mark.parametrize(
    ("expressions", "fits"),
    [
        ([("app", "In", ["api", "web"])], True),
        ([("app", "In", ["web"])], False),
        ([("role", "In", ["x"])], False),
        ([("app", "NotIn", ["web"])], True),
        ([("role", "NotIn", ["x"])], True),
        ([("app", "NotIn", ["api"])], False),
        ([("tier", "Exists", None)], True),
        ([("role", "Exists", None)], False),
        ([("role", "DoesNotExist", None)], True),
        ([("tier", "DoesNotExist", None)], False),
        ([("app", "In", ["api"]), ("tier", "In", ["db"])], False),
        ([("app", "Gt", ["1"])], False),
    ],
)
def test_expressions_of_selectors(expressions: list[tuple[str, str, Any]], fits: bool) -> None:
    selector = {"matchExpressions": [{"key": k, "operator": o, "values": v} for k, o, v in expressions]}
    assert matches(selector, LABELS) is fits
    assert Members.of("deployment", workload(selector=selector)).has(pod()) is fits
    assert not matches({"matchLabels": {"app": "other"}, **selector}, LABELS)


def test_an_empty_selector_is_nobodys() -> None:
    assert not matches({}, LABELS)


@pytest.mark.parametrize(
    ("other", "why"),
    [
        (pod(kind="Job", name="api-7d9f"), "a Job's pod under the same labels"),
        (pod(name="api-canary-7d9f"), "another Deployment's canary"),
        (pod(controller=False), "an owner that does not control it"),
        (pod(kind="StatefulSet", name="api"), "a StatefulSet of that name"),
        (pod(kind="DaemonSet", name="api"), "a DaemonSet of that name"),
        ({"metadata": {"name": "p", "labels": LABELS}}, "nobody's"),
        (pod(labels={"app": "web"}), "one whose label was changed"),
    ],
)
def test_what_bears_the_same_labels_is_not_the_deployments(other: Any, why: str) -> None:
    assert not Members.of("deployment", workload()).has(other), why


def test_pods_of_old_revisions_are_the_deployments() -> None:
    members = Members.of("deployment", workload())
    assert members.has(pod())
    assert members.has(pod(name="api-old1", labels={"pod-template-hash": "old1"}))
    assert Members.of("deployment", workload("api-canary")).has(pod(name="api-canary-7d9f"))


def test_pods_of_a_stateful_set() -> None:
    members = Members.of("statefulset", workload("store"))
    assert members.has(pod(kind="StatefulSet", name="store"))
    assert not members.has(pod(kind="StatefulSet", name="store-b"))
    assert not members.has(pod())
