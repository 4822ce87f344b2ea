"""Taking back what a run put into a cluster, from any process. To be imported wherever undo logs are replayed."""

from squall.clock import SYSTEM
from squall.errors import NotUndone
from squall.platforms.kubernetes.api.arguments import InNamespace, OfPod
from squall.platforms.kubernetes.api.client import Api
from squall.platforms.kubernetes.api.cluster_undo import Args, cluster_undo, undoes_in_cluster
from squall.platforms.kubernetes.api.labels import RUN, label
from squall.platforms.kubernetes.api.paths import within
from squall.platforms.kubernetes.run_lease import RunLease
from squall.safety.undo_log import Undo

POD = "kubernetes.pod"
LEASE = "kubernetes.lease"
GONE_WITHIN = 30.0
LOOK_EVERY = 0.05


def pod_undo(api: Api, namespace: str, name: str, run: str) -> Undo:
    """Return the entry for a pod that a run is going to make."""
    about = f"pod {name} in {namespace} of {api.context}"
    return cluster_undo(api, POD, about, namespace=namespace, name=name, run=run)


def lease_undo(api: Api, namespace: str, run: str) -> Undo:
    """Return the entry for the lease that a run holds."""
    return cluster_undo(api, LEASE, f"the lease of {namespace} in {api.context}", namespace=namespace, run=run)


@undoes_in_cluster(POD, "removing pod {namespace}/{name}", OfPod)
def remove_pod(api: Api, args: Args) -> str:
    """Delete the pod if it bears the run's label, and wait until it is gone."""
    path, about = within(args["namespace"], "pod", args["name"]), f"pod {args['namespace']}/{args['name']}"
    if (pod := api.find(path)) is None:
        return f"{about} is not there"
    uid = str(pod["metadata"]["uid"])
    if (pod["metadata"].get("labels") or {}).get(RUN) != label(args["run"]):
        return f"{about} is not of this run: left alone"
    began = SYSTEM.now()
    api.remove(path, uid)
    await_gone(api, path, uid, about)
    return f"{about} (uid {uid}) is gone after {SYSTEM.now() - began:.1f} s"


@undoes_in_cluster(LEASE, "releasing the lease of {namespace}", InNamespace)
def release_lease(api: Api, args: Args) -> str:
    """Give the lease back if the run still holds it."""
    return RunLease(api, args["namespace"]).release(args["run"])


def await_gone(api: Api, path: str, uid: str, about: str) -> None:
    """Return once no object of that uid is there. Raises NotUndone after ``GONE_WITHIN`` seconds."""
    deadline = SYSTEM.now() + GONE_WITHIN
    while (found := api.find(path)) is not None and found["metadata"]["uid"] == uid:
        if SYSTEM.now() > deadline:
            raise NotUndone(f"removing {about}: still there after {GONE_WITHIN:.0f} s")
        SYSTEM.sleep(LOOK_EVERY)
