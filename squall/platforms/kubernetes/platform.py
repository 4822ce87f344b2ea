"""A system on a Kubernetes cluster: what the platforms kind and kubernetes have in common.

It puts together what stands in this folder. Which cluster may be harmed at all is said by the platform's own ``check``,
which is asked before anything is written.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime

from pydantic import JsonValue as Json

from squall.agent.harms.proxied import DOOR
from squall.agent.service.orders import LONGEST
from squall.clock import Clock
from squall.errors import HarnessFailed, InjectionFailed
from squall.instances import Address, Ending, Evidence, Instance
from squall.platforms.capability import InstanceWatch, Sink, StoreHandle, Tell
from squall.platforms.kubectl import Kubectl
from squall.platforms.kubernetes import facts
from squall.platforms.kubernetes.access.guard_rails import permit
from squall.platforms.kubernetes.access.permissions import Permissions
from squall.platforms.kubernetes.agents.agents import Agents
from squall.platforms.kubernetes.announcement import announce
from squall.platforms.kubernetes.api.client import Api
from squall.platforms.kubernetes.api.cluster_identity import cluster_uid
from squall.platforms.kubernetes.api.paths import proxied, within
from squall.platforms.kubernetes.api_harms import ApiHarms
from squall.platforms.kubernetes.baseline import baseline
from squall.platforms.kubernetes.blindness import Blindness
from squall.platforms.kubernetes.deploy import Deployment
from squall.platforms.kubernetes.expiry import ClusterExpiry, expires
from squall.platforms.kubernetes.harms.context import Ground
from squall.platforms.kubernetes.harms.deletion import delete
from squall.platforms.kubernetes.harms.release import Call, Releasing, call, expiring
from squall.platforms.kubernetes.harms.rotation import rotation
from squall.platforms.kubernetes.instance_watch import SystemWatch
from squall.platforms.kubernetes.leftovers import marks_of_dead_runs
from squall.platforms.kubernetes.objects.pods import ENDED, instance
from squall.platforms.kubernetes.objects.service_addresses import addresses
from squall.platforms.kubernetes.objects.workloads import Workloads
from squall.platforms.kubernetes.objects.zones import Zones
from squall.platforms.kubernetes.run_lease import NAME as LEASE
from squall.platforms.kubernetes.run_lease import RunLease
from squall.platforms.kubernetes.stores import endpoints
from squall.platforms.kubernetes.undo import lease_undo
from squall.platforms.object_harms import Harming
from squall.platforms.stores.store import StoreWorkers
from squall.record.calls import CallCounts
from squall.record.event import Noted
from squall.safety.lease import Renewal
from squall.safety.undo_log import Undo
from squall.system.cluster import Cluster
from squall.system.gauge import Gauge
from squall.system.system import System

HARMS = frozenset(
    {"cpu", "disk", "errors", "freeze", "kill", "memory", "partition", "reset", "resolution", "silent", "slow", "stop"}
    | {"unreachable"}
)


class OnCluster(ApiHarms):
    """A system in a cluster.

    Offers Platform, Permits, Gauges, Host, WatchesDoors, Deletes, DeletesByForce, Stores, and ApiHarms' own.

    ``context`` is the kubeconfig's current one if none is given. Nothing is asked of the cluster before ``check``.

    Raises:
        Misuse: the kubeconfig has no such context.
    """

    name: str

    def __init__(self, system: System, cluster: Cluster, context: str | None, clock: Clock) -> None:
        self._system, self._cluster, self._clock = system, cluster, clock
        self._api = Api(context)
        self.context = self._api.context
        self._kubectl = Kubectl(self.context, self._api.kubeconfig)
        self._workloads = Workloads(self._api, cluster)
        manifests = system.folder / cluster.kustomize if cluster.kustomize is not None else None
        self._permissions = Permissions(
            self._api, self._kubectl, system, cluster, manifests, expires(self.name, cluster)
        )
        self._zones = Zones(self._api)
        self._agents = Agents(self._api, self._kubectl, cluster, clock)
        self._releasing = Releasing(self._api, self._kubectl, cluster.namespace, system.folder, clock)
        self._sink: Sink = lambda event: None
        self._workers = StoreWorkers(self._owned)
        self._renewal: Renewal | None = None
        self._run = ""
        self._proven = False
        self.blindness = Blindness(clock, lambda event: self._sink(event))
        lease = within(cluster.namespace, "lease", LEASE)
        expiry = ClusterExpiry(self._api, clock, cluster.agent, lease) if expires(self.name, cluster) else None
        self.ground = Ground(self._api, self._workloads, clock, self._owned, system.tiers, expiry)

    def check(self) -> None:
        """Raise Misuse unless the cluster is there, and the namespace in it may be harmed."""
        permit(self._cluster.namespace)
        self._prove()
        self._proven = True

    def leftovers(self) -> Sequence[str]:
        """Return the harms of dead runs, by the marks that they bear."""
        return [
            f"{each.run or 'unknown'}: {each.about}"
            for each in marks_of_dead_runs(self._api, self._cluster.namespace, datetime.now(UTC))
        ]

    def _prove(self) -> None:
        """Raise Misuse unless this platform may harm this cluster."""
        raise NotImplementedError

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
        """Return the base URL of the users."""
        return self._cluster.url

    def instances(self, service: str) -> Sequence[Instance]:
        """Return a service's pods by name, without those that have ended for good."""
        now = datetime.now(UTC)
        pods = [pod for pod in self._workloads.pods_of(service) if pod["status"].get("phase") not in ENDED]
        found = [instance(service, pod, now) for pod in pods]
        return [replace(each, zone=self._zones.of(each.node)) for each in found]

    def wanted(self, service: str) -> int:
        """Return how many pods its workload is told to keep."""
        return self._workloads.wanted(service)

    def watch(self, services: Sequence[str], sink: Sink) -> InstanceWatch:
        """Start watching; the whole state has been told when this returns."""
        self._sink = sink
        selectors = {service: self._workloads.selector(service) for service in services}
        doors = {s: door for s in services if (door := self._cluster.services[s].service) is not None}
        namespace, clock = self._cluster.namespace, self._clock
        return SystemWatch(self._api, namespace, selectors, doors, sink, clock, self.blindness)

    def metrics(self, instance: Instance, path: str, within: float) -> str:
        """Have the API server ask the pod."""
        if (place := self._cluster.services.get(instance.service)) is None:
            raise HarnessFailed(f"{instance.service} has no place in the cluster")
        return self._api.page(proxied(self._cluster.namespace, instance.name, place.metrics, path), within)

    def gauges(self, service: str) -> Mapping[str, Gauge]:
        """Return the gauges of a service, as the system file names them."""
        return self._system.services[service].gauges

    def stores(self) -> Mapping[str, StoreHandle]:
        """Return the stores that the system file says how to reach."""
        return self._workers.at(endpoints(self._api, self._cluster))

    def rotating(self, service: str, secret: str) -> Harming:
        """Rotate a password of a service at its store."""
        return rotation(self.ground, self.stores(), service, secret)

    def baseline(self) -> Mapping[str, str]:
        """Return the fields for ``squall.safety.audit.compare``."""
        return {**baseline(self._api, self._cluster.namespace), **self._workers.fields()}

    def facts(self) -> tuple[Mapping[str, str], Mapping[str, str]]:
        """Return versions and tuned values."""
        versions = {**facts.versions(self._api, self._kubectl), "cluster": cluster_uid(self._api)}
        return versions, facts.tuning(self._api, self._workloads)

    def claim_run(self, run: str) -> Undo:
        """Take the namespace's lease and renew it until ``close``."""
        self._guard()
        lease = RunLease(self._api, self._cluster.namespace)
        lease.take(run)
        self._renewal, self._run = Renewal(lambda: lease.renew(run), tell=self._note), run
        return lease_undo(self._api, self._cluster.namespace, run)

    def needed(self, capability: type, service: str) -> Sequence[str]:
        """Return the rights that harming a service by a capability needs, deploying and watching it included."""
        return [str(right) for right in self._permissions.needed(capability, service)]

    def missing(self, capability: type, service: str) -> Sequence[str]:
        """Return those that our account lacks."""
        return [str(right) for right in self._permissions.missing(capability, service)]

    def absent(self, capability: type) -> str:
        """Say why there can be no agents."""
        self._guard()
        return self._permissions.absent(capability)

    def harms(self) -> Collection[str]:
        """Return what agents can do here."""
        return HARMS

    def plan_agents(self, instances: Sequence[Instance], run: str) -> Sequence[Undo]:
        """Return the undo of the agents' pods."""
        return self._agents.plan_agents(instances, run)

    def start_agents(self, instances: Sequence[Instance], run: str) -> None:
        """Start the agents on the instances' nodes."""
        self._guard()
        self._agents.start_agents(instances, run)

    def harm(self, name: str, instances: Sequence[Instance], **order: Json) -> Sequence[Evidence]:
        """Have the agents harm them at once."""
        self._owned()
        evidence = self._agents.harm(name, instances, **order)
        self._announce(instances, name, float(str(order.get("lasts", 0))))
        return evidence

    def end(self, name: str, instances: Sequence[Instance]) -> Sequence[Ending]:
        """Have the agents end it."""
        return self._agents.end(name, instances)

    def watch_doors(self, instances: Sequence[Instance]) -> Sequence[Evidence]:
        """Have the agents stand at the instances' doors for as long as they may."""
        self._owned()
        return self._agents.harm(DOOR, instances, lasts=LONGEST)

    def passed(self, instance: Instance) -> CallCounts | None:
        """Ask the agent at the instance's door."""
        return self._agents.passed(instance)

    def addresses(self, service: str) -> Sequence[Address]:
        """Return those of its pods, and its Service's own."""
        return addresses(self._workloads.pods_of(service), self._workloads.front(service))

    def plan_delete(self, instances: Sequence[Instance]) -> Sequence[Undo]:
        """Return nothing: their owner makes new ones."""
        return ()

    def delete(self, instances: Sequence[Instance], within: float) -> Sequence[Evidence]:
        """Delete them and wait until they are gone."""
        return self._deleted(instances, within, None)

    def delete_by_force(self, instances: Sequence[Instance], within: float) -> Sequence[Evidence]:
        """Delete them without grace, as ``kubectl delete --force`` does."""
        return self._deleted(instances, within, 0)

    def _deleted(self, instances: Sequence[Instance], within: float, grace: int | None) -> Sequence[Evidence]:
        self._owned()
        evidence = delete(self._api, self._cluster.namespace, instances, within, self._clock, grace)
        self._announce(instances, "delete", 0.0)
        return evidence

    def plan_release(self, service: str, release: str) -> Sequence[Undo]:
        """Return the undo of the release, after that of its expiry: replayed, the latest entry is the first."""
        undo = self._releasing.undo(self._call(service, release).deployment)
        if (expiry := self.ground.expiry) is None:
            return [undo]
        expiry.check()
        return [expiry.undo(self._run, expiring(undo)), undo]

    def prepare_release(self, service: str, release: str) -> None:
        """Start the expiry, if this platform has one; the releaser has all that it needs."""
        if self.ground.expiry is not None:
            undo = self._releasing.undo(self._call(service, release).deployment)
            self.ground.expiry.start(self._run, expiring(undo))

    def release(self, service: str, release: str, within: float) -> Sequence[Evidence]:
        """Call the team's releaser."""
        self._owned()

        def say(text: str) -> None:
            self._sink(Noted(self._clock.now(), service, text=text))

        return [self._releasing.release(self._call(service, release), within, say)]

    def close(self) -> None:
        """End threads, streams and connections."""
        if self._renewal is not None:
            self._renewal.stop()
            self._renewal = None
        self._releasing.close()
        self._workers.close()
        self._agents.close()
        self._api.close()

    def _call(self, service: str, release: str) -> Call:
        return call(self._system, self._cluster, self._kubectl, service, release)

    def _announce(self, instances: Sequence[Instance], what: str, lasts: float) -> None:
        for text in announce(self._api, self._cluster.namespace, instances, what, self._run, lasts):
            self._note(text)

    def _note(self, text: str) -> None:
        self._sink(Noted(self._clock.now(), "squall", text=text))

    def _guard(self) -> None:
        if not self._proven:
            self.check()

    def _owned(self) -> None:
        self._guard()
        if self._renewal is None:
            raise InjectionFailed(f"harming {self._system.name}: this run does not hold its lease")
        if self._renewal.lost is not None:
            raise InjectionFailed(f"harming {self._system.name}: the run's lease is lost: {self._renewal.lost}")
