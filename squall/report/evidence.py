"""Why a run can be believed, as facts read from its record: schedules kept, samples, proof, phases. Pure."""

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from squall.faults.nothing import Nothing
from squall.interval import Interval
from squall.measure.arrivals import due
from squall.measure.doubt import MUCH_STOLEN, percent_stolen
from squall.measure.harm import onset
from squall.measure.instances import Count, ready_over_time
from squall.measure.percentiles import percentile
from squall.record.columns import Samples, latency
from squall.record.event import Beat, HarmConfirmed, HarmEffect, HarmSent, LoadStarted, LoadStopped
from squall.record.folder import Record
from squall.record.outcome import TASK_FAILED
from squall.record.samples import UNFINISHED

PLACEBO = Nothing.__name__


@dataclass(frozen=True, slots=True)
class ScheduleKept:
    """How well one generator kept its schedule. Lateness in seconds, by percentile; ``due`` is None if unknown.

    ``called_good`` counts by what they were the answers that the locustfile called good, ``in_tasks`` by its line what
    went wrong in the locustfile itself.
    """

    due: int | None
    sent: int
    dropped: int
    unfinished: int
    failed: int
    late_p50: float
    late_p99: float
    late_max: float
    lanes: Sequence[tuple[str, int]]
    called_good: Sequence[tuple[str, int]] = ()
    in_tasks: Sequence[tuple[str, int]] = ()


@dataclass(frozen=True, slots=True)
class Phase:
    """What users saw in one part of a run. Latencies in ms, of the requests that succeeded; NaN without any."""

    name: str
    start: float
    end: float
    count: int
    failed: int
    unknown: int
    p50: float
    p95: float
    p99: float
    worst: float

    @property
    def failed_share(self) -> float:
        """Failed of those whose end was seen, in %; NaN without any."""
        known = self.count - self.unknown
        return 100 * self.failed / known if known else math.nan


@dataclass(frozen=True, slots=True)
class Instances:
    """What became of a service's instances: wanted, fewest ready from the harm on, ready at the end."""

    service: str
    wanted: int
    fewest: int
    last: int


@dataclass(frozen=True, slots=True)
class Stolen:
    """Which share of this machine's processor time its host gave to others, in %: in all, and in the worst second."""

    share: float
    worst: float

    @property
    def much(self) -> bool:
        """Whether what runs on this machine may have been slow for that reason."""
        return self.worst >= MUCH_STOLEN


def load_traffic(record: Record) -> ScheduleKept:
    """Return how the load kept its schedule."""
    return _traffic(record.requests, _scheduled(record))


def probe_traffic(record: Record) -> ScheduleKept:
    """Return how the prober kept its schedule; how many were due is not stated by the record for each lane."""
    return _traffic(record.probes, None)


def zero(record: Record) -> float:
    """Return the moment that pictures and tables count from: the onset, else what comes nearest to it."""
    began = onset(record)
    if began is not None:
        return began.low
    sent = next((event.t for event in record.events(HarmSent)), None)
    named = (record.phase(name) for name in ("harm", "observe", "undo", "steady", "prepare"))
    return next((t for t in (sent, *named) if t is not None), span(record).low)


def span(record: Record) -> Interval:
    """Return the first and last moment that the record knows of; both 0 if it is empty."""
    times = [event.t for event in record.timeline]
    times += [some[end].intended for some in (record.requests, record.probes) if some for end in (0, -1)]
    return Interval(min(times), max(times)) if times else Interval.exact(0.0)


def bin_length(record: Record) -> float:
    """Return how many seconds of a run are counted together where it is shown over time."""
    seen = span(record)
    return 0.5 if seen.high - seen.low <= 90 else 1.0


def harms(record: Record) -> bool:
    """Say whether a harm was meant: to instances, or of one that has none, such as the load's; not the placebo."""
    return bool(record.plan.targets) or any(event.who != PLACEBO for event in record.events(HarmSent))


def proofs(record: Record) -> list[HarmEffect | HarmConfirmed]:
    """Return what was read at the targets, proven or not, and what confirmed it later."""
    return list(record.events(HarmEffect, HarmConfirmed))


def lasting(record: Record) -> Interval | None:
    """Return from when to when the harm was active, if it was one that lasts."""
    began, lasts = onset(record), record.plan.fault_fields.get("lasts")
    if began is None or not isinstance(lasts, int | float) or lasts <= 0 or not harms(record):
        return None
    return Interval(began.low, min(began.low + lasts, max(began.low, record.phase("undo") or math.inf)))


