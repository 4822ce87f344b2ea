"""The workloads that a system's services run as, and the state they are in."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from squall.errors import Misuse
from squall.platforms.kubernetes.api.client import Api, Object
from squall.platforms.kubernetes.api.object_ref import ObjectRef
from squall.platforms.kubernetes.api.paths import within
from squall.platforms.kubernetes.objects.endpoints import SERVICE_LABEL, serving
from squall.platforms.kubernetes.objects.members import Members
from squall.platforms.kubernetes.objects.pods import incarnation
from squall.system.cluster import Cluster, Workload


@dataclass(frozen=True, slots=True)
class Workloads:
    """Reads the workloads of one system, by the names of its services."""

    api: Api
    cluster: Cluster

    def read(self, service: str) -> Object:
        """Return a service's Deployment or StatefulSet.

        Raises:
            Misuse: the system file places no such service, or the cluster has no such workload.
        """
        place = self.place(service)
        if (found := self.api.find(place.path)) is None:
            raise Misuse(f"there is no {place.kind}/{place.name} in the namespace {place.namespace} of "
                         f"{self.api.context}")  # fmt: skip
        return found

    def place(self, service: str) -> ObjectRef:
        """Return where a service's workload is. Raises Misuse: the system file places no such service."""
        kind, _, name = self._placed(service).workload.partition("/")
        return ObjectRef(kind, name, self.cluster.namespace)

    def service(self, service: str) -> ObjectRef:
        """Return where the Kubernetes Service of a service is. Raises Misuse: the system file names none."""
        if (name := self._placed(service).service) is None:
            raise Misuse(f'"{service}" has no Kubernetes Service: name it in platforms.kind.services of system.yaml')
        return ObjectRef("service", name, self.cluster.namespace)

    def _placed(self, service: str) -> Workload:
        if service not in self.cluster.services:
            known = ", ".join(sorted(self.cluster.services))
            raise Misuse(f'"{service}" has no place in the cluster (known: {known})')
        return self.cluster.services[service]

    def deployment(self, service: str) -> ObjectRef:
        """Return where a service's Deployment is. Raises Misuse: it is another kind of workload."""
        if (place := self.place(service)).kind != "deployment":
            raise Misuse(f'"{service}" is a {place.kind}: only a Deployment has versions that are rolled out')
        return place

    def behind(self, service: ObjectRef) -> Sequence[str]:
        """Return the names of the pods that get traffic through a Kubernetes Service."""
        return sorted(pod for pod, ready in self.endpoints(service).items() if ready)

    def endpoints(self, service: ObjectRef) -> Mapping[str, bool]:
        """Return the names of the pods behind a Kubernetes Service, and whether each is ready."""
        chosen = {"labelSelector": f"{SERVICE_LABEL}={service.name}"}
        pieces = self.api.items(within(service.namespace, "endpointslice"), chosen)
        return {pod: ready for piece in pieces for pod, ready in serving(piece).items()}

    def autoscaler(self, service: str) -> ObjectRef | None:
        """Return the autoscaler that governs a service's workload, if there is one."""
        place = self.place(service)
        for each in self.api.items(within(place.namespace, "horizontalpodautoscaler")):
            if scaler(each) == (place.kind, place.name):
                return ObjectRef("horizontalpodautoscaler", str(each["metadata"]["name"]), place.namespace)
        return None

    def configuration(self, service: str, name: str) -> Mapping[str, str]:
        """Return the keys and values of a configuration. Raises Misuse: the system file names none of that name."""
        if (found := self.cluster.configurations.get(name, {}).get(service)) is None:
            named = sorted(each for each, of in self.cluster.configurations.items() if service in of)
            known = ", ".join(f'"{each}"' for each in named) or "none"
            raise Misuse(f'there is no configuration of "{service}" that "{name}" (known: {known})')
        return found

    def front(self, service: str) -> Object | None:
        """Return a service's Kubernetes Service as it is, if the system file names one."""
        name = self._placed(service).service
        return None if name is None else self.api.find(within(self.cluster.namespace, "service", name))

    def selector(self, service: str) -> Mapping[str, str]:
        """Return the labels that all pods of a service's workload bear by its selector."""
        labels: Mapping[str, str] = self.read(service)["spec"]["selector"].get("matchLabels") or {}
        return labels

    def members(self, service: str) -> Members:
        """Return which pods are a service's.

        Raises:
            Misuse: there is no such workload, or not the container that the system file names in it.
        """
        place, workload, named = self.place(service), self.read(service), self._placed(service).container or ""
        spec = (workload["spec"].get("template") or {}).get("spec") or {}
        known = [str(each["name"]) for kind in ("containers", "initContainers") for each in spec.get(kind) or ()]
        if named and named not in known:
            raise Misuse(f'"{service}": there is no container {named} in {place.kind}/{place.name} '
                         f"(it has: {', '.join(known)})")  # fmt: skip
        return Members.of(place.kind, workload, named)

    def wanted(self, service: str) -> int:
        """Return how many pods its workload is told to keep."""
        return replicas(self.read(service))

    def pods(self) -> Sequence[Object]:
        """Return all pods of the namespace."""
        return self.api.items(within(self.cluster.namespace, "pod"))

    def chosen_pods(self) -> Sequence[Object]:
        """Return the pods of the system's services, and no others."""
        members = [self.members(service) for service in self.cluster.services]
        return [pod for pod in self.pods() if any(each.has(pod) for each in members)]

    def pods_of(self, service: str) -> Sequence[Object]:
        """Return the pods of one service, by name."""
        members = self.members(service)
        chosen = [pod for pod in self.pods() if members.has(pod)]
        return sorted(chosen, key=lambda pod: str(pod["metadata"]["name"]))

    def incarnations_of(self, service: str) -> tuple[str, ...]:
        """Return the incarnations of a service's pods."""
        container = self.members(service).container
        return tuple(incarnation(pod, container) for pod in self.pods_of(service))

    def incarnations_on(self, node: str) -> tuple[str, ...]:
        """Return the incarnations of the system's pods on a node."""
        return tuple(self.incarnation(pod) for pod in self.pods() if pod["spec"].get("nodeName") == node)

    def incarnation(self, pod: Object) -> str:
        """Return the incarnation of a pod, by the container that the system file names for its service."""
        named = [service for service, placed in self.cluster.services.items() if placed.container]
        whose = next((found for service in named if (found := self.members(service)).has(pod)), None)
        return incarnation(pod, whose.container if whose else "")


def replicas(workload: Object) -> int:
    """Return how many pods a workload is told to keep; nothing said means one."""
    said = workload["spec"].get("replicas")
    return 1 if said is None else int(said)


def scaler(autoscaler: Object) -> tuple[str, str]:
    """Return kind (lower case) and name of the workload that an autoscaler scales."""
    target = autoscaler["spec"]["scaleTargetRef"]
    return str(target["kind"]).lower(), str(target["name"])


def rolled_out(workload: Object) -> bool:
    """Say whether the controller has seen the last change and all pods are of it, ready, and no others are left."""
    wanted, status = replicas(workload), workload.get("status") or {}
    seen = int(status.get("observedGeneration") or 0) >= int(workload["metadata"]["generation"])
    # A StatefulSet that was never updated counts no updated pods but names one revision.
    updated = status.get("updatedReplicas", 0)
    if status.get("updateRevision") and status.get("updateRevision") == status.get("currentRevision"):
        updated = status.get("replicas", 0)
    return seen and all(
        int(count or 0) == wanted for count in (status.get("replicas", 0), status.get("readyReplicas", 0), updated)
    )
