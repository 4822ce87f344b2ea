"""The evidence of a harm to a node or a Service names the incarnations that it affects, against a served API."""

from typing import Any

import pytest

from squall.platforms.kubernetes.api.object_ref import NODE, ObjectRef
from squall.platforms.kubernetes.harms.drain import DrainHarm
from squall.platforms.kubernetes.harms.misdirect import MisdirectHarm
from squall.platforms.kubernetes.harms.refusal import NodeProbe
from squall.platforms.kubernetes.objects.workloads import Workloads
from tests.platforms.conftest import Served
from tests.platforms.harmed import harm_context, pod, up
from tests.platforms.kept import Kept

RUNNING: dict[str, Any] = {"running": {}}
RUN = "20261121T100000-affected"


def placed(kept: Kept, name: str, owner: str, node: str) -> None:
    made = pod(kept, name, owner, RUNNING)
    made["spec"]["nodeName"] = node
    made["status"]["containerStatuses"][0]["containerID"] = "containerd://" + f"{name}0000000000000000"[:16]


def test_a_drain_names_the_pods_that_it_evicted(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    kept = up()
    kept.put(ObjectRef(NODE, "w"), spec={"unschedulable": True})
    placed(kept, "back-1", "back", "w")
    placed(kept, "front-1", "front", "w")
    kept.serve(served.script)
    monkeypatch.setattr(NodeProbe, "refused", lambda *_: (True, "a pod is refused"))
    node = ObjectRef(NODE, "w")
    proof = DrainHarm(harm_context(served), ["w"]).effect(node, kept.at(node), 0.0, RUN)
    assert proof.proven, proof.how
    assert sorted(proof.instances) == ["uid-back-1/back-1000000", "uid-front-1/front-100000"]


def test_a_service_that_selects_nobody_cuts_off_all_its_pods(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    kept = up()
    placed(kept, "back-1", "back", "w")
    service = harm_context(served).workloads.service("back")
    kept.put(service, spec={"selector": {"app": "back"}})
    kept.serve(served.script)
    monkeypatch.setattr(Workloads, "behind", lambda *_: not kept.at(service)["metadata"].get("annotations"))
    (proof,) = MisdirectHarm(harm_context(served), "back").harm(RUN, 10.0)
    assert (proof.proven, proof.instances) == (True, ("uid-back-1/back-1000000",))


def test_what_is_on_a_node_is_told_from_what_is_elsewhere(served: Served) -> None:
    kept = up()
    placed(kept, "back-1", "back", "w")
    placed(kept, "back-2", "back", "v")
    kept.serve(served.script)
    assert harm_context(served).workloads.incarnations_on("w") == ("uid-back-1/back-1000000",)
