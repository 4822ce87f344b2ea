from typing import Any

import pytest

from cluster.state import Condition, Seen, judge, unready

RUNNING = {"squall-control-plane": "running", "squall-worker": "running", "squall-worker2": "running"}
KEYS = {"now"}


def test_no_container_is_no_cluster() -> None:
    assert judge(Seen({}), KEYS, 3).condition is Condition.ABSENT


def test_a_whole_cluster_is_left_alone() -> None:
    assert judge(Seen(RUNNING, True, "now"), KEYS, 3).condition is Condition.HEALTHY


@pytest.mark.parametrize(
    ("seen", "why"),
    [
        pytest.param(Seen({**RUNNING, "squall-worker": "exited"}, True, "now"), "exited", id="stopped node"),
        pytest.param(Seen({**RUNNING, "squall-worker": "paused"}, True, "now"), "paused", id="frozen node"),
        pytest.param(Seen({"squall-control-plane": "running"}, True, "now"), "1 of 3", id="interrupted create"),
        pytest.param(Seen(RUNNING), "does not answer", id="no API"),
        pytest.param(Seen(RUNNING, True, None), "never finished", id="interrupted furnishing"),
        pytest.param(Seen(RUNNING, True, "before"), "another configuration", id="changed configuration"),
        pytest.param(Seen(RUNNING, True, "now", ("Node squall-worker",)), "Node squall-worker", id="node not ready"),
    ],
)
def test_a_half_dead_cluster_is_told_with_its_reason(seen: Seen, why: str) -> None:
    judgement = judge(seen, KEYS, 3)
    assert judgement.condition is Condition.BROKEN
    assert why in judgement.why


def node(status: str) -> dict[str, Any]:
    conditions = [{"type": "Ready", "status": status}]
    return {"kind": "Node", "metadata": {"name": "n"}, "status": {"conditions": conditions}}


def deployment(ready: int) -> dict[str, Any]:
    return {
        "kind": "Deployment",
        "metadata": {"name": "d"},
        "spec": {"replicas": 2},
        "status": {"readyReplicas": ready},
    }


def daemon(wanted: int, ready: int) -> dict[str, Any]:
    status = {"desiredNumberScheduled": wanted, "numberReady": ready}
    return {"kind": "DaemonSet", "metadata": {"name": "s"}, "status": status}


@pytest.mark.parametrize(
    ("objects", "names"),
    [
        ([node("True"), deployment(2), daemon(3, 3)], ()),
        ([node("Unknown"), deployment(1), daemon(3, 2)], ("Node n", "Deployment d", "DaemonSet s")),
        ([daemon(0, 0)], ("DaemonSet s",)),
        ([{"kind": "Node", "metadata": {"name": "new"}}], ("Node new",)),
    ],
)
def test_what_is_not_ready_is_named(objects: list[dict[str, Any]], names: tuple[str, ...]) -> None:
    assert unready(objects) == names
