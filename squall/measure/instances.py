"""What the platform showed of a service's instances over time, rebuilt from the timeline. Pure, as ``measure`` is."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from squall.interval import Interval
from squall.record.event import Event
from squall.record.folder import Record

# What happened while nothing was seen is known this long (s) after it can be seen again: what waited has arrived.
_LATE_NEWS = 1.0


@dataclass(frozen=True, slots=True)
class Count:
    """How many instances were ready from ``t`` on, and which incarnations they were."""

    t: float
    ready: frozenset[str]


def ready_over_time(record: Record, service: str) -> list[Count]:
    """Return the sets of ready incarnations of a service, one entry for each change, in order."""
    ready: dict[str, str] = {}
    counts: list[Count] = []
    for event in record.events("instances", "instance", who=service):
        if event.kind == "instances":
            ready = {str(i["name"]): str(i["incarnation"]) for i in _listed(event) if i["ready"]}
        elif event.what["state"] == "ready":
            ready[str(event.what["name"])] = str(event.what["incarnation"])
        else:
            ready.pop(str(event.what["name"]), None)
        counts.append(Count(event.t, frozenset(ready.values())))
    return counts


def blind(record: Record) -> list[Interval]:
    """Return the stretches in which nothing of the platform was seen, for the harm kept it from being seen."""
    return [Interval(float(str(event.what["low"])), float(str(event.what["high"]))) for event in record.events("blind")]


def dated(stretches: Sequence[Interval], moment: float) -> Interval:
    """Return when what the platform showed at a moment was so: some time before, if nothing was seen just then."""
    hidden = [each for each in stretches if each.low <= moment <= each.high + _LATE_NEWS]
    if not hidden:
        return Interval.exact(moment)
    return Interval(min(each.low for each in hidden), max(each.high for each in hidden) + _LATE_NEWS)


def restored(record: Record, service: str, after: float) -> float | None:
    """Return when as many instances were ready as are wanted; None: never. The moment is that of the event's arrival.

    A harmed instance counts only once it is another incarnation, unless its harm was over by ``after``.
    """
    wanted, harmed, hidden = record.plan.instances.get(service, 0), _harmed(record, after), blind(record)
    counts = ready_over_time(record, service)
    for count, following in zip(counts, [*counts[1:], None], strict=False):
        moment = max(count.t, after)
        past = following is not None and following.t < dated(hidden, moment).high
        if not past and len(count.ready) >= wanted and not count.ready & harmed:
            return moment
    return None


def _harmed(record: Record, after: float) -> set[str]:
    """Return the incarnations that were harmed by what was not over by then; what is done in an instant never is."""
    over = {e.what.get("act", 0) for e in record.events("harm.ended") if float(str(e.what["low"])) <= after}
    bit = {e.who for e in record.events("harm.effect") if e.what.get("proven") and e.what.get("act", 0) not in over}
    return {target.incarnation for target in record.plan.targets if target.name in bit}


def withdrawn(record: Record, service: str, after: float) -> float | None:
    """Return when the first harmed instance was first shown as not ready, gone, or out of traffic; None: never."""
    harmed = {target.name for target in record.plan.targets}
    for event in record.events("instance", "endpoint", who=service):
        lost = event.what.get("state") in {"unready", "gone"} or event.what.get("ready") is False
        if event.t >= after and lost and event.what["name"] in harmed:
            return event.t
    return None


@dataclass(frozen=True, slots=True)
class Versions:
    """From ``t`` on: the version that each instance that is there runs, as far as it is known; and who is ready."""

    t: float
    runs: Mapping[str, str]
    ready: frozenset[str]

    def only(self, version: str) -> bool:
        """Whether all instances that are there run that version."""
        return bool(self.runs) and set(self.runs.values()) == {version}


def versions_over_time(record: Record, service: str) -> list[Versions]:
    """Return which versions a service's instances ran, one entry for each change, in order; nothing without any."""
    runs: dict[str, str] = {}
    ready: set[str] = set()
    found: list[Versions] = []
    for event in record.events("instances", "instance", "revision", who=service):
        if event.kind == "revision":
            runs[str(event.what["name"])] = str(event.what["revision"])
        elif event.kind == "instances":
            ready = {str(i["name"]) for i in _listed(event) if i["ready"]}
        else:
            _show(event, runs, ready)
        found.append(Versions(event.t, dict(runs), frozenset(ready)))
    return found if any(each.runs for each in found) else []


def _show(event: Event, runs: dict[str, str], ready: set[str]) -> None:
    name = str(event.what["name"])
    ready.discard(name)
    if event.what["state"] == "ready":
        ready.add(name)
    elif event.what["state"] == "gone":
        runs.pop(name, None)


def _listed(event: Event) -> Sequence[Mapping[str, object]]:
    listed = event.what["instances"]
    if not isinstance(listed, list):
        raise TypeError("an instances event lists instances")
    return [instance for instance in listed if isinstance(instance, dict)]
