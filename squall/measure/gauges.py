"""What the gauges of a service showed over time, from the timeline. Pure, as ``measure`` is.

A reading is of some moment between its being asked for and its arrival, and between two readings nothing is known:
both make figures from gauges ranges.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from squall.interval import Interval
from squall.record.event import GaugeRead
from squall.record.folder import Record

# Gauges are read once a second: one that is older than STALE (s) says nothing of now.
PERIOD = 1.0
STALE = 3.0


@dataclass(frozen=True, slots=True)
class Reading:
    """What a gauge of an instance was, at a moment in ``when``."""

    when: Interval
    value: float


def readings(record: Record, service: str, gauge: str) -> Mapping[str, Sequence[Reading]]:
    """Return the readings of a gauge, in their order, by instance; instances that were never read are not there."""
    found: dict[str, list[Reading]] = {}
    for event in record.events(GaugeRead, who=service):
        if event.name == gauge:
            when = Interval(event.t - event.took, event.t)
            found.setdefault(event.instance, []).append(Reading(when, event.value))
    return found


def latest(of: Sequence[Reading], moment: float) -> float | None:
    """Return the last value that was read before a moment; None: there was none, or it is too old."""
    found = next((each for each in reversed(of) if each.when.high <= moment), None)
    return None if found is None or moment - found.when.high > STALE else found.value


def increase(of: Sequence[Reading], start: float, end: float) -> float | None:
    """Return by how much a counter grew between its first and last reading in ``(start, end]``; None: fewer than two.

    What is less than before began anew from 0, as Prometheus takes it.
    """
    values = [each.value for each in of if start < each.when.high <= end]
    if len(values) < 2:
        return None
    return sum(after - before if after >= before else after for before, after in pairwise(values))


@dataclass(frozen=True, slots=True)
class Watched:
    """What a figure was at moments a second apart; None: it was not known then."""

    at: Sequence[float]
    values: Sequence[float | None]

    @property
    def unknown(self) -> list[float]:
        """The moments at which it was not known."""
        return [t for t, value in zip(self.at, self.values, strict=True) if value is None]

    @property
    def known(self) -> list[float]:
        """The values that are known."""
        return [value for value in self.values if value is not None]


def worst_over_time(record: Record, service: str, gauge: str, start: float, end: float, *, lowest: bool) -> Watched:
    """Return the lowest (or highest) value that any instance of a service shows, each second from ``start`` to ``end``.

    Not known where no instance shows one: one that is gone shows nothing, and the others still do.
    """
    of, moments, pick = readings(record, service, gauge).values(), _seconds(start, end), min if lowest else max
    shown = [[value for each in of if (value := latest(each, t)) is not None] for t in moments]
    return Watched(moments, [pick(values) if values else None for values in shown])


def share_over_time(
    record: Record, service: str, part: Sequence[str], whole: Sequence[str], span: tuple[float, float], over: float
) -> Watched:
    """Return the share (%) of counters' growth that some of them have, in the ``over`` seconds before each second.

    Of all instances together. Not known where none of them grew.
    """
    moments = _seconds(*span)
    return Watched(moments, [_share(record, service, part, whole, t - over, t) for t in moments])


def _share(
    record: Record, service: str, part: Sequence[str], whole: Sequence[str], start: float, end: float
) -> float | None:
    some, all_ = (
        math.fsum(
            grown
            for name in names
            for each in readings(record, service, name).values()
            if (grown := increase(each, start, end)) is not None
        )
        for names in (part, whole)
    )
    return 100 * some / all_ if all_ > 0 else None


def following(record: Record, service: str, source: str, gauge: str, span: tuple[float, float], lag: float) -> Watched:
    """Return, each second, 1 if each instance of a service shows what the source shows or showed ``lag`` s before.

    0: one shows something else. What the source shows may be read only a second after a follower has it. Not known
    where either was not read.
    """
    followers, sources = readings(record, service, gauge).values(), readings(record, source, gauge).values()
    moments = _seconds(*span)
    return Watched(moments, [_follows(followers, sources, t, lag) for t in moments])


def _follows(
    followers: Iterable[Sequence[Reading]], sources: Iterable[Sequence[Reading]], moment: float, lag: float
) -> float | None:
    has = [value for of in followers if (value := latest(of, moment)) is not None]
    shown = [each.value for of in sources for each in of if moment - lag < each.when.high <= moment + PERIOD]
    before = [value for of in sources if (value := latest(of, moment - lag)) is not None]
    alike = set(has) <= {*shown, *before}
    # Of a source that was not read for the whole lag it is not known what it showed.
    if not has or not shown or not (alike or before):
        return None
    return float(alike)


def back_for_good(seen: Watched, limit: float, *, above: bool) -> Interval:
    """Return since when a figure is above a limit (or below it) up to the last moment; no upper end: it is not.

    What is not known may be on either side.
    """
    low, high = seen.at[0], seen.at[0]
    for t, value, then in zip(seen.at, seen.values, [*seen.at[1:], math.inf], strict=True):
        if value is None:
            high = then
        elif not (value > limit if above else value < limit):
            low, high = t, then
    return Interval(low, high)


def _seconds(start: float, end: float) -> Sequence[float]:
    return [start + second for second in range(math.floor(end - start) + 1)]
