"""Whether pods are spread as their own spread constraints ask. Pure: nothing here asks the API server.

The scheduler keeps them when it places a pod, and never again: after a drain all of a workload may be left on one node,
and a scenario that starts from there says something else than one that starts from a fresh rollout.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence

from squall.platforms.kubernetes.api.client import Object
from squall.platforms.kubernetes.objects.nodes import is_ready
from squall.platforms.kubernetes.objects.pods import stays

HOST, MUST = "kubernetes.io/hostname", "DoNotSchedule"
KEEPS_OFF = {"NoSchedule", "NoExecute"}


def crowded(pods: Sequence[Object], nodes: Sequence[Object]) -> list[Object]:
    """Return the pods whose replacement would bring their workload back within ``maxSkew`` over nodes.

    Of constraints over hosts that the scheduler must keep (``DoNotSchedule``); nodes are those that take any pod. None
    of a workload that has a pod without a node: where that will be is not known yet.
    """
    free = [str(node["metadata"]["name"]) for node in nodes if _takes(node)]
    kept: dict[str, list[Object]] = defaultdict(list)
    for pod in pods:
        for owner in pod["metadata"].get("ownerReferences") or ():
            if owner.get("controller") and stays(pod):
                kept[str(owner["uid"])].append(pod)
    return [pod for together in kept.values() for pod in _beyond(together, free)]


def _beyond(pods: Sequence[Object], free: Sequence[str]) -> Iterator[Object]:
    placed = [str(pod["spec"].get("nodeName") or "") for pod in pods]
    if (most := _allowed(pods[0])) is None or not all(placed) or not free:
        return
    count = Counter(dict.fromkeys(free, 0))
    count.update(placed)
    for pod, node in zip(pods, placed, strict=True):
        emptiest = min(free, key=lambda name: count[name])
        if count[node] - count[emptiest] > most:
            count[node] -= 1
            count[emptiest] += 1
            yield pod


def _allowed(pod: Object) -> int | None:
    """Return by how many pods one host may have more than another; None: by any number."""
    asked = pod["spec"].get("topologySpreadConstraints") or ()
    hard = [each for each in asked if each.get("topologyKey") == HOST and each.get("whenUnsatisfiable") == MUST]
    return min((int(each["maxSkew"]) for each in hard), default=None)


def _takes(node: Object) -> bool:
    taints = {taint.get("effect") for taint in node.get("spec", {}).get("taints") or ()}
    return is_ready(node) and not taints & KEEPS_OFF and not node.get("spec", {}).get("unschedulable")
