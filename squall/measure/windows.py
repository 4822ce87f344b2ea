"""Stretches of time: outages, windows that keep an objective, recovery. Pure; nothing here decides a claim."""

import math
from bisect import bisect_left
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import accumulate
from operator import attrgetter

from squall.interval import Interval
from squall.measure.percentiles import enough
from squall.measure.users import latencies, within
from squall.record.folder import Record
from squall.record.plan import Objective
from squall.record.samples import Sample

# The chance that a bound on an outage's edge is wrong, see ``unseen``.
DOUBT = 0.01


def unseen(share: float) -> int:
    """Return how many good samples in a row 99 % rule out that ``share`` of them still fail.

    ``(1 - q)^n = 0.01`` gives ``n = ln(0.01) / ln(1 - q)``: one pod of ten failing shows late.
    """
    if share >= 1:
        return 1
    return max(1, math.ceil(math.log(DOUBT) / math.log(1 - share)))


@dataclass(frozen=True, slots=True)
class Outage:
    """A stretch in which requests failed: the first and last that did, and how long it may have been."""

    first: float
    last: float
    length: Interval
    failed: int


def outages(record: Record, after: float, hold: float) -> list[Outage]:
    """Return the stretches after a moment in which requests or probes failed.

    A stretch ends where no request has failed for ``hold`` seconds. Its length is at least from the first failure
    to the last, and at most as much longer on both sides as the samples and the share that failed leave unseen
    (``unseen``), but never by more than ``hold``. It is endless if the record ends before ``hold`` has passed.
    """
    samples = sorted([*within(record.requests, after, math.inf), *within(record.probes, after, math.inf)])
    before = sorted([*record.requests, *record.probes])
    offset = len(before) - len(samples)
    times = [sample.intended for sample in before]
    bad = [i for i, sample in enumerate(samples, start=offset) if sample.known and not sample.ok]
    found = []
    for group in _groups(bad, times, hold):
        first, last = times[group[0]], times[group[-1]]
        margin = unseen(len(group) / (group[-1] - group[0] + 1))
        earliest = max(times[max(0, group[0] - margin)], first - hold, min(after, first))
        latest = min(times[min(len(times) - 1, group[-1] + margin)], last + hold)
        if times[-1] < last + hold:
            latest = math.inf
        found.append(Outage(first, last, Interval(last - first, latest - earliest), len(group)))
    return found


def _groups(bad: Sequence[int], times: Sequence[float], hold: float) -> list[list[int]]:
    groups: list[list[int]] = []
    for index in bad:
        if groups and times[index] - times[groups[-1][-1]] <= hold:
            groups[-1].append(index)
        else:
            groups.append([index])
    return groups


@dataclass(frozen=True, slots=True)
class Stretches:
    """For each sample, whether the window that begins with it keeps an objective; for the at-most and at-least view."""

    times: Sequence[float]
    surely: Sequence[bool]
    perhaps: Sequence[bool]

    def first(self, after: float, stays: float = 0.0) -> Interval | None:
        """Return when the first good window at or after a moment begins that stays good for ``stays`` seconds.

        None if there is none; the high end is infinite if none is sure.
        """
        low = self._first(self.perhaps, after, stays)
        if low is None:
            return None
        high = self._first(self.surely, after, stays)
        # The window may have begun anywhere since the sample before it.
        index = max(0, bisect_left(self.times, low) - 1)
        return Interval(max(min(after, low), self.times[index]), math.inf if high is None else high)

    def _first(self, good: Sequence[bool], after: float, stays: float) -> float | None:
        start: int | None = None
        for index in range(bisect_left(self.times, after), len(self.times)):
            if not good[index]:
                start = None
                continue
            start = index if start is None else start
            if self.times[index] - self.times[start] >= stays:
                return self.times[start]
        return None


def keeps(
    samples: Sequence[Sample],
    length: float,
    bad: Callable[[Sample], tuple[bool, bool]],
    allowed: float,
    doubt: float = 0.0,
) -> Stretches:
    """Slide a window of ``length`` seconds over ordered samples and say where at most ``allowed`` of them are bad.

    ``bad`` gives for a sample whether it is so at the least and at the most (``latencies`` says why these differ).
    ``doubt`` is the number of standard deviations (binomial) by which a count must keep clear of the limit to be sure.
    Windows that reach beyond the last sample are left out: they are not complete.
    """
    times = [sample.intended for sample in samples]
    pairs = [bad(sample) for sample in samples]
    least = list(accumulate((pair[0] for pair in pairs), initial=0))
    most = list(accumulate((pair[1] for pair in pairs), initial=0))
    surely, perhaps = [], []
    for i, start in enumerate(times):
        if start + length > times[-1]:
            break
        end = bisect_left(times, start + length)
        limit = allowed * (end - i)
        spread = doubt * math.sqrt(limit * (1 - allowed))
        surely.append(most[end] - most[i] <= limit - spread)
        perhaps.append(least[end] - least[i] <= limit + spread)
    return Stretches(times[: len(surely)], surely, perhaps)


def slower_than(limit: float) -> Callable[[Sample], tuple[bool, bool]]:
    """Return the test for ``keeps``: failed or slower than ``limit`` ms, at the least and at the most."""

    def bad(sample: Sample) -> tuple[bool, bool]:
        (least,), (most,) = latencies([sample])
        return least > limit, most > limit

    return bad


def unsuccessful(sample: Sample) -> tuple[bool, bool]:
    """Say for ``keeps`` whether a sample failed, at the least and at the most."""
    return sample.known and not sample.ok, not (sample.known and sample.ok)


def objective_kept(samples: Sequence[Sample], objective: Objective, length: float) -> Stretches:
    """Return where windows of ``length`` seconds keep both parts of the objective, with enough samples in them."""
    served = keeps(samples, length, unsuccessful, 1 - objective.success / 100)
    swift = keeps(samples, length, slower_than(objective.latency), 1 - objective.percentile / 100)
    times, needed = served.times, enough(objective.percentile)
    filled = [bisect_left(samples, t + length, key=attrgetter("intended")) - i >= needed for i, t in enumerate(times)]
    surely = [a and b and c for a, b, c in zip(served.surely, swift.surely, filled, strict=True)]
    perhaps = [a and b for a, b in zip(served.perhaps, swift.perhaps, strict=True)]
    return Stretches(times, surely, perhaps)


def recovered(record: Record, after: float) -> Interval | None:
    """Return when users were served well again: the first stretch of the hold length that keeps the objective begins.

    None: not within the record.
    """
    samples = sorted([*record.requests, *record.probes], key=attrgetter("intended"))
    return objective_kept(samples, record.plan.objective, record.plan.hold).first(after)
