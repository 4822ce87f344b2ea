import json
from pathlib import Path
from typing import Any

import pytest

from squall.errors import HarnessFailed, Misuse, NotUp, TakenAway
from squall.platforms.agent_link.orders import AgentOrders
from squall.platforms.kubectl import Kubectl
from squall.platforms.kubernetes.agents.agents import Agents
from squall.platforms.kubernetes.agents.pod import agent_pod
from squall.platforms.kubernetes.api.labels import OURS, RUN, agent_name, label
from squall.platforms.kubernetes.api.object_ref import ObjectRef
from squall.platforms.kubernetes.deploy import Deployment, refuse_strangers
from squall.platforms.kubernetes.objects.workloads import Workloads, rolled_out
from squall.run.experiment import _CAUSES
from squall.system.cluster import UNPUBLISHED
from squall.verdict import Cause
from tests.platforms.conftest import Served
from tests.platforms.harmed import FRONT, SYSTEM, Hasty, up
from tests.platforms.kept import Kept


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


def cause(error: Exception) -> Cause:
    """Return why a run that ends with it proves nothing."""
    return next(cause for kind, cause in _CAUSES.items() if isinstance(error, kind))


class Waiting(Hasty):
    """Time in which the controller of ``front`` gives up after so many looks."""

    def __init__(self, kept: Kept, after: int) -> None:
        super().__init__()
        self.kept, self.after = kept, after

    def sleep(self, seconds: float) -> None:
        super().sleep(seconds)
        self.after -= 1
        if self.after == 0:
            give_up(self.kept, "12:00:20Z")


def give_up(kept: Kept, when: str) -> None:
    said = {"type": "Progressing", "status": "False", "reason": "ProgressDeadlineExceeded", "lastUpdateTime": when,
            "message": 'ReplicaSet "front-5d8f" has timed out progressing.'}  # fmt: skip
    kept.at(FRONT)["status"] = {"conditions": [said]}


def bringing_up(served: Served, kept: Kept, clock: Hasty) -> None:
    assert SYSTEM.platforms.kind is not None
    there = SYSTEM.platforms.kind.model_copy(update={"kustomize": None, "ready_within": 30.0})
    kept.serve(served.script)
    workloads = Workloads(served.api, there)
    Deployment(served.api, Kubectl(""), SYSTEM, workloads, clock, lambda node, ids: None).bring_up(
        [], lambda text: None
    )


def test_what_its_controller_gave_up_is_not_waited_for_and_no_fault_of_the_harness(served: Served) -> None:
    kept = up()
    clock = Waiting(kept, after=20)
    began = clock.now()
    with pytest.raises(NotUp, match=r"front was given up \(ProgressDeadlineExceeded: ReplicaSet") as failure:
        bringing_up(served, kept, clock)
    assert clock.now() - began == 20.0
    assert "not ready after 20 s" in str(failure.value)
    assert cause(failure.value) is Cause.NOT_STEADY


def test_what_was_given_up_before_may_come_up_yet(served: Served) -> None:
    kept = up()
    give_up(kept, "11:00:00Z")
    clock = Hasty()
    began = clock.now()
    with pytest.raises(NotUp, match="not ready after 30 s"):
        bringing_up(served, kept, clock)
    assert clock.now() - began == 30.0


def test_an_agent_whose_pod_someone_deleted_is_no_fault_of_the_harness(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert SYSTEM.platforms.kind is not None
    kept = up()
    kept.serve(served.script)
    agents = Agents(served.api, Kubectl(""), SYSTEM.platforms.kind, Hasty())
    agents._pods = {"worker": "squall-agent-1"}

    def silent(*_: object) -> None:
        raise HarnessFailed("asking the agent on worker: no answer within 10 s")

    monkeypatch.setattr(AgentOrders, "end", silent)
    with pytest.raises(TakenAway, match="someone else deleted its pod squall/squall-agent-1") as failure:
        agents.end("Freeze", [])
    assert cause(failure.value) is Cause.CHANGED_BY_OTHERS
    kept.put(ObjectRef("pod", "squall-agent-1", OURS))
    with pytest.raises(HarnessFailed, match="no answer within 10 s") as silence:
        agents.end("Freeze", [])
    assert cause(silence.value) is Cause.HARNESS_ERROR
