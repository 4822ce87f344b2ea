from typing import Any

import pytest

from squall.errors import InjectionFailed
from squall.platforms.kubernetes.harms.refusal import probe_pod
from squall.platforms.kubernetes.objects.nodes import kept, refuse_control_plane
from squall.system.cluster import UNPUBLISHED

NODE: dict[str, Any] = {
    "metadata": {"name": "worker", "uid": "u-1", "resourceVersion": "7", "labels": {"zone": "a"}},
    "spec": {
        "podCIDR": "10.244.1.0/24",
        "podCIDRs": ["10.244.1.0/24"],
        "providerID": "kind://docker/squall/worker",
        "taints": [
            {"key": "gpu", "value": "no", "effect": "NoSchedule"},
            {"key": "node.kubernetes.io/unschedulable", "effect": "NoSchedule"},
        ],
    },
    "status": {"conditions": []},
}


def test_what_makes_a_node_again_is_kept_and_nothing_of_its_state() -> None:
    again = kept(NODE)
    assert again["metadata"] == {"name": "worker", "labels": {"zone": "a"}}
    assert again["spec"] == {**NODE["spec"], "taints": NODE["spec"]["taints"][:1]}
    assert "status" not in again


@pytest.mark.parametrize("role", ["control-plane", "master", "controlplane", "etcd"])
def test_the_control_plane_is_refused(role: str) -> None:
    node = {"metadata": {"name": "cp", "labels": {f"node-role.kubernetes.io/{role}": ""}}}
    with pytest.raises(InjectionFailed, match="it bears the control plane"):
        refuse_control_plane(node)
    refuse_control_plane(NODE)


def test_the_pod_that_asks_puts_up_with_all_but_a_cordon() -> None:
    spec = probe_pod("run", NODE, UNPUBLISHED)["spec"]
    assert [each["key"] for each in spec["tolerations"]] == ["gpu"]
    (term,) = spec["affinity"]["nodeAffinity"]["requiredDuringSchedulingIgnoredDuringExecution"]["nodeSelectorTerms"]
    assert term["matchFields"][0]["values"] == ["worker"]
    assert "nodeName" not in spec
