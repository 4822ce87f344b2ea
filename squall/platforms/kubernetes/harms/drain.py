"""Nodes are drained: cordoned, and the system's pods on them evicted as their disruption budgets allow.

Only pods of the system's own namespace go. Those of others on the node are not this run's to harm; they stay, and
the proof says how many.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import ClassVar

from squall.errors import InjectionFailed
from squall.instances import Evidence
from squall.interval import Interval
from squall.platforms.kubernetes.access.rights import NODES_MARKED, RightScope, rights
from squall.platforms.kubernetes.api.client import Api, ApiFailed, Object
from squall.platforms.kubernetes.api.object_ref import ObjectRef
from squall.platforms.kubernetes.api.paths import within
from squall.platforms.kubernetes.harms.cordon import CordonHarm
from squall.platforms.kubernetes.harms.registry import does
from squall.platforms.kubernetes.objects.pods import ENDED

TRY_EVERY = 0.2
MIRROR = "kubernetes.io/config.mirror"


@does(
    "Drain", "to cordon nodes, and to evict the system's pods from them", marks=NODES_MARKED,
    besides=(
        *rights("", ("pods",), ("list",), RightScope.CLUSTER),
        *rights("", ("pods/eviction",), ("create",)),
        *rights("", ("pods",), ("create", "get", "delete"), RightScope.AGENTS),
    ),
)  # fmt: skip
@dataclass(frozen=True, slots=True)
class DrainHarm(CordonHarm):
    """Cordons nodes and evicts; the effect is that no pod of the system is left on the node but those of daemons."""

    # Pods end in their own time, one after another where a budget says so.
    gone_within: ClassVar[float] = 150.0

    def warnings(self) -> Sequence[str]:
        """Return also each budget that would refuse an eviction as things are, asked by a dry run."""
        own = [f"evicting {pod['metadata']['name']} is refused as things are: {refused}"
               for node in self.nodes for pod in self._evictable(node)
               if (refused := _evict(self.context.api, pod, dry=True))]  # fmt: skip
        return [*CordonHarm.warnings(self), *own]

    def harm(self, run: str, lasts: float) -> Sequence[Evidence]:
        """Refuse, before anything is done, if a pod would not come back."""
        for node in self.nodes:
            for pod in self._evictable(node):
                if not any(owner.get("controller") for owner in pod["metadata"].get("ownerReferences") or ()):
                    raise InjectionFailed(f"draining {node}: nothing owns the pod {pod['metadata']['name']}")
        return CordonHarm.harm(self, run, lasts)

    def effect(self, place: ObjectRef, written: Object, before: float, run: str) -> Evidence:
        """Show the cordon, then evict until nothing is left."""
        cordoned = CordonHarm.effect(self, place, written, before, run)
        return self._emptied(place) if cordoned.proven else cordoned

    def _emptied(self, place: ObjectRef) -> Evidence:
        began, asked, blocked, evicted = self.now, dict[str, float](), "", list[str]()
        while left := self._evictable(place.name):
            for pod in left:
                if (uid := str(pod["metadata"]["uid"])) not in asked:
                    refused = _evict(self.context.api, pod)
                    asked |= {} if refused else {uid: self.now}
                    evicted += [] if refused else [self.context.workloads.incarnation(pod)]
                    blocked = f"{pod['metadata']['name']}: {refused}" if refused else blocked
            if self.now - began > self.gone_within:
                names = ", ".join(str(pod["metadata"]["name"]) for pod in left)
                how = f"{place} not drained within {self.gone_within:g} s: {names} left ({blocked or 'ending'})"
                return Evidence(str(place), False, how, Interval(began, self.now))
            self.context.clock.sleep(TRY_EVERY)
        if not asked:
            return Evidence(str(place), False, f"{place} had no pod to evict", Interval(began, self.now))
        first = min(asked.values())
        waited = f", held up by a disruption budget ({blocked})" if blocked else ""
        how = f"{place} is cordoned and empty but for daemons: {len(asked)} evicted in {self.now - began:.1f} s{waited}"
        how += f"; {self._others(place.name)} pods of others stay"
        return Evidence(str(place), True, how, Interval(began, first), tuple(evicted))

    def _evictable(self, node: str) -> list[Object]:
        pods = self.context.api.items(within(self.context.namespace, "pod"), {"fieldSelector": f"spec.nodeName={node}"})
        return [pod for pod in pods if pod["status"].get("phase") not in ENDED and not _stays(pod)]

    def _others(self, node: str) -> int:
        pods = self.context.api.items("/api/v1/pods", {"fieldSelector": f"spec.nodeName={node}"})
        return sum(pod["metadata"]["namespace"] != self.context.namespace and not _stays(pod) for pod in pods)


def _stays(pod: Object) -> bool:
    """Say whether a pod belongs to its node: of a daemon, or of the kubelet itself."""
    meta = pod["metadata"]
    owners = {owner["kind"] for owner in meta.get("ownerReferences") or ()}
    return "DaemonSet" in owners or MIRROR in (meta.get("annotations") or {})


def _evict(api: Api, pod: Object, dry: bool = False) -> str:
    """Ask for an eviction; return why it was refused for now, or nothing. A pod that is gone needs none."""
    meta = pod["metadata"]
    options: dict[str, object] = {"preconditions": {"uid": meta["uid"]}, **({"dryRun": ["All"]} if dry else {})}
    name = {"name": meta["name"], "namespace": meta["namespace"]}
    body = {"apiVersion": "policy/v1", "kind": "Eviction", "metadata": name, "deleteOptions": options}
    try:
        api.create(f"{within(meta['namespace'], 'pod', meta['name'])}/eviction", body)
    except ApiFailed as error:
        if error.status in {HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT}:
            return ""
        if error.status == HTTPStatus.TOO_MANY_REQUESTS:
            return error.reason
        raise InjectionFailed(f"evicting {meta['name']}: {error.reason}") from error
    return ""
