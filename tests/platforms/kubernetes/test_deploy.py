import json
from pathlib import Path
from typing import Any

import pytest

from squall.errors import Misuse
from squall.platforms.kubernetes.agents.pod import agent_pod
from squall.platforms.kubernetes.api.labels import RUN, agent_name, label
from squall.platforms.kubernetes.deploy import refuse_strangers
from squall.platforms.kubernetes.objects.workloads import rolled_out
from squall.system.cluster import UNPUBLISHED


def manifest(kind: str, name: str, namespace: str | None = None) -> str:
    meta = {"name": name} | ({"namespace": namespace} if namespace else {})
    return json.dumps({"kind": kind, "metadata": meta})


def test_the_systems_own_objects_are_let_through() -> None:
    refuse_strangers("\n---\n".join([manifest("Namespace", "q"), "", manifest("Service", "a", "q")]), "q")


@pytest.mark.parametrize(
    "stranger",
    [manifest("Service", "a", "kube-system"), manifest("ClusterRole", "a"), manifest("Namespace", "kube-system")],
)
def test_objects_elsewhere_are_refused(stranger: str) -> None:
    with pytest.raises(Misuse, match="squall deploys into q alone"):
        refuse_strangers(stranger, "q")


@pytest.mark.parametrize("run", ["20261121T064100-a-pod-crashes", "a run/with: signs", "x" * 200, "-", "end."])
def test_any_run_has_a_label_and_a_name(run: str) -> None:
    assert len(label(run)) <= 63
    assert label(run).strip("-._") == label(run) != ""
    assert len(agent_name(run, "node." * 50)) <= 63


def test_two_long_runs_have_two_labels() -> None:
    assert label("x" * 200) != label("x" * 199)


def test_the_agents_pod_is_bound_to_node_run_and_namespace() -> None:
    pod: Any = agent_pod("r", "worker", "q", UNPUBLISHED)
    words = pod["spec"]["containers"][0]["command"]
    assert pod["spec"]["nodeName"] == "worker"
    assert pod["metadata"]["labels"][RUN] == "r"
    assert words[words.index("--namespace") + 1] == "q"
    assert not pod["spec"]["automountServiceAccountToken"]


def workload(**status: Any) -> Any:
    return {"metadata": {"generation": 2}, "spec": {"replicas": 2}, "status": status}


DONE = {"observedGeneration": 2, "replicas": 2, "readyReplicas": 2, "updatedReplicas": 2}


@pytest.mark.parametrize(
    ("change", "done"),
    [
        ({}, True),
        ({"observedGeneration": 1}, False),
        ({"replicas": 3}, False),
        ({"readyReplicas": 1}, False),
        ({"updatedReplicas": 1}, False),
        ({"updatedReplicas": None, "currentRevision": "a", "updateRevision": "a"}, True),
        ({"updatedReplicas": 1, "currentRevision": "a", "updateRevision": "b"}, False),
    ],
)
def test_a_rollout_is_done_when_all_pods_are_of_it(change: dict[str, Any], done: bool) -> None:
    assert rolled_out(workload(**{**DONE, **change})) is done


def test_the_image_is_built_of_the_agent_alone() -> None:
    dockerfile = (Path(__file__).parents[3] / "squall" / "agent" / "Dockerfile").read_text()
    assert [line.split()[1] for line in dockerfile.splitlines() if line.startswith("COPY")] == [
        "squall/__init__.py",
        "squall/agent/*.py",
        *(f"squall/agent/{room}/*.py" for room in ("expiry", "harms", "linux", "proxy", "scope", "service")),
        "squall/agent/__main__.py",
    ]
