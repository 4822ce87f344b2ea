"""A pod's JSON as an instance, and the changes of pods as events. Pure: nothing here asks the API server."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

from squall.instances import Instance, Trouble
from squall.platforms.kubernetes.api.client import Object
from squall.record.event import InstanceChanged, InstanceListed, InstancesListed, State, TroubleSeen
from squall.writing.redact import redacted

# The id of a container has 64 hexadecimal digits; these many tell containers apart (as in docker ps).
SHORT = 12
ENDED = {"Succeeded", "Failed"}
WAITING_TO_RETRY = {"CrashLoopBackOff", "ImagePullBackOff"}
# While a container waits for these nothing is known yet of what becomes of it.
UNTOLD = {"ContainerCreating", "PodInitializing"}
# A container waits for this when what it is to be configured with is not as its pod says.
UNCONFIGURED = "CreateContainerConfigError"
# A container waits for one of these in vain.
_WAITS_FOR = {
    "CrashLoopBackOff": Trouble.CRASH_LOOP,
    "ErrImagePull": Trouble.IMAGE,
    "ImagePullBackOff": Trouble.IMAGE,
    "InvalidImageName": Trouble.IMAGE,
    "ErrImageNeverPull": Trouble.IMAGE,
    UNCONFIGURED: Trouble.CONFIGURATION,
    "CreateContainerError": Trouble.CONFIGURATION,
}
# So much of what a platform says is kept.
LONGEST = 200
MAIN_CONTAINER = "kubectl.kubernetes.io/default-container"


def instance(service: str, pod: Object, now: datetime, container: str = "") -> Instance:
    """Return the instance that a pod is; ``now`` is wall time, for the age of its last restart.

    ``container`` is its main one by name, if the system file says which.
    """
    meta = pod["metadata"]
    return Instance(
        service=service,
        name=str(meta["name"]),
        incarnation=incarnation(pod, container),
        node=str(pod.get("spec", {}).get("nodeName") or ""),
        ready=ready(pod),
        owned=any(owner.get("controller") for owner in meta.get("ownerReferences") or ()),
        restarted=_since_restart(pod, now),
        backing_off=bool(waiting(pod) & WAITING_TO_RETRY),
        ended=_ended(_main(pod, container)),
        container=main_container(pod, container),
    )


def ready(pod: Object) -> bool:
    """Say whether a pod is ready and stays: one that is being deleted is not."""
    conditions = pod.get("status", {}).get("conditions") or ()
    said = any(c["type"] == "Ready" and c["status"] == "True" for c in conditions)
    return said and not pod["metadata"].get("deletionTimestamp")


def incarnation(pod: Object, container: str = "") -> str:
    """Return pod uid and the short id of its main container (see ``main_container``)."""
    status = _main(pod, container)
    number = str(status.get("containerID") or "").rpartition("//")[2]
    return f"{pod['metadata']['uid']}/{number[:SHORT]}"


def main_container(pod: Object, container: str = "") -> str:
    """Return the name of a pod's main container: the given one, else what an annotation names, else the first."""
    named = container or (pod["metadata"].get("annotations") or {}).get(MAIN_CONTAINER)
    listed = pod.get("spec", {}).get("containers") or ()
    return str(named or (listed[0]["name"] if listed else ""))


def restarts(pod: Object) -> int:
    """Return how often its containers were restarted."""
    return sum(int(each.get("restartCount") or 0) for each in _statuses(pod))


def containers(pod: Object) -> list[str]:
    """Return the whole ids of its running containers."""
    running = [each for each in _statuses(pod) if "running" in _state(each)]
    return [str(each["containerID"]).rpartition("//")[2] for each in running]


def waiting(pod: Object) -> set[str]:
    """Return the reasons for which its containers wait."""
    return {str(each["state"]["waiting"].get("reason")) for each in _statuses(pod) if "waiting" in _state(each)}


def told(pod: Object) -> bool:
    """Say whether its node tells what became of its main container: that it runs, has ended, or why it cannot run."""
    state = _state(_main(pod))
    return bool(state) and (state.get("waiting") or {}).get("reason") not in UNTOLD


def begun(pod: Object) -> bool:
    """Say whether its main container was started once, or could not be for want of its configuration."""
    state, before = _state(_main(pod)), _main(pod).get("lastState") or {}
    waits = (state.get("waiting") or {}).get("reason")
    return waits == UNCONFIGURED or "running" in state or "terminated" in {**state, **before}


def stays(pod: Object) -> bool:
    """Say whether a pod is there to stay: it has not ended, and nobody has deleted it."""
    return pod.get("status", {}).get("phase") not in ENDED and not pod["metadata"].get("deletionTimestamp")


def fresh(pod: Object) -> bool:
    """Say whether a scenario may start from this pod: never restarted, not ended, not being deleted."""
    ended = pod.get("status", {}).get("phase") in ENDED
    return not (restarts(pod) or ended or pod["metadata"].get("deletionTimestamp") or waiting(pod) & WAITING_TO_RETRY)


def trouble(pod: Object) -> str:
    """Say in a few words why a pod is not ready."""
    if pod["metadata"].get("deletionTimestamp"):
        return "being deleted"
    for status in _statuses(pod):
        for state in ("waiting", "terminated"):
            if reason := _state(status).get(state, {}).get("reason"):
                return str(reason)
    for condition in pod.get("status", {}).get("conditions") or ():
        if condition["status"] != "True" and condition.get("reason"):
            return f"{condition['reason']} {condition.get('message') or ''}".strip()[:200]
    return str(pod.get("status", {}).get("phase") or "unknown")


