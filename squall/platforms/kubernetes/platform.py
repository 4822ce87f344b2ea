"""A system on a Kubernetes cluster: what the platforms kind and kubernetes have in common.

Which cluster may be harmed at all is said by the platform's own ``check``, which is asked before anything is written.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import ClassVar

from squall.clock import Clock
from squall.errors import HarnessFailed
from squall.instances import Instance
from squall.platforms.capability import InstanceWatch, Need, Sink, StoreHandle, Tell
from squall.platforms.kubernetes import facts
from squall.platforms.kubernetes.access.permissions import Permissions
from squall.platforms.kubernetes.agent_harms import AgentHarms
from squall.platforms.kubernetes.agents.agents import Agents
from squall.platforms.kubernetes.api.cluster_identity import cluster_uid
from squall.platforms.kubernetes.api.paths import proxied, within
from squall.platforms.kubernetes.api_harms import ApiHarms
from squall.platforms.kubernetes.baseline import baseline
from squall.platforms.kubernetes.blindness import Blindness
from squall.platforms.kubernetes.deploy import Deployment
from squall.platforms.kubernetes.deployment_harms import DeploymentHarms
from squall.platforms.kubernetes.expiry import ClusterExpiry, expires
from squall.platforms.kubernetes.harms.context import HarmContext
from squall.platforms.kubernetes.harms.release import Releasing
from squall.platforms.kubernetes.instance_watch import SystemWatch
from squall.platforms.kubernetes.named import missing_object
from squall.platforms.kubernetes.objects.nodes import Zones
from squall.platforms.kubernetes.objects.pods import ENDED, instance
from squall.platforms.kubernetes.objects.workloads import Workloads
from squall.platforms.kubernetes.run_lease import NAME as LEASE
from squall.platforms.stores.endpoint import KUBECONFIG_COPY, Forwarded, StoreEndpoint, endpoint_of
from squall.platforms.stores.store import StoreWorkers
from squall.safety.undo_log import Undo
from squall.system.cluster import Cluster
from squall.system.gauge import Gauge
from squall.system.system import System


class OnCluster(AgentHarms, DeploymentHarms, ApiHarms):
    """A system in a cluster.

    Offers Platform, Permits, Gauges and Stores, and the harms of its bases.
    """

    name: str
    # Whether a namespace's label does not suffice to harm the nodes that it is on.
    asks_nodes: ClassVar[bool] = False

    def __init__(self, system: System, cluster: Cluster, context: str | None, clock: Clock) -> None:
        super().__init__(system, cluster, context, clock)
        self.released = set[str]()
        self._workloads = Workloads(self._api, cluster)
        ends_by_itself = expires(self.name, cluster)
        self._permissions = Permissions(self._api, self._kubectl, system, cluster, self.grants(), ends_by_itself)
        self._zones = Zones(self._api)
        self._agents = Agents(self._api, self._kubectl, cluster, clock)
        self._releasing = Releasing(self._api, self._kubectl, cluster.namespace, system.folder, clock)
        self._workers = StoreWorkers(self._owned, {KUBECONFIG_COPY: self._api.frozen.path})
        lease = within(cluster.namespace, "lease", LEASE)
        self.harm_context = HarmContext(
            self._api, self._workloads, clock, self._owned, Blindness(clock, lambda event: self._sink(event)),
            system.tiers, ClusterExpiry(self._api, clock, cluster.agent, lease) if ends_by_itself else None,
            self.stores, self.asks_nodes,
        )  # fmt: skip

    def _ending(self, node: str, containers: Sequence[str]) -> None:
        """End containers of pods that are being deleted at once, if the platform can do that."""

    def plan_deploy(self, run: str) -> Sequence[Undo]:
        """Return nothing: the system stays in the cluster."""
        return ()

    def deploy(self, weaknesses: Sequence[str], tell: Tell) -> None:
        """Bring up the healthy form, or the one weakness, from fresh pods."""
        self._guard()
        parts = self._api, self._kubectl, self._system, self._workloads, self._clock
        Deployment(*parts, self._ending).bring_up(weaknesses, tell)

    def users_url(self) -> str:
        return self._cluster.url

    def instances(self, service: str) -> Sequence[Instance]:
        """Return a service's pods by name, without those that have ended for good."""
        now = datetime.now(UTC)
        pods = [pod for pod in self._workloads.pods_of(service) if pod["status"].get("phase") not in ENDED]
        container = self._cluster.services[service].container or ""
        found = [instance(service, pod, now, container) for pod in pods]
        return [replace(each, zone=self._zones.of(each.node)) for each in found]

    def missing_object(self, kind: str, name: str, selector: str, namespace: str) -> str:
        return missing_object(self._api, kind, name, selector, namespace or self._cluster.namespace)

    def wanted(self, service: str) -> int:
        return self._workloads.wanted(service)

    def watch(self, services: Sequence[str], sink: Sink) -> InstanceWatch:
        """Start watching; the whole state has been told when this returns."""
        self._sink = sink
        members = {service: self._workloads.members(service) for service in services}
        named = {s: name for s in services if (name := self._cluster.services[s].service) is not None}
        namespace, clock = self._cluster.namespace, self._clock
        blindness = self.harm_context.blindness
        return SystemWatch(self._api, namespace, members, named, sink, clock, blindness, self.released)

    def metrics(self, instance: Instance, path: str, within: float) -> str:
        """Have the API server ask the pod."""
        if (place := self._cluster.services.get(instance.service)) is None:
            raise HarnessFailed(f"{instance.service} has no place in the cluster")
        return self._api.page(proxied(self._cluster.namespace, instance.name, place.metrics, path), within)

    def gauges(self, service: str) -> Mapping[str, Gauge]:
        return self._system.services[service].gauges

    def stores(self) -> Mapping[str, StoreHandle]:
        return self._workers.at(self._endpoints())

    def baseline(self) -> Mapping[str, str]:
        return {**baseline(self._api, self._cluster.namespace), **self._workers.fields()}

    def facts(self) -> tuple[Mapping[str, str], Mapping[str, str]]:
        versions = {**facts.versions(self._api, self._kubectl), "cluster": cluster_uid(self._api)}
        return versions, facts.tuning(self._api, self._workloads)

    def needed(self, need: Need) -> Sequence[str]:
        """Return the rights of a run whose harm needs this, deploying and watching included."""
        return [str(right) for right in self._permissions.needed(need)]

    def missing(self, need: Need) -> Sequence[str]:
        return [str(right) for right in self._permissions.missing(need)]

    def absent(self, need: Need) -> str:
        """Say why there can be no agents."""
        self._guard()
        return self._permissions.absent(need)

    def close(self) -> None:
        self._workers.close()
        super().close()

    def _endpoints(self) -> Iterator[StoreEndpoint]:
        """Yield how each store is reached: by a port-forward to a Service of the system's namespace."""
        for service, store in self._cluster.stores.items():
            place = Forwarded(
                context=self._api.context, kubeconfig=self._api.kubeconfig, namespace=self._cluster.namespace,
                service=store.service, port=store.listens,
            )  # fmt: skip
            yield endpoint_of(service, store, place)
