"""Which instance answered users, and what the platform showed of it then. Pure, as ``measure`` is.

Answers say who gave them by the header ``X-Instance``; one that does not belongs to nobody here.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from squall.record.columns import Samples
from squall.record.event import EndpointChanged, InstanceChanged, InstancesListed, RevisionSeen
from squall.record.folder import Record


@dataclass(frozen=True, slots=True)
class ReadyNames:
    """From ``t`` on these instances of a service are ready, by name."""

    t: float
    names: frozenset[str]


def ready_names(record: Record, service: str) -> list[ReadyNames]:
    """Return which instances of a service were ready, an entry for each change, in order."""
    names: frozenset[str] = frozenset()
    found: list[ReadyNames] = []
    for event in record.events(InstancesListed, InstanceChanged, who=service):
        if isinstance(event, InstancesListed):
            names = frozenset(each.name for each in event.instances if each.ready)
        elif isinstance(event, InstanceChanged):
            names = names | {event.name} if event.state == "ready" else names - {event.name}
        found.append(ReadyNames(event.t, names))
    return found


def expected_and_given(record: Record, service: str, start: float, end: float) -> Mapping[str, tuple[float, int]]:
    """Return for each instance how many answers its even share of a time is, and how many it gave.

    Even: of what the instances of the service answered together while it was ready, divided by how many were.
    """
    changes = ready_names(record, service)
    every = {name for change in changes for name in change.names}
    expected: dict[str, float] = {}
    given: dict[str, int] = {}
    for low, high, names in _stretches(changes, start, end):
        counts = record.requests.between(low, high).instance.counts()
        total = sum(counts[name] for name in every)
        for name in names:
            expected[name] = expected.get(name, 0.0) + total / len(names)
            given[name] = given.get(name, 0) + counts[name]
    return {name: (of, given[name]) for name, of in expected.items()}


def unready_spans(record: Record, service: str, start: float, end: float) -> list[tuple[str, float, float]]:
    """Return who of a service was not ready, or gone, after it had been: its name, from when, until when."""
    since: dict[str, float] = {}
    found = []
    for event in record.events(InstanceChanged, who=service):
        if event.state != "ready":
            since.setdefault(event.name, event.t)
        elif event.name in since:
            found.append((event.name, since.pop(event.name), event.t))
    found += [(name, t, end) for name, t in since.items()]
    return [(name, low, min(high, end)) for name, low, high in found if start <= low < end]


def latest_after(samples: Samples, name: str, since: float, until: float) -> float:
    """Return how long after a moment (s) the last request was sent that an instance answered; 0: none was."""
    sent = samples.sent[samples.instance.equal(name) & samples.known]
    sent = sent[(sent >= since) & (sent < until)]
    return float(np.max(sent) - since) if len(sent) else 0.0


def versions_of_answers(record: Record, service: str, start: float, end: float) -> Mapping[str, int]:
    """Return how many answers to the requests of a time were of each version, as far as it is known.

    Of a service are its own instances, and whoever stood behind its door: after a blue-green switch these are others. A
    request counts by when it was sent: what was under way is the business of the version that it went to.
    """
    seen = record.requests.between(start, end)
    found: dict[str, int] = {}
    behind = {event.name for event in record.events(EndpointChanged, who=service) if event.ready}
    told = [event for event in record.events(RevisionSeen) if event.who == service or event.name in behind]
    for name in {event.name for event in told}:
        changes = [(event.t, event.revision) for event in told if event.name == name]
        sent = seen.sent[seen.instance.equal(name)]
        # Before an instance was seen to run a version it ran the first that it was seen to run.
        moments = [-np.inf, *(t for t, _ in changes[1:]), np.inf]
        for (_, version), (low, high) in zip(changes, pairwise(moments), strict=True):
            if count := int(((sent >= low) & (sent < high)).sum()):
                found[version] = found.get(version, 0) + count
    return found


def _stretches(
    changes: Sequence[ReadyNames], start: float, end: float
) -> Iterator[tuple[float, float, frozenset[str]]]:
    """Yield each stretch of a time in which the same instances were ready, with their names."""
    for this, then in pairwise([*changes, ReadyNames(end, frozenset())]):
        low, high = max(start, this.t), min(end, then.t)
        if low < high and this.names:
            yield low, high, this.names
