"""The watches of one system together: pods, endpoints and events of its namespace, told as events of the record."""

from collections.abc import Callable, Collection, Mapping, Sequence
from functools import partial

from squall.clock import Clock
from squall.errors import HarnessFailed
from squall.platforms.capability import Sink
from squall.platforms.kubernetes.api.client import Api, Object
from squall.platforms.kubernetes.api.paths import within
from squall.platforms.kubernetes.api.watch import Watch, WatchedChange
from squall.platforms.kubernetes.blindness import Blindness
from squall.platforms.kubernetes.objects.endpoints import SERVICE_LABEL, EndpointEvents
from squall.platforms.kubernetes.objects.events import note
from squall.platforms.kubernetes.objects.foreign_changes import ForeignChanges
from squall.platforms.kubernetes.objects.members import Members
from squall.platforms.kubernetes.objects.pods import PodEvents, PodTroubles
from squall.platforms.kubernetes.objects.versions import version_of
from squall.record.event import ChangedByOthers, Noted, RevisionSeen, RunVoided
from squall.verdict import Cause

# A gap in watching longer than this makes what is seen after it too late to be believed.
LONGEST_GAP = 1.0

# Whose specification nobody but the run is to change meanwhile.
WORKLOADS = ("deployment", "statefulset")

AllMembers = Mapping[str, Members]


class SystemWatch:
    """One watch per kind. ``members`` gives the pods of each service, ``named`` the Kubernetes Service of each.

    ``blindness`` knows when the run itself keeps the API server from answering; ``released`` holds the Deployments that
    the team's releaser may change for the run.
    """

    def __init__(
        self, api: Api, namespace: str, members: AllMembers, named: Mapping[str, str], sink: Sink, clock: Clock,
        blindness: Blindness, released: Collection[str] = (),
    ) -> None:  # fmt: skip
        self._members, self._sink, self._clock, self._blindness = members, sink, clock, blindness
        self._released = released
        self._foreign: dict[str, ForeignChanges] = {}
        self._pods = {service: PodEvents(service, of.container) for service, of in members.items()}
        self._troubles = {service: PodTroubles(service) for service in members}
        self._endpoints = {name: EndpointEvents(service) for service, name in named.items()}
        self._watches: list[Watch] = []
        self._told: set[str] = set()
        self._begin(api, namespace)

    def stop(self) -> None:
        """End all; raises HarnessFailed if one of them had failed on the way."""
        errors = []
        for watch in self._watches:
            try:
                watch.stop()
            except HarnessFailed as error:
                errors.append(error)
        if errors:
            raise errors[0]

    def _begin(self, api: Api, namespace: str) -> None:
        kinds: Mapping[str, Callable[[WatchedChange], None]] = {
            "pod": self._pod,
            "endpointslice": self._endpoint,
            "event": self._event,
            **{kind: partial(self._workload, kind) for kind in WORKLOADS},
        }
        first: dict[str, Sequence[Object]] = {}
        for kind, changed in kinds.items():
            away, failed = partial(self._away, kind), partial(self._failed, kind)
            watch = Watch(api, within(namespace, kind), self._clock, changed, away, failed)
            first[kind] = watch.begin()
            self._watches.append(watch)
        self._tell_first(first)
        for watch in self._watches:
            watch.follow()

    def _tell_first(self, first: Mapping[str, Sequence[Object]]) -> None:
        t = self._clock.now()
        for service, events in self._pods.items():
            pods = [pod for pod in first["pod"] if self._members[service].has(pod)]
            self._sink(events.begin(t, pods))
            for pod in pods:
                self._tell_version(t, service, pod)
        self._foreign = {kind: ForeignChanges(kind, first[kind]) for kind in WORKLOADS}
        for piece in first["endpointslice"]:
            self._endpoint(WatchedChange(t, "ADDED", piece))

    def _pod(self, change: WatchedChange) -> None:
        for service, members in self._members.items():
            if members.has(change.object):
                self._of_service(service, change)
            elif self._pods[service].knows(change.object):
                # A pod that lost its label or its owner is there, and is the service's no longer.
                self._tell_change(service, WatchedChange(change.t, "DELETED", change.object))

    def _of_service(self, service: str, change: WatchedChange) -> None:
        self._tell_change(service, change)
        for trouble in self._troubles[service].changed(change.t, change.object):
            self._sink(trouble)
        if change.kind != "DELETED":
            self._tell_version(change.t, service, change.object)

    def _tell_change(self, service: str, change: WatchedChange) -> None:
        if (event := self._pods[service].changed(change.t, change.kind, change.object)) is not None:
            self._sink(event)

    def _tell_version(self, t: float, service: str, pod: Object) -> None:
        """Tell which version a pod is, when it is seen for the first time: it never changes."""
        name, version = str(pod["metadata"]["name"]), version_of(pod)
        if version and name not in self._told:
            self._told.add(name)
            self._sink(RevisionSeen(t, service, name=name, revision=version))

    def _endpoint(self, change: WatchedChange) -> None:
        name = (change.object["metadata"].get("labels") or {}).get(SERVICE_LABEL)
        if (events := self._endpoints.get(str(name))) is not None:
            for event in events.changed(change.t, change.kind, change.object):
                self._sink(event)

    def _workload(self, kind: str, change: WatchedChange) -> None:
        """Tell what someone else changed, though he may change it back before the run is over."""
        changed = self._foreign[kind].changed(change)
        if changed and change.object["metadata"]["name"] not in self._released:
            self._sink(ChangedByOthers(change.t, "squall", text=changed))

    def _event(self, change: WatchedChange) -> None:
        name = str((change.object.get("involvedObject") or {}).get("name"))
        # A pod's name begins with its workload's, and that with its service's more often than not.
        whose = max((s for s in self._members if name.startswith(s)), key=len, default="kubernetes")
        if (told := note(change.t, change.kind, change.object, whose)) is not None:
            self._sink(told)

    def _away(self, kind: str, seconds: float) -> None:
        t, text = self._clock.now(), f"the watch of {kind}s was cut for {seconds:.2f} s"
        self._sink(Noted(t, "squall", text=text))
        if self._blindness.excuses(t - seconds):
            self._blindness.tell(t - seconds, t)
        elif seconds > LONGEST_GAP:
            self._sink(RunVoided(t, "squall", cause=Cause.HARNESS_ERROR, reason=text))

    def _failed(self, kind: str, error: Exception) -> None:
        reason = f"the watch of {kind}s ended: {error}"
        self._sink(RunVoided(self._clock.now(), "squall", cause=Cause.HARNESS_ERROR, reason=reason))
