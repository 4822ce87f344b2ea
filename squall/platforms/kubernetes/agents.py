"""Signals by agents: a pod on each node of the targets, a stream to each, and the proof that a kill bit."""

import threading
from collections.abc import Mapping, Sequence
from http import HTTPStatus

from squall.clock import Clock
from squall.errors import HarnessFailed, SquallError
from squall.interval import Interval
from squall.platforms.agent_stream import AgentStream, Answer
from squall.platforms.kubernetes.agent_pod import NAMESPACE, RELAY, agent_pod
from squall.platforms.kubernetes.client import Api, ApiFailed, Object
from squall.platforms.kubernetes.kubectl import Kubectl
from squall.platforms.kubernetes.labels import RUN, agent_name, label
from squall.platforms.kubernetes.paths import namespace, within
from squall.platforms.kubernetes.pods import ready, trouble, waiting
from squall.platforms.kubernetes.proof_of_kind import OURS
from squall.platforms.kubernetes.undoing import pod_undo
from squall.target import Evidence, Instance
from squall.undo import Undo

RUNNING_WITHIN = 60.0
LOOK_EVERY = 0.1
# The agent ends by itself 15 s after the last word.
RENEW_EVERY = 5.0
HOPELESS = {"ErrImagePull", "ImagePullBackOff", "ErrImageNeverPull", "InvalidImageName", "CreateContainerError"}


class Agents:
    """The agents of one run in one cluster, that may harm pods of one namespace."""

    def __init__(self, api: Api, kubectl: Kubectl, allowed: str, clock: Clock) -> None:
        self._api, self._kubectl, self._allowed, self._clock = api, kubectl, allowed, clock
        self._streams: dict[str, AgentStream] = {}
        self._stopping = threading.Event()
        self._renewing: threading.Thread | None = None

    def reach(self, instances: Sequence[Instance], run: str) -> Sequence[Undo]:
        """Return the undo of the pods that ``hold`` is going to make."""
        return [pod_undo(self._api, OURS, agent_name(run, node), run) for node in _nodes(instances)]

    def hold(self, instances: Sequence[Instance], run: str) -> None:
        """Make the pods, wait until they run, open the streams. What is there already is kept."""
        new = [node for node in _nodes(instances) if node not in self._streams]
        if new and self._api.find(namespace(OURS)) is None:
            self._make("/api/v1/namespaces", NAMESPACE)
        for node in new:
            self._make(within(OURS, "pod"), agent_pod(run, node, self._allowed))
        for node in new:
            self._await(agent_name(run, node), run)
            self._streams[node] = self._opened(node, run)
        if self._renewing is None and self._streams:
            self._renewing = threading.Thread(target=self._renew, name="agents", daemon=True)
            self._renewing.start()

    def kill(self, instances: Sequence[Instance]) -> Sequence[Evidence]:
        """Order all agents before any answer is waited for; an instance that none killed is not proven."""
        before = self._clock.now()
        groups = {node: [i for i in instances if i.node == node] for node in _nodes(instances)}
        sent = {node: self._order(node, group) for node, group in groups.items()}
        evidence: dict[str, Evidence] = {}
        for node, group in groups.items():
            answer = self._heard(node, sent[node])
            for index, instance in enumerate(group):
                evidence[instance.name] = self._read(instance, answer, index, before)
        return [evidence[instance.name] for instance in instances]

    def close(self) -> None:
        """Close the streams; the agents end by the undo, or by their lease."""
        self._stopping.set()
        for stream in self._streams.values():
            stream.close()
        if self._renewing is not None:
            self._renewing.join()
        self._streams.clear()

    def _make(self, path: str, body: Object) -> None:
        try:
            self._api.create(path, body)
        except ApiFailed as error:
            if error.status != HTTPStatus.CONFLICT:
                raise HarnessFailed(f"making the {body['kind']} {body['metadata']['name']}: {error.reason}") from error

    def _await(self, name: str, run: str) -> None:
        path, deadline = within(OURS, "pod", name), self._clock.now() + RUNNING_WITHIN
        while True:
            pod = self._api.get(path)
            if pod["metadata"]["labels"].get(RUN) != label(run):
                raise HarnessFailed(f"the pod {OURS}/{name} is there and not of this run")
            if ready(pod):
                return
            why, node = trouble(pod), pod["spec"]["nodeName"]
            if waiting(pod) & HOPELESS:
                raise HarnessFailed(f"starting the agent on {node}: {why} (python3 -m cluster images loads the image)")
            if pod["status"].get("phase") in {"Failed", "Succeeded"} or self._clock.now() > deadline:
                raise HarnessFailed(f"starting the agent on {node}: {why} after {RUNNING_WITHIN:.0f} s or its end")
            self._clock.sleep(LOOK_EVERY)

    def _opened(self, node: str, run: str) -> AgentStream:
        words = ["exec", "-i", "-n", OURS, agent_name(run, node), "--", *RELAY]
        stream = AgentStream(f"the agent on {node}", run, lambda: self._kubectl.open(words), self._clock)
        stream.hello()
        return stream

    def _renew(self) -> None:
        while not self._stopping.wait(RENEW_EVERY):
            for stream in list(self._streams.values()):
                try:
                    stream.ask("ping", within=RENEW_EVERY)
                except SquallError:
                    # The next order opens the stream anew; if none gets through, the kill is not proven.
                    continue

    def _order(self, node: str, group: Sequence[Instance]) -> int | None:
        targets = [dict(zip(("uid", "container"), i.incarnation.split("/", 1), strict=True)) for i in group]
        stream = self._streams.get(node)
        return None if stream is None else stream.post("kill", targets=targets)

    def _heard(self, node: str, seq: int | None) -> Answer:
        if seq is None:
            return {"refused": f"no agent is held on {node}"}
        try:
            return self._streams[node].answer(seq)
        except HarnessFailed as error:
            return {"refused": str(error)}

    def _read(self, instance: Instance, answer: Answer, index: int, before: float) -> Evidence:
        now = self._clock.now()
        if "refused" in answer:
            return Evidence(instance.name, False, f"not killed: {answer['refused']}", Interval(before, now))
        target: Mapping[str, float | None] = answer["targets"][index]
        who = f"process {target['pid']} (started at tick {target['started']}) on {instance.node}"
        sent, gone = target["sent"], target["gone"]
        if sent is None:
            return Evidence(instance.name, False, f"{who} was gone before the signal", Interval(before, now))
        stream = self._streams[instance.node]
        if gone is None:
            how = f"{who} got SIGKILL and is not gone"
            return Evidence(instance.name, False, how, Interval(stream.here(sent).low, now))
        how = f"{who} got SIGKILL and was gone after {(gone - sent) * 1000:.2f} ms (pidfd)"
        return Evidence(instance.name, True, how, Interval(stream.here(sent).low, stream.here(gone).high))


def _nodes(instances: Sequence[Instance]) -> list[str]:
    return sorted({instance.node for instance in instances})
