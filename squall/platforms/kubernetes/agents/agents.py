"""Agents in a cluster: a pod on each node of the targets, and a stream to each by an exec that stays open."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from http import HTTPStatus

from pydantic import JsonValue as Json

from squall.agent.harms.proxied import WATCH_CALLS
from squall.clock import Clock
from squall.errors import HarnessFailed, TakenAway
from squall.instances import Ending, Evidence, Instance
from squall.platforms.agent_link.orders import AgentOrders, AgentTarget
from squall.platforms.agent_link.stream import AgentStream
from squall.platforms.kubectl import Kubectl
from squall.platforms.kubernetes.agents.pod import NAMESPACE, RELAY, agent_pod
from squall.platforms.kubernetes.agents.undo import agent_undo
from squall.platforms.kubernetes.api.client import Api, ApiFailed, Object
from squall.platforms.kubernetes.api.labels import OURS, RUN, agent_name, label
from squall.platforms.kubernetes.api.paths import namespace, within
from squall.platforms.kubernetes.objects.pods import ready, trouble, waiting
from squall.platforms.kubernetes.objects.service_addresses import probed
from squall.record.calls import CallCounts
from squall.safety.undo_log import Undo
from squall.system.cluster import Cluster
from squall.waiting import poll

RUNNING_WITHIN = 60.0
LOOK_EVERY = 0.1
HOPELESS = {"ErrImagePull", "ImagePullBackOff", "ErrImageNeverPull", "InvalidImageName", "CreateContainerError"}


class Agents:
    """The agents of one run in one cluster, that may harm pods of one namespace."""

    def __init__(self, api: Api, kubectl: Kubectl, cluster: Cluster, clock: Clock) -> None:
        self._api, self._kubectl, self._clock = api, kubectl, clock
        self._allowed, self._image = cluster.namespace, cluster.agent
        self._orders = AgentOrders(clock)
        self._probed: dict[str, list[int]] = {}
        self._pods: dict[str, str] = {}

    def plan_agents(self, instances: Sequence[Instance], run: str) -> Sequence[Undo]:
        return [
            agent_undo(self._api, OURS, agent_name(run, node), node, run, self._image) for node in _nodes(instances)
        ]

    def start_agents(self, instances: Sequence[Instance], run: str) -> None:
        """Make the pods, wait until they run, open the streams. What is there already is kept."""
        for each in instances:
            self._probed[each.name] = probed(self._api.find(within(self._allowed, "pod", each.name)) or {})
        new = [node for node in _nodes(instances) if node not in self._orders]
        if new and self._api.find(namespace(OURS)) is None:
            self._make("/api/v1/namespaces", NAMESPACE)
        for node in new:
            self._make(within(OURS, "pod"), agent_pod(run, node, self._allowed, self._image))
        for node in new:
            self._pods[node] = agent_name(run, node)
            self._await(agent_name(run, node), run)
            self._orders.add(node, self._stream(node, run))

    def harm(self, name: str, instances: Sequence[Instance], **order: Json) -> Sequence[Evidence]:
        """Order all agents before any answer is waited for. Raises TakenAway: someone deleted an agent's pod."""
        with self._there():
            return self._orders.harm(name, [self._aim(instance) for instance in instances], order)

    def end(self, name: str, instances: Sequence[Instance]) -> Sequence[Ending]:
        with self._there():
            return self._orders.end(name, instances)

    def passed(self, instance: Instance) -> CallCounts | None:
        return self._orders.passed(WATCH_CALLS, instance)

    def close(self) -> None:
        """Close the streams; the agents end by the undo, or by their lease."""
        self._orders.close()

    @contextmanager
    def _there(self) -> Iterator[None]:
        """Say of an agent that does not answer whether someone else has taken its pod away."""
        try:
            yield
        except HarnessFailed as error:
            for node, name in self._pods.items():
                pod = self._api.find(within(OURS, "pod", name))
                if pod is None or pod["metadata"].get("deletionTimestamp"):
                    raise TakenAway(f"the agent on {node}: someone else deleted its pod {OURS}/{name}") from error
            raise

    def _make(self, path: str, body: Object) -> None:
        try:
            self._api.create(path, body)
        except ApiFailed as error:
            if error.status != HTTPStatus.CONFLICT:
                raise HarnessFailed(f"making the {body['kind']} {body['metadata']['name']}: {error.reason}") from error

    def _await(self, name: str, run: str) -> None:
        path = within(OURS, "pod", name)

        def running() -> Object:
            pod = self._api.get(path)
            if pod["metadata"]["labels"].get(RUN) != label(run):
                raise HarnessFailed(f"the pod {OURS}/{name} is there and not of this run")
            if waiting(pod) & HOPELESS:
                node = pod["spec"]["nodeName"]
                raise HarnessFailed(f"starting the agent on {node}: {trouble(pod)} (its image is {self._image})")
            return pod

        def over(pod: Object) -> bool:
            return ready(pod) or pod["status"].get("phase") in {"Failed", "Succeeded"}

        pod = poll(running, within=RUNNING_WITHIN, every=LOOK_EVERY, clock=self._clock, done=over)
        if not ready(pod):
            node, why = pod["spec"]["nodeName"], trouble(pod)
            raise HarnessFailed(f"starting the agent on {node}: {why} after {RUNNING_WITHIN:.0f} s or its end")

    def _aim(self, instance: Instance) -> AgentTarget:
        uid, container = instance.incarnation.split("/", 1)
        ports: list[Json] = [*self._probed.get(instance.name, ())]
        return AgentTarget(instance, instance.node, {"uid": uid, "container": container, "probed": ports})

    def _stream(self, node: str, run: str) -> AgentStream:
        words = ["exec", "-i", "-n", OURS, agent_name(run, node), "--", *RELAY]
        return AgentStream(f"the agent on {node}", run, lambda: self._kubectl.open(words), self._clock)


def _nodes(instances: Sequence[Instance]) -> list[str]:
    return sorted({instance.node for instance in instances})
