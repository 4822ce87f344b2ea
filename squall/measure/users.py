"""Figures from samples and events, each with its own error bound. Pure: nothing here waits, reads files or decides.

Two words used throughout. *Failed*: answered with an error, refused, reset or given up on. *Unknown*: an arrival that
was due and whose end was not seen (dropped by the generator, cut off at the end); it may have gone either way, so
it widens intervals and never narrows them.
"""

import math
from bisect import bisect_left
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import accumulate

from squall.instances import Ended
from squall.interval import Interval
from squall.record.event import HarmEffect, HarmEnded, HarmSent, LoadStarted, RateChanged
from squall.record.folder import Record
from squall.record.plan import Objective
from squall.record.samples import DROPPED, Sample

# Two-sided 99 % of the normal distribution: what "certain" means for a percentile of a sample.
Z99 = 2.576
# The chance that a bound on an outage's edge is wrong, see ``unseen``.
DOUBT = 0.01
# A generator that lost more than this share, or sent later than this (s, p99), did not make the load that is stated.
MOST_MISSING = 0.01
LATEST = 0.1
# Samples that must lie beyond a percentile before anything is said about it (p99 of 300 rests on three).
BEYOND = 10


def enough(percentile: float) -> int:
    """Return how many samples a percentile needs: at least ``BEYOND`` of them lie beyond it."""
    return math.ceil(round(100 * BEYOND / (100 - percentile), 6))


def percentile(values: Sequence[float], percent: float) -> float:
    """Return the exact percentile (nearest rank) of values in any order; NaN if there are none."""
    if not values:
        return math.nan
    ordered = sorted(values)
    return ordered[max(0, math.ceil(round(percent * len(ordered) / 100, 6)) - 1)]


def percentile_bounds(values: Sequence[float], percent: float) -> Interval:
    """Return the 99 % confidence interval of a percentile from order statistics.

    The number of samples below the true percentile is binomial; its normal approximation gives the ranks
    ``np -+ 2.576 sqrt(np(1-p))`` (David and Nagaraja, Order Statistics, section 7.1). Distribution-free.
    """
    ordered, share = sorted(values), percent / 100
    spread = Z99 * math.sqrt(len(ordered) * share * (1 - share))
    low = max(0, math.floor(len(ordered) * share - spread) - 1)
    high = min(len(ordered) - 1, math.ceil(len(ordered) * share + spread) - 1)
    return Interval(ordered[low], ordered[high])


def unseen(share: float) -> int:
    """Return how many good samples in a row 99 % rule out that ``share`` of them still fail.

    ``(1 - q)^n = 0.01`` gives ``n = ln(0.01) / ln(1 - q)``: one pod of ten failing shows late.
    """
    if share >= 1:
        return 1
    return max(1, math.ceil(math.log(DOUBT) / math.log(1 - share)))


def onset(record: Record) -> Interval | None:
    """Return when the harm began: from its being sent to its first proof; None if it was never proven."""
    return _first([event for event in record.events(HarmEffect) if event.proven])


def last_onset(record: Record) -> Interval | None:
    """Return when the last of the harm began: the same as ``onset``, unless it is composed of several."""
    times = {event.act: event.at for event in record.events(HarmSent)}
    proven = [event for event in record.events(HarmEffect) if event.proven]
    each = {event.act for event in proven}
    last = max((times.get(act, 0.0) for act in each), default=0.0)
    return _first([event for event in proven if times.get(event.act, 0.0) == last])


def ended(record: Record) -> Interval | None:
    """Return when all of a harm that lasts was over, as the scenario stated; None if it never was.

    It is not over before the last of it began.
    """
    endings, last = list(record.events(HarmEnded)), last_onset(record)
    if not endings or last is None or any(e.ended != Ended.AS_STATED for e in endings):
        return None
    low, high = max(e.low for e in endings), max(e.high for e in endings)
    return Interval(max(low, last.low), max(high, last.high))


def _first(effects: Sequence[HarmEffect]) -> Interval | None:
    if not effects:
        return None
    return Interval(min(e.low for e in effects), min(e.high for e in effects))


def within(samples: Sequence[Sample], start: float, end: float) -> list[Sample]:
    """Return the samples intended in ``[start, end)``, and those that were in flight at ``start``.

    A request that was under way when the harm struck is the first to feel it. ``samples`` are in order.
    """
    first = bisect_left(samples, start, key=_intended)
    last = bisect_left(samples, end, key=_intended)
    in_flight = [s for s in samples[max(0, first - 1000) : first] if s.done > start]
    return [*in_flight, *samples[first:last]]


