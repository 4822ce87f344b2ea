"""Outages: for how long users failed, by what they saw. Pure; nothing here decides a claim."""

import math
from dataclasses import dataclass

from squall.interval import Interval
from squall.measure.excess import LEAST_SHARE, Stretch, allowance, cores, excess, hidden, hidden_from_the_start, margins
from squall.measure.witness import Witness
from squall.record.columns import Bools

# A stretch of excess is an outage in good times if this share of it is bad: half of the least that is looked for.
MANY = LEAST_SHARE / 2


@dataclass(frozen=True, slots=True)
class FailingStretch:
    """A stretch with more failures than the objective allows: its first and last one, and how far it may have reached.

    It began no sooner than ``early``, and was over no later than ``late``: infinite if it was not seen to be over.
    """

    first: float
    last: float
    early: float
    late: float

    @property
    def length(self) -> Interval:
        """For how long it lasted."""
        return Interval(self.last - self.first, self.late - self.early)


def outages(seen: Witness, allowed: float, hold: float) -> list[FailingStretch]:
    """Return the outages at their most: what is unknown failed, and stretches up to ``hold`` apart were one."""
    bad = seen.failed | seen.unknown
    found: list[FailingStretch] = []
    for stretch in excess(bad, allowed):
        outage = _outage(seen, edges(seen, bad, stretch, allowed), stretch, hold)
        if found and outage.first - found[-1].last <= hold:
            joined = found.pop()
            outage = FailingStretch(joined.first, outage.last, joined.early, outage.late)
        found.append(outage)
    return found


def _outage(seen: Witness, reach: tuple[float, float], stretch: Stretch, hold: float) -> FailingStretch:
    first, last = float(seen.at[stretch.first]), float(seen.at[stretch.last])
    early, late = reach
    return FailingStretch(first, last, early, math.inf if seen.end < last + hold else late)


def edges(seen: Witness, bad: Bools, stretch: Stretch, allowed: float) -> tuple[float, float]:
    """Return when a stretch began at the earliest, and when it was over at the latest."""
    before, after = margins(bad, stretch, allowed)
    early = float(seen.at[before]) if before >= 0 else seen.start
    late = float(seen.at[after]) if after < len(seen.at) else seen.end
    return max(seen.start, early), late


def failing_time(seen: Witness, allowed: float, hold: float) -> Interval:
    """Return for how many seconds users failed, all outages added up.

    At the least in the ``cores`` of those that are known to have failed, each from its first to its last.
    At the most in all of ``outages``, margins included. Without any, a tenth of the requests may have failed for as
    long as does not show; and if outside of outages more is bad than is allowed, all of the time may be an outage.
    """
    surely = sum(float(seen.at[each.last] - seen.at[each.first]) for each in cores(seen.failed, allowed))
    found = outages(seen, allowed, hold)
    perhaps = sum(each.late - each.early for each in found) if found else unnoticed(seen)
    if rest_is_bad(seen.failed | seen.unknown, allowed):
        perhaps = max(perhaps, seen.end - seen.start)
    return Interval(surely, max(surely, perhaps))


def unnoticed(seen: Witness) -> float:
    """Return for how many seconds a tenth of the requests may have failed without an outage to be seen."""
    if not len(seen.at):
        return math.inf
    first, last = hidden(seen.failed | seen.unknown)
    step = (seen.end - seen.start) / len(seen.at)
    # By the time that so many requests took, and where there are fewer by their mean distance.
    if last < len(seen.at):
        return float(seen.at[last] - seen.at[first])
    return (last - first) * step


def unnoticed_until(seen: Witness) -> float:
    """Return until when a tenth of the requests may have failed, from about the beginning on, as far as it shows."""
    over = hidden_from_the_start(seen.failed | seen.unknown)
    by_then = float(seen.at[over]) if over < len(seen.at) else seen.end
    return max(by_then, seen.start + unnoticed(seen))


def rest_is_bad(bad: Bools, allowed: float) -> bool:
    """Say whether more are bad than is allowed outside of the outages, that is of stretches with many bad ones.

    A long stretch with few of them is no outage in good times: it shows that the times are not good.
    """
    rest = bad.copy()
    total = len(bad)
    for each in excess(bad, allowed):
        length = each.last - each.first + 1
        if each.bad >= MANY * length:
            rest[each.first : each.last + 1] = False
            total -= length
    return int(rest.sum()) > allowance(total, allowed)
