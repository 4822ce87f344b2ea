"""The expiry in the cluster as the harness has it: a pod that is there before a harm to objects, and gone after it.

What it does is ``squall.agent.expiry.expiry``. An administrator makes its account once (``squall rbac`` prints it).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Protocol, runtime_checkable

from squall.agent.expiry.expiry import READY
from squall.agent.expiry.marks import mark_text
from squall.agent.expiry.versions import Before
from squall.clock import Clock
from squall.errors import HarnessFailed, Misuse, NotUndone
from squall.instances import Ending, Evidence
from squall.platforms.kubernetes.agents.pod import ENTRY, SECCOMP, UNPRIVILEGED, make_namespace, pull_policy, require
from squall.platforms.kubernetes.api.arguments import ApiPath, OfPod
from squall.platforms.kubernetes.api.client import Api, ApiFailed, Object
from squall.platforms.kubernetes.api.cluster_undo import Args, cluster_undo, undoes_in_cluster
from squall.platforms.kubernetes.api.labels import OURS, RUN, expiry_name, label
from squall.platforms.kubernetes.api.object_ref import NODE, ObjectRef
from squall.platforms.kubernetes.api.paths import within
from squall.platforms.kubernetes.marks.mark import Mark
from squall.platforms.kubernetes.objects.pods import ready, trouble
from squall.platforms.kubernetes.undo import remove_pod
from squall.platforms.object_harms import ObjectHarm
from squall.safety.undo_log import Undo
from squall.system.cluster import Cluster

ACCOUNT = "squall-expiry"
RUNNING_WITHIN = 60.0
LOOK_EVERY = 0.1
# No mark states a later time; after that it is of no use.
LONGEST = 2 * 3600
EXPIRY = "kubernetes.expiry"


@dataclass(frozen=True, slots=True)
class HeldObjects:
    """What a run is going to hold in the API: objects that it marks, Deployments that it has released (by path)."""

    places: Sequence[ObjectRef] = ()
    releases: Mapping[str, Before] = field(default_factory=dict)

    @property
    def paths(self) -> list[str]:
        """The paths of all of them."""
        return [*(place.path for place in self.places), *self.releases]


@dataclass(frozen=True, slots=True)
class ClusterExpiry:
    """How a pod is had in which the expiry runs: the agent's image, under the account of its own.

    ``lease`` is the path of the lease by which the run is known to live.
    """

    api: Api
    clock: Clock
    image: str
    lease: str
    account: str = ACCOUNT

    def check(self) -> None:
        """Raise Misuse unless its image is said and its account is there."""
        require(self.image)
        if self.api.find(within(OURS, "serviceaccount", self.account)) is None:
            raise Misuse(
                f"there is no account {self.account} in the namespace {OURS}, by which what a run leaves in the API "
                "would end by itself: squall rbac prints it, or say platforms.kubernetes.expiry: false in system.yaml"
            )

    def undo(self, run: str, held: HeldObjects) -> Undo:
        """Return the undo of the pod, which is not taken away from an active harm."""
        name = expiry_name(run, held.paths)
        marked = [place.path for place in held.places]
        about = f"the expiry {name} in {OURS} of {self.api.context}"
        return cluster_undo(self.api, EXPIRY, about, namespace=OURS, name=name, run=run, marked=marked)

    def start(self, run: str, held: HeldObjects) -> None:
        """Make the pod, and wait until it has read each object. Raises HarnessFailed."""
        make_namespace(self.api)
        name = expiry_name(run, held.paths)
        try:
            self.api.create(within(OURS, "pod"), expiry_pod(name, run, held, self.image, self.lease))
        except ApiFailed as error:
            if error.status != HTTPStatus.CONFLICT:
                raise HarnessFailed(f"making the expiry's pod: {error.reason}") from error
        deadline = self.clock.now() + RUNNING_WITHIN
        while not ready(pod := self.api.get(within(OURS, "pod", name))):
            if self.clock.now() > deadline:
                raise HarnessFailed(f"starting the expiry: {trouble(pod)} after {RUNNING_WITHIN:.0f} s")
            self.clock.sleep(LOOK_EVERY)


@runtime_checkable
class MarksObjects(ObjectHarm, Protocol):
    """A harm that leaves a mark on each object that it changes."""

    def places(self) -> Sequence[ObjectRef]:
        """Return the objects that it marks."""
        ...


@dataclass(frozen=True, slots=True)
class Expiring:
    """A harm to objects with an expiry in the cluster: that is there before it, and taken away last."""

    harming: MarksObjects
    expiry: ClusterExpiry

    def warnings(self) -> Sequence[str]:
        return self.harming.warnings()

    def undo(self, run: str) -> Sequence[Undo]:
        """Return the harm's, after the pod's: replayed, the latest entry is the first."""
        self.expiry.check()
        return [self.expiry.undo(run, HeldObjects(self.harming.places())), *self.harming.undo(run)]

    def prepare(self, run: str) -> None:
        """Start the expiry first."""
        self.expiry.start(run, HeldObjects(self.harming.places()))
        self.harming.prepare(run)

    def harm(self, run: str, lasts: float) -> Sequence[Evidence]:
        return self.harming.harm(run, lasts)

    def end(self, run: str) -> Sequence[Ending]:
        return self.harming.end(run)

    def ended(self, run: str) -> Sequence[Ending]:
        return self.harming.ended(run)


def expires(platform: str, cluster: Cluster) -> bool:
    """Say whether what a run holds in the API ends by itself: as the system file says, else where nobody else would."""
    return platform == "kubernetes" if cluster.expiry is None else cluster.expiry


class ExpiryArguments(OfPod):
    """The expiry's pod, and the objects that it is there for."""

    marked: list[ApiPath]