def due(record: Record, start: float, end: float) -> int | None:
    """Return how many arrivals the load's schedule has in ``[start, end)``; None if it never said so.

    A change of rate (``load.rate``) counts from its own ``start`` on.
    """
    stated = record.events(LoadStarted, RateChanged)
    segments = [(e.start, e.rate) for e in stated if isinstance(e, LoadStarted | RateChanged)]
    if not segments:
        return None
    total = 0
    ends = [*(begin for begin, _ in segments[1:]), math.inf]
    for (begin, rate), stop in zip(segments, ends, strict=True):
        low, high = max(start, begin), min(end, stop)
        if high > low:
            total += math.ceil((high - begin) * rate) - math.ceil((low - begin) * rate)
    return total


def complete(samples: Sequence[Sample], start: float, rate: float) -> float:
    """Return the moment before which no sample of a schedule is missing: that of the first arrival without one.

    Minus infinity if there are others between: then an arrival may make several, and nobody knows how many are missing.
    """
    for index, sample in enumerate(samples):
        moment = start + index / rate
        if sample.intended > moment + 0.5 / rate:
            return moment
        if sample.intended < moment - 0.5 / rate:
            return -math.inf
    return start + len(samples) / rate


def foreseen(record: Record, start: float, known: float) -> bool:
    """Say whether it is known how many requests a window from ``start`` on is going to have in all.

    It is once none that was under way at its start is missing (no request from before ``known`` is), and if the
    schedule says how many are to come: so far each arrival made one, no more. Where users make several, nothing that
    is counted in shares is certain before all are there.
    """
    meant = due(record, -math.inf, known)
    if meant is None or known < start:
        return False
    # The last arrival may be counted on either side of the moment: both sides round.
    return bisect_left(record.requests, known, key=_intended) <= meant + 1


@dataclass(frozen=True, slots=True)
class Share:
    """A share of requests in %, as the range over what the unknown ones may have been."""

    share: Interval
    count: int
    failed: int
    unknown: int


def success(record: Record, start: float, end: float) -> Share:
    """Return the share of the load's requests that succeeded in ``[start, end)``.

    The load is all traffic there is, so nothing is estimated: only unknown arrivals make it a range.
    """
    seen = within(record.requests, start, end)
    known = [sample for sample in seen if sample.known]
    good = sum(sample.ok for sample in known)
    in_flight = sum(sample.intended < start for sample in seen)
    expected = due(record, start, end)
    count = max(len(seen), (expected or 0) + in_flight)
    unknown = count - len(known)
    if not count:
        return Share(Interval(0, 100), 0, 0, 0)
    return Share(Interval(100 * good / count, 100 * (good + unknown) / count), count, len(known) - good, unknown)


def latencies(samples: Sequence[Sample]) -> tuple[list[float], list[float]]:
    """Return latencies in ms twice: at the least and at the most they can have been.

    At the most is from the intended moment, at the least from the moment it left, so that a late generator is not
    taken for a slow system. Failed requests count as infinite: a fast refusal is no good answer. Unknown ones count
    as infinite at the most, and as nothing at the least.
    """
    least, most = [], []
    for sample in samples:
        failed = sample.known and not sample.ok
        most.append(math.inf if failed or not sample.known else sample.latency * 1000)
        least.append(math.inf if failed else (sample.done - sample.sent) * 1000 if sample.known else 0.0)
    return least, most


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
    filled = [bisect_left(samples, t + length, key=_intended) - i >= needed for i, t in enumerate(times)]
    surely = [a and b and c for a, b, c in zip(served.surely, swift.surely, filled, strict=True)]
    perhaps = [a and b for a, b in zip(served.perhaps, swift.perhaps, strict=True)]
    return Stretches(times, surely, perhaps)


def recovered(record: Record, after: float) -> Interval | None:
    """Return when users were served well again: the first stretch of the hold length that keeps the objective begins.

    None: not within the record.
    """
    samples = sorted([*record.requests, *record.probes], key=_intended)
    return objective_kept(samples, record.plan.objective, record.plan.hold).first(after)


def fell_short(seen: Sequence[Sample], meant: int) -> str | None:
    """Say in which way a load of ``meant`` arrivals fell short, or None: too many were lost, or it sent late."""
    lost = meant - len(seen) + sum(sample.error == DROPPED for sample in seen)
    if lost > MOST_MISSING * meant:
        return f"{lost} of {meant} arrivals never left the load generator"
    late = lateness(seen)
    return f"the load generator sent late (p99 {late * 1000:.0f}ms)" if late > LATEST else None


def lateness(samples: Sequence[Sample], percent: float = 99.0) -> float:
    """Return a percentile of how late (s) a generator sent what it sent; 0 if it sent nothing."""
    sent = [sample.lateness for sample in samples if not math.isnan(sample.sent)]
    return percentile(sent, percent) if sent else 0.0


def _intended(sample: Sample) -> float:
    return sample.intended