def troubles(pod: Object) -> Mapping[Trouble, str]:
    """Return what keeps a pod from its work, each with the words of its node or of the scheduler."""
    found: dict[Trouble, str] = {}
    for status in _statuses(pod):
        waits = _state(status).get("waiting") or {}
        ends = [(each.get("terminated") or {}) for each in (_state(status), status.get("lastState") or {})]
        if (kind := _WAITS_FOR.get(str(waits.get("reason")))) is not None:
            found[kind] = _words(waits)
        if (killed := next((each for each in ends if each.get("reason") == "OOMKilled"), None)) is not None:
            found[Trouble.OUT_OF_MEMORY] = _words(killed)
    for condition in pod.get("status", {}).get("conditions") or ():
        if condition["type"] == "PodScheduled" and condition.get("reason") == "Unschedulable":
            found[Trouble.UNSCHEDULABLE] = _words(condition)
    return found


def _words(said: Object) -> str:
    return redacted(" ".join(f"{said.get('reason') or ''} {said.get('message') or ''}".split()))[:LONGEST]


class PodTroubles:
    """Turns the changes of one service's pods into an event for each trouble that is new to a pod's container."""

    def __init__(self, service: str) -> None:
        self._service = service
        self._told: set[tuple[str, Trouble]] = set()

    def changed(self, t: float, pod: Object) -> Iterator[TroubleSeen]:
        """Yield what is new; a trouble that is over and comes again is new."""
        name, now = _uid(pod), troubles(pod)
        for trouble, text in now.items():
            if (name, trouble) not in self._told:
                yield TroubleSeen(t, self._service, str(pod["metadata"]["name"]), trouble, text)
        self._told = {each for each in self._told if each[0] != name} | {(name, trouble) for trouble in now}


def _uid(pod: Object) -> str:
    return str(pod["metadata"].get("uid") or pod["metadata"]["name"])


class PodEvents:
    """Turns the changes of one service's pods into events: one for each change of readiness or incarnation."""

    def __init__(self, service: str, container: str = "") -> None:
        self._service, self._container = service, container
        self._seen: dict[str, tuple[str, State]] = {}

    def begin(self, t: float, pods: Sequence[Object]) -> InstancesListed:
        """Return the whole state."""
        listed = [pod for pod in pods if pod.get("status", {}).get("phase") not in ENDED]
        self._seen = {str(pod["metadata"]["name"]): (self._incarnation(pod), _word(pod)) for pod in listed}
        instances = (
            InstanceListed(str(pod["metadata"]["name"]), self._incarnation(pod), ready(pod), _node(pod))
            for pod in listed
        )
        return InstancesListed(t, self._service, instances=tuple(instances))

    def changed(self, t: float, kind: str, pod: Object) -> InstanceChanged | None:
        """Return the event that a change is, or None if it changes nothing that is told."""
        name = str(pod["metadata"]["name"])
        gone = kind == "DELETED" or pod.get("status", {}).get("phase") in ENDED
        now: tuple[str, State] = (self._incarnation(pod), "gone" if gone else _word(pod))
        # A container that has just ended still has its id; one that is not made yet has none: the last known counts.
        if now[0].endswith("/") and name in self._seen:
            now = (self._seen[name][0], now[1])
        if self._seen.get(name, ("", "gone")) == now or (gone and name not in self._seen):
            return None
        if gone:
            del self._seen[name]
        else:
            self._seen[name] = now
        reason = "" if now[1] == "ready" else "deleted" if kind == "DELETED" else trouble(pod)
        return InstanceChanged(t, self._service, name, *now, _node(pod), reason)

    def knows(self, pod: Object) -> bool:
        """Say whether a pod is one that was told and has not gone."""
        return str(pod["metadata"]["name"]) in self._seen

    def _incarnation(self, pod: Object) -> str:
        return incarnation(pod, self._container)


def selects(selector: Mapping[str, str], pod: Object) -> bool:
    """Say whether a pod has all the labels of a Kubernetes Service's selector."""
    labels = pod["metadata"].get("labels") or {}
    return bool(selector) and all(labels.get(key) == value for key, value in selector.items())


def _node(pod: Object) -> str:
    return str(pod.get("spec", {}).get("nodeName") or "")


def _word(pod: Object) -> State:
    return "ready" if ready(pod) else "unready"


def _statuses(pod: Object) -> Sequence[Object]:
    return tuple(pod.get("status", {}).get("containerStatuses") or ())


def _state(status: Object) -> Object:
    state: Object = status.get("state") or {}
    return state


def _main(pod: Object, container: str = "") -> Object:
    # A sidecar of Kubernetes' own kind is an init container that goes on.
    listed = (*_statuses(pod), *(pod.get("status", {}).get("initContainerStatuses") or ()))
    name = main_container(pod, container)
    return next((each for each in listed if each.get("name") == name), {})


def _ended(status: Object) -> str:
    """Return why a container ended last: of its present state if it has ended, else of the one before."""
    for state in (_state(status), status.get("lastState") or {}):
        if reason := (state.get("terminated") or {}).get("reason"):
            return str(reason)
    return ""


def _since_restart(pod: Object, now: datetime) -> float | None:
    ends = [
        str(each.get("lastState", {}).get("terminated", {}).get("finishedAt") or "")
        for each in _statuses(pod)
        if each.get("restartCount")
    ]
    moments = [datetime.fromisoformat(end) for end in ends if end]
    if moments:
        return max(0.0, (now - max(moments)).total_seconds())
    return 0.0 if restarts(pod) else None