@undoes_in_cluster(EXPIRY, "removing the expiry {name}", ExpiryArguments)
def remove(api: Api, args: Args) -> str:
    """Delete the pod, unless an object still bears the run's mark: then only the expiry is left to take it away."""
    for path in args["marked"]:
        text = mark_text(api.find(path) or {"metadata": {}})
        if text is not None and Mark.parsed(text).run == args["run"]:
            raise NotUndone(f"the expiry {args['name']} stays, for {path} still bears the run's mark")
    return remove_pod(api, args)


def expiry_pod(name: str, run: str, held: HeldObjects, image: str, lease: str) -> Object:
    """Return the pod: unprivileged, and on none of the nodes that are harmed. It is ready once it read all it must."""
    harmed = [place.name for place in held.places if place.kind == NODE]
    words = [
        word
        for path, was in held.releases.items()
        for word in ("--released", f"{path}={was.hash}={was.number}={was.uid}")
    ]
    elsewhere = {"matchExpressions": [{"key": "kubernetes.io/hostname", "operator": "NotIn", "values": harmed}]}
    affinity: Object = {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution":
                                         {"nodeSelectorTerms": [elsewhere]}}} if harmed else {}  # fmt: skip
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {
            "name": name,
            "namespace": OURS,
            "labels": {RUN: label(run), "app.kubernetes.io/name": "squall-expiry"},
        },
        "spec": {
            "serviceAccountName": ACCOUNT,
            "securityContext": SECCOMP,
            "restartPolicy": "OnFailure",
            "activeDeadlineSeconds": LONGEST,
            "terminationGracePeriodSeconds": 1,
            "enableServiceLinks": False,
            "tolerations": [{"operator": "Exists"}],
            "affinity": affinity,
            "containers": [
                {
                    "name": "expiry",
                    "image": image,
                    "imagePullPolicy": pull_policy(image),
                    "command": [*ENTRY, "expire", "--of", run, "--under", lease, *words,
                                *(place.path for place in held.places)],
                    "readinessProbe": {"exec": {"command": ["test", "-e", str(READY)]}, "periodSeconds": 1},
                    "volumeMounts": [{"name": "ready", "mountPath": str(READY.parent)}],
                    "securityContext": UNPRIVILEGED,
                    "resources": {"requests": {"cpu": "10m", "memory": "24Mi"}, "limits": {"memory": "96Mi"}},
                }
            ],
            "volumes": [{"name": "ready", "emptyDir": {"medium": "Memory", "sizeLimit": "64Ki"}}],
        },
    }  # fmt: skip
