"""The system ``harmed`` as a server keeps it, and harms to it in time that hurries."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from squall.platforms.kubernetes.api.object_ref import ObjectRef
from squall.platforms.kubernetes.blindness import Blindness
from squall.platforms.kubernetes.harms.context import HarmContext
from squall.platforms.kubernetes.objects.workloads import Workloads
from squall.platforms.object_harms import ObjectHarm, ObjectHarms, ObjectOrder
from squall.system.system import System
from squall.testing.platform import VirtualClock
from tests.platforms.conftest import Served
from tests.platforms.kept import Kept

SYSTEM = System.read(Path(__file__).parent / "harmed_system" / "system.yaml")
NAMESPACE = "squall-harmed"
CONFIGMAP = ObjectRef("configmap", "back-kk5hhbd5b9", NAMESPACE)
BACK, FRONT, GREEN = (ObjectRef("deployment", name, NAMESPACE) for name in ("back", "front", "green"))
REFERENCE = {"name": "PORT", "valueFrom": {"configMapKeyRef": {"name": CONFIGMAP.name, "key": "PORT"}}}


class Hasty(VirtualClock):
    """Time in which a look takes a second, so that what never comes is not asked for a thousand times."""

    def sleep(self, seconds: float) -> None:
        super().sleep(max(seconds, 1.0))


def harm_context(served: Served) -> HarmContext:
    assert SYSTEM.platforms.kind is not None
    workloads = Workloads(served.api, SYSTEM.platforms.kind)
    unseen = Blindness(Hasty(), lambda event: None)
    return HarmContext(served.api, workloads, Hasty(), lambda: None, unseen, SYSTEM.tiers)


def ordered(on: ObjectHarms, fault: str, service: str = "", nodes: Sequence[str] = (), **details: object) -> ObjectHarm:
    """Return what carries a fault out on a platform."""
    return on.object_harm(ObjectOrder(fault, service, nodes, details))


def deployment(kept: Kept, place: ObjectRef, *env: Any) -> dict[str, Any]:
    labels = {"app": place.name}
    template = {"metadata": {"labels": labels}, "spec": {"containers": [{"name": "main", "env": [*env]}]}}
    return kept.put(place, spec={"replicas": 1, "selector": {"matchLabels": labels}, "template": template})


def pod(
    kept: Kept, name: str, owner: str, state: dict[str, Any], digest: str = "5d8f", **annotations: str
) -> dict[str, Any]:
    """Keep a pod of a Deployment, of the version with that hash."""
    meta = {"labels": {"app": owner, "pod-template-hash": digest}, "annotations": annotations,
            "ownerReferences": [{"kind": "ReplicaSet", "name": f"{owner}-{digest}", "controller": True}]}  # fmt: skip
    status = {"phase": "Running", "containerStatuses": [{"name": "main", "state": state}],
              "conditions": [{"type": "Ready", "status": "False", "reason": "ContainersNotReady"}]}  # fmt: skip
    return kept.put(ObjectRef("pod", name, NAMESPACE), metadata=meta, status=status,
                    spec={"containers": [{"name": "main"}]})  # fmt: skip


def up() -> Kept:
    """Return the system with all that it is made of."""
    kept = Kept()
    kept.put(CONFIGMAP, data={"PORT": "8080", "COLOUR": "blue"})
    deployment(kept, BACK, REFERENCE)
    deployment(kept, FRONT)
    deployment(kept, GREEN)
    return kept
