"""A pod that asks for one node: the scheduler's answer to it shows whether the node takes anything new."""

from dataclasses import dataclass
from http import HTTPStatus

from squall.clock import Clock
from squall.platforms.kubernetes.agents.pod import SECCOMP, UNPRIVILEGED, pull_policy
from squall.platforms.kubernetes.api.client import Api, ApiFailed, Object
from squall.platforms.kubernetes.api.labels import OURS, RUN, label, probe_name
from squall.platforms.kubernetes.api.paths import within
from squall.waiting import until

LOOK_EVERY = 0.01
# A pod that is deleted without grace is gone sooner (s).
GOES_WITHIN = 30.0
CORDONED = "node.kubernetes.io/unschedulable"


@dataclass(frozen=True, slots=True)
class NodeProbe:
    """Asks for nodes, in squall's own namespace, with a pod that is removed when it has its answer."""

    api: Api
    clock: Clock
    run: str
    image: str

    def refused(self, node: Object, limit: float) -> tuple[bool, str]:
        """Ask until the scheduler refuses, for ``limit`` seconds; say whether it did, and in what words.

        It may not have heard of the cordon yet: a pod that it lets on the node is taken away, and asked with again.
        """
        deadline, name = self.clock.now() + limit, str(node["metadata"]["name"])
        how = ""
        while self.clock.now() < deadline:
            uid = self._ask(node)
            try:
                refused, how = self._answer(name, uid, deadline)
            finally:
                self.api.remove(within(OURS, "pod", probe_name(self.run, name)), uid, 0)
            if refused:
                return True, how
        return False, f"{how or 'a pod that asks for it got no answer'} within {limit:g} s"

    def _ask(self, node: Object) -> str:
        """Make the pod, once the one before is gone, and return its uid."""

        def made() -> str:
            try:
                pod = self.api.create(within(OURS, "pod"), probe_pod(self.run, node, self.image))
                return str(pod["metadata"]["uid"])
            except ApiFailed as error:
                if error.status != HTTPStatus.CONFLICT:
                    raise
                return ""

        doing = f"asking for {node['metadata']['name']} by a pod"
        return until(doing, made, within=GOES_WITHIN, every=LOOK_EVERY, clock=self.clock,
                     state=lambda _: "the pod before it is still going")  # fmt: skip

    def _answer(self, node: str, uid: str, deadline: float) -> tuple[bool, str]:
        path = within(OURS, "pod", probe_name(self.run, node))
        while self.clock.now() < deadline:
            pod = self.api.find(path)
            if pod is None or pod["metadata"]["uid"] != uid:
                return False, "the pod that asks for it was taken away by someone else"
            if pod["spec"].get("nodeName"):
                return False, f"a pod that asks for {node} was let on it"
            for condition in pod.get("status", {}).get("conditions") or ():
                message = str(condition.get("message") or "")
                if condition.get("reason") == "Unschedulable" and "unschedulable" in message:
                    return True, f'a pod that asks for {node} is refused: "{message.partition(". ")[0]}"'
            self.clock.sleep(LOOK_EVERY)
        return False, "a pod that asks for it got no answer"


def probe_pod(run: str, node: Object, image: str) -> Object:
    """Return the pod. Pure. It asks by the node's name as daemons do, and puts up with all but a cordon."""
    meta = node["metadata"]
    wanted = {"key": "metadata.name", "operator": "In", "values": [meta["name"]]}
    affinity = {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": [{"matchFields": [wanted]}]}}
    taints = [taint for taint in node["spec"].get("taints") or () if taint["key"] != CORDONED]
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {
            "name": probe_name(run, str(meta["name"])),
            "namespace": OURS,
            "labels": {RUN: label(run), "app.kubernetes.io/name": "squall-probe"},
        },
        "spec": {
            "affinity": {"nodeAffinity": affinity},
            "tolerations": [{"key": taint["key"], "operator": "Exists", "effect": taint["effect"]} for taint in taints],
            "securityContext": SECCOMP,
            "automountServiceAccountToken": False,
            "enableServiceLinks": False,
            "restartPolicy": "Never",
            "terminationGracePeriodSeconds": 0,
            "containers": [
                {
                    "name": "probe",
                    "image": image,
                    "imagePullPolicy": pull_policy(image),
                    "command": ["python3", "-c", ""],
                    "securityContext": UNPRIVILEGED,
                }
            ],
        },
    }
