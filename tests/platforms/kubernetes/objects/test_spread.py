from typing import Any

import pytest

from squall.platforms.kubernetes.objects.spread import crowded

HARD = {"topologyKey": "kubernetes.io/hostname", "maxSkew": 1, "whenUnsatisfiable": "DoNotSchedule"}


def pod(name: str, node: str, constraint: dict[str, Any] = HARD, **meta: Any) -> dict[str, Any]:
    owner = {"uid": "replicaset", "controller": True}
    return {
        "metadata": {"name": name, "ownerReferences": [owner], **meta},
        "spec": {"nodeName": node, "topologySpreadConstraints": [constraint]},
        "status": {"phase": "Running"},
    }


def node(name: str, ready: str = "True", **spec: Any) -> dict[str, Any]:
    return {"metadata": {"name": name}, "spec": spec, "status": {"conditions": [{"type": "Ready", "status": ready}]}}


TWO = [node("a"), node("b"), node("control", taints=[{"key": "control-plane", "effect": "NoSchedule"}])]


def moved(*pods: dict[str, Any], nodes: list[dict[str, Any]] = TWO) -> list[str]:
    return [each["metadata"]["name"] for each in crowded(pods, nodes)]


def test_three_on_one_node_of_two_are_one_too_many() -> None:
    assert moved(pod("1", "a"), pod("2", "a"), pod("3", "a")) == ["1"]


def test_five_on_one_of_two_are_two_too_many() -> None:
    assert moved(*(pod(str(number), "a") for number in range(5))) == ["0", "1"]


@pytest.mark.parametrize(
    "pods",
    [
        [pod("1", "a"), pod("2", "a"), pod("3", "b")],
        # Where it will be is not known yet.
        [pod("1", "a"), pod("2", "a"), pod("3", "")],
        # One that is going is none of them any more.
        [pod("1", "a"), pod("2", "a", deletionTimestamp="now"), pod("3", "a", deletionTimestamp="now")],
        [pod("1", "a", {**HARD, "whenUnsatisfiable": "ScheduleAnyway"}), *(pod(name, "a", {}) for name in "23")],
        [pod(name, "a", {**HARD, "maxSkew": 3}) for name in "123"],
        [pod(name, "a", {**HARD, "topologyKey": "topology.kubernetes.io/zone"}) for name in "123"],
    ],
)
def test_pods_that_stand_as_they_ask_are_left_alone(pods: list[dict[str, Any]]) -> None:
    assert moved(*pods) == []


@pytest.mark.parametrize("other", [node("b", unschedulable=True), node("b", ready="Unknown")])
def test_a_node_that_takes_no_pod_does_not_count(other: dict[str, Any]) -> None:
    assert moved(pod("1", "a"), pod("2", "a"), pod("3", "a"), nodes=[node("a"), other]) == []