def phases(record: Record) -> list[Phase]:
    """Return what users saw before the harm, from the harm to the clean-up, and after it; only what the run got to."""
    steady, harmed = record.phase("steady"), zero(record)
    undo, hold, last = record.phase("undo"), record.phase("hold"), math.nextafter(span(record).high, math.inf)
    shaken = "nothing harmed" if not harms(record) else "after the harm"
    if onset(record) is None:
        parts = [("observed", span(record).low, last)]
    else:
        parts = [
            ("before the harm", span(record).low if steady is None else steady, harmed),
            (shaken, harmed, last if undo is None else undo),
        ]
        if hold is not None:
            parts.append(("after the clean-up", hold, last))
    found = [_phase(name, start, end, record.requests or record.probes) for name, start, end in parts]
    return [phase for phase in found if phase.count]


def instances(record: Record) -> list[Instances]:
    """Return each watched service's ready instances as counts."""
    found = []
    for service, wanted in record.plan.instances.items():
        counts = ready_over_time(record, service)
        if counts:
            found.append(Instances(service, wanted, _fewest(counts, zero(record)), len(counts[-1].ready)))
    return found


def stolen(record: Record) -> Stolen | None:
    """Return the stolen share, from the beat about the harm to that about the clean-up; None if the record has none."""
    start, end = zero(record), record.phase("undo") or math.inf
    beats = [beat for beat in record.events(Beat, who="squall") if beat.stolen is not None]
    pairs = [(a, b) for a, b in pairwise(beats) if start <= b.t and a.t <= end]
    shares = [percent_stolen(a, b) for a, b in pairs]
    return Stolen(percent_stolen(pairs[0][0], pairs[-1][1]), max(shares)) if pairs else None


def answered(record: Record) -> Counter[str]:
    """Return how many requests and probes each instance answered, of those that say so."""
    counts = record.requests.instance.counts() + record.probes.instance.counts()
    return Counter({name: count for name, count in counts.items() if name})


def called_good(samples: Samples) -> list[tuple[str, int]]:
    """Return what answers were that count as good because the locustfile says so, and how many of each."""
    return [each for each in samples.error.taken(samples.ok).counts().most_common() if each[0]]


def connections(record: Record) -> str:
    """Say how users connected; empty if the record does not say it."""
    started = next(record.events(LoadStarted), None)
    if started is None or not started.connections:
        return ""
    how = {"new": "a new one for each user", "kept": "kept ones, shared by all users"}
    text = how.get(started.connections, f"{started.connections} kept ones, taken in turn")
    return f"connections: {text}, from {started.sources} addresses" if started.sources else f"connections: {text}"


def _fewest(counts: Sequence[Count], after: float) -> int:
    then = [count for count in counts if count.t <= after][-1:]
    return min(len(count.ready) for count in [*then, *(count for count in counts if count.t > after)])


def _scheduled(record: Record) -> int | None:
    stopped = next(record.events(LoadStopped), None)
    end = math.nextafter(span(record).high, math.inf) if stopped is None else stopped.end
    return due(record, -math.inf, end)


def _traffic(samples: Samples, scheduled: int | None) -> ScheduleKept:
    late = (samples.sent - samples.intended)[~np.isnan(samples.sent)]
    p50, p99 = percentile(late, 50), percentile(late, 99)
    return ScheduleKept(
        due=scheduled,
        sent=len(late),
        dropped=int(samples.dropped.sum()),
        unfinished=int(samples.error.equal(UNFINISHED).sum()),
        failed=int(samples.failed.sum()),
        late_p50=p50,
        late_p99=p99,
        late_max=float(late.max()) if len(late) else math.nan,
        lanes=sorted(samples.lane.counts().items()),
        called_good=called_good(samples),
        in_tasks=[each for each in samples.error.counts().most_common() if each[0].startswith(TASK_FAILED)],
    )


def _phase(name: str, start: float, end: float, samples: Samples) -> Phase:
    seen = samples.between(start, end)
    good = latency(seen)[seen.known & seen.ok] * 1000
    p50, p95, p99 = (percentile(good, percent) for percent in (50, 95, 99))
    return Phase(
        name=name,
        start=start,
        end=end,
        count=len(seen),
        failed=int(seen.failed.sum()),
        unknown=int((~seen.known).sum()),
        p50=p50,
        p95=p95,
        p99=p99,
        worst=max(good, default=math.nan),
    )
