"""What the platform showed of a service's instances over time, rebuilt from the timeline. Pure, as ``measure`` is."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from squall.instances import Impact
from squall.interval import Interval
from squall.measure.harm import onset
from squall.record.event import (
    EndpointChanged,
    Event,
    HarmEffect,
    HarmEnded,
    HarmSent,
    InstanceChanged,
    InstancesListed,
    PlatformUnseen,
    RevisionSeen,
)
from squall.record.folder import Record

# What happened while nothing was seen is known this long (s) after it can be seen again: what waited has arrived.
_LATE_NEWS = 1.0
# By so much (s) the hold length may be missed.
_SLACK = 0.05


@dataclass(frozen=True, slots=True)
class Count:
    """How many instances were ready from ``t`` on, and which incarnations they were."""

    t: float
    ready: frozenset[str]


def ready_over_time(record: Record, service: str) -> list[Count]:
    """Return the sets of ready incarnations of a service, one entry for each change, in order."""
    ready: dict[str, str] = {}
    counts: list[Count] = []
    for event in record.events(InstancesListed, InstanceChanged, who=service):
        if isinstance(event, InstancesListed):
            ready = {each.name: each.incarnation for each in event.instances if each.ready}
        elif isinstance(event, InstanceChanged) and event.state == "ready":
            ready[event.name] = event.incarnation
        elif isinstance(event, InstanceChanged):
            ready.pop(event.name, None)
        counts.append(Count(event.t, frozenset(ready.values())))
    return counts


def blind(record: Record) -> list[Interval]:
    """Return the stretches in which nothing of the platform was seen, for the harm kept it from being seen."""
    return [event.when for event in record.events(PlatformUnseen)]


def dated(stretches: Sequence[Interval], moment: float) -> Interval:
    """Return when what the platform showed at a moment was so: some time before, if nothing was seen just then."""
    hidden = [each for each in stretches if each.low <= moment <= each.high + _LATE_NEWS]
    if not hidden:
        return Interval.exact(moment)
    return Interval(min(each.low for each in hidden), max(each.high for each in hidden) + _LATE_NEWS)


@dataclass(frozen=True, slots=True)
class Restored:
    """Since when as many instances are ready as are wanted, for good; ``relapses``: how often they no longer were."""

    when: Interval
    relapses: int = 0


def restored(record: Record, service: str, after: float, until: float) -> Restored:
    """Return since when a service's instances were as wanted, up to ``until``: ready for a moment proves nothing.

    Its high end is infinite if they were not so for the hold length. A harmed instance counts only once it is another
    incarnation, unless its harm was over by ``after``. The moment is that of the event's arrival.
    """
    wanted, harmed, hidden = record.plan.instances.get(service, 0), _harmed(record, after), blind(record)
    since, relapses = math.inf, 0
    for count in ready_over_time(record, service):
        if count.t >= until:
            break
        good = len(count.ready) >= wanted and not count.ready & harmed
        if good and math.isinf(since):
            since = max(count.t, after)
        elif not good:
            # What was so before the harm came back is no relapse, nor what is seen late for nothing could be seen.
            relapses += since > after and math.isfinite(since) and count.t > dated(hidden, since).high
            since = math.inf
    if math.isinf(since):
        return Restored(Interval(until, math.inf), relapses)
    seen = dated(hidden, since).not_below(after)
    # A little less is as good: the observation ends by a clock that is read after the fact.
    stays = until - seen.high >= record.plan.hold - _SLACK
    return Restored(seen if stays else Interval(seen.low, math.inf), relapses)


def _harmed(record: Record, after: float) -> set[str]:
    """Return the incarnations that were harmed by what was not over by then; what is done in an instant never is.

    What is in the way of calls harms none: who is asked stays what it is.
    """
    over = {e.act for e in record.events(HarmEnded) if e.low <= after}
    others = {e.act for e in record.events(HarmSent) if e.impact is not Impact.INSTANCES}
    return _named(record, [e for e in record.events(HarmEffect) if e.proven and e.act not in over | others])


def _named(record: Record, effects: Sequence[HarmEffect]) -> set[str]:
    """Return the incarnations of which effects are: of planned targets, and of those that the evidence itself names."""
    who = {e.who for e in effects}
    return {
        *(target.incarnation for target in record.plan.targets if who & {target.name, target.incarnation}),
        *(incarnation for e in effects for incarnation in e.instances),
    }


def struck(record: Record, service: str) -> bool:
    """Say whether a service that was to be harmed was seen to be: one of its incarnations, or fewer ready than wanted.

    Nothing is known of one that was not to be harmed itself: users are all that tells of it.
    """
    targets = {target.incarnation for target in record.plan.targets if target.service == service}
    if not targets or (began := onset(record)) is None:
        return True
    counts, wanted = ready_over_time(record, service), record.plan.instances.get(service, 0)
    own = targets.union(*(count.ready for count in counts if count.t <= began.high))
    if own & _named(record, [effect for effect in record.events(HarmEffect) if effect.proven]):
        return True
    return any(count.t >= began.low and len(count.ready) < wanted for count in counts)


def withdrawn(record: Record, service: str, after: float) -> float | None:
    """Return when the first harmed instance was first shown as not ready, gone, or out of traffic; None: never."""
    harmed = {target.name for target in record.plan.targets}
    for event in record.events(InstanceChanged, EndpointChanged, who=service):
        if event.t >= after and _lost(event) in harmed:
            return event.t
    return None


def _lost(event: Event) -> str | None:
    """Return the instance that an event shows to serve no longer, or None."""
    if isinstance(event, InstanceChanged):
        return event.name if event.state != "ready" else None
    return event.name if isinstance(event, EndpointChanged) and not event.ready else None


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
    for event in record.events(InstancesListed, InstanceChanged, RevisionSeen, who=service):
        if isinstance(event, RevisionSeen):
            runs[event.name] = event.revision
        elif isinstance(event, InstancesListed):
            ready = {each.name for each in event.instances if each.ready}
        elif isinstance(event, InstanceChanged):
            _show(event, runs, ready)
        found.append(Versions(event.t, dict(runs), frozenset(ready)))
    return found if any(each.runs for each in found) else []


def _show(event: InstanceChanged, runs: dict[str, str], ready: set[str]) -> None:
    name = event.name
    ready.discard(name)
    if event.state == "ready":
        ready.add(name)
    elif event.state == "gone":
        runs.pop(name, None)
