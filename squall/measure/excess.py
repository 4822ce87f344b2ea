"""Where more requests are bad than an objective allows, and how far that may have reached unseen. Pure, on counts.

*Excess*: a stretch of ``n`` requests with ``m`` bad ones has it if ``m > A + 3 sqrt(A) + 2`` with ``A = n * allowed``,
that is more than the objective allows and more than chance adds to that. At 99 % these are 3 bad ones among 9
requests, 4 among 31, 5 among 62, 6 among 99, 10 among 289, 20 among 899; three more make it sure. Where nothing is
allowed (100 %), each bad one is excess.
The shortest such stretches count, so that a bad one far from the others never makes them longer.
"""

import math
from dataclasses import dataclass
from functools import cache, lru_cache

import numpy as np

from squall.record.columns import Bools, Whole

# The least share of failures that is looked for where none, or too few, are seen: one instance of ten.
LEAST_SHARE = 0.1
# The chance that an edge lies beyond its margin, each side; and that ``LEAST_SHARE`` shows so few failures.
_EDGE, _HIDDEN = 0.005, 0.01
# Added to chance where excess is to be sure: noise at the objective then breaks a limit of 1 s in 1 % of the runs.
SURE = 5
# Over so many requests the share near an edge is taken, and over the few nearest as well: shares change.
_NEAR, _NEAREST = 40, 12
_MOST_MARGIN = math.ceil(math.log(_EDGE) / math.log(1 - LEAST_SHARE))
# So far from an edge bad ones are looked for that belong to it.
_FAR = 200
# So many failures too few to be an outage are looked at for what they may hide.
_MOST_HIDDEN = 20


@dataclass(frozen=True, slots=True)
class Stretch:
    """Requests ``first`` to ``last`` (their indexes, both bad), and how many of them are bad."""

    first: int
    last: int
    bad: int


def longest(bad: int, allowed: float, more: int = 2) -> float:
    """Return among how many requests so many bad ones are excess; ``more``: what is added to chance."""
    if allowed <= 0:
        return math.inf
    # m > x^2 + 3 x + more with x = sqrt(n * allowed), solved for n.
    root = (math.sqrt(max(0, 9 + 4 * (bad - more))) - 3) / 2
    return math.ceil(root * root / allowed - 1e-9) - 1 if root > 0 else 0


def excess(bad: Bools, allowed: float, more: int = 2) -> list[Stretch]:
    """Return the stretches of excess in order, those that overlap joined."""
    places = np.flatnonzero(bad)
    if allowed <= 0:
        return _joined(places, np.arange(len(places)), np.arange(len(places)))
    starts, ends = _shortest(places, allowed, more)
    return _joined(places, starts, ends)


def _shortest(places: Whole, allowed: float, more: int) -> tuple[Whole, Whole]:
    """Return from which to which bad one there is excess, without those in which there is a shorter one."""
    total = len(places)
    # For each bad one, where the first stretch ends that begins at it or later.
    ends = np.full(total + 1, total, np.int64)
    open_ = np.arange(total)
    found_starts: list[Whole] = []
    found_ends: list[Whole] = []
    count = more + 1
    while count <= total:
        open_ = open_[open_ + count <= total]
        open_ = open_[ends[open_] > open_ + count - 1]
        if not len(open_):
            break
        last = open_ + count - 1
        hit = places[last] - places[open_] + 1 <= longest(count, allowed, more)
        if hit.any():
            found_starts.append(open_[hit])
            found_ends.append(last[hit])
            np.minimum.at(ends, open_[hit], last[hit])
            ends = np.minimum.accumulate(ends[::-1])[::-1]
        count += max(1, count // 8)
    if not found_starts:
        return np.empty(0, np.int64), np.empty(0, np.int64)
    starts, stops = np.concatenate(found_starts), np.concatenate(found_ends)
    order = np.argsort(starts, kind="stable")
    return starts[order], stops[order]


def _joined(places: Whole, starts: Whole, ends: Whole) -> list[Stretch]:
    if not len(starts):
        return []
    reach = np.maximum.accumulate(ends)
    begins = np.flatnonzero(np.r_[True, starts[1:] > reach[:-1]])
    stops = np.r_[begins[1:] - 1, len(starts) - 1]
    pairs = zip(starts[begins].tolist(), reach[stops].tolist(), strict=True)
    return [Stretch(int(places[a]), int(places[b]), b - a + 1) for a, b in pairs]


def cores(bad: Bools, allowed: float) -> list[Stretch]:
    """Return the stretches that are surely bad, without the gaps in them that are longer than their margins.

    A stretch needs three bad ones more than excess does (``SURE``). In the gaps nobody is known to have been served
    badly: a part counts for as far as its bad ones lie as close together as the share about them lets expect.
    """
    found: list[Stretch] = []
    for stretch in excess(bad, allowed, more=SURE):
        places = stretch.first + np.flatnonzero(bad[stretch.first : stretch.last + 1])
        before, after = _sides(bad, places, -1), _sides(bad, places, 1)
        # Both sides must let expect a gap so long, unless one of them says nothing.
        close = np.diff(places) <= np.where((before == 0) | (after == 0), before + after, np.minimum(before, after))
        found += [Stretch(a, b, count) for a, b, count in _runs(places, close) if count > 1]
    return found


def _runs(places: Whole, close: Bools) -> list[tuple[int, int, int]]:
    """Return the first and the last of bad ones that are close to each other, and how many they are.

    One at an end that does not follow the next at once may be of the noise that the objective allows: it is left out.
    """
    cuts = np.flatnonzero(~close)
    begins, ends = np.r_[0, cuts + 1], np.r_[cuts, len(places) - 1]
    apart = np.r_[True, np.diff(places) > 1, True]
    begins, ends = begins + (apart[begins + 1] & (begins < ends)), ends - (apart[ends] & (begins < ends))
    kept = begins <= ends
    begins, ends = begins[kept], ends[kept]
    counts = (ends - begins + 1).tolist()
    return list(zip(places[begins].tolist(), places[ends].tolist(), counts, strict=True))


def _sides(bad: Bools, places: Whole, side: int) -> Whole:
    """Return for each gap between bad ones the margin by the share before it (-1), or after it (1).

    Where fewer than ``_NEAREST`` lie on that side it says nothing, unless the whole stretch is that short.
    """
    first, last = int(places[0]), int(places[-1])
    sums = np.concatenate(([0], np.cumsum(bad[first : last + 1])))
    if side < 0:
        edge = places[:-1] - first
        low, high = np.maximum(0, edge - _NEAR), edge
    else:
        edge = places[1:] - first
        low, high = edge + 1, np.minimum(last - first, edge + _NEAR) + 1
    total, count = high - low, sums[high] - sums[low]
    nearest = np.maximum(low, high - _NEAREST), high
    if side > 0:
        nearest = low, np.minimum(high, low + _NEAREST)
    found = np.minimum(_table()[total, count], _table()[nearest[1] - nearest[0], sums[nearest[1]] - sums[nearest[0]]])
    return np.where(total >= min(_NEAREST, (last - first) // 2), found, 0)


def margins(bad: Bools, stretch: Stretch, allowed: float) -> tuple[int, int]:
    """Return which request a stretch may have begun after, and which it was over before; they may not exist.

    Bad ones outside belong to it while more of them lie beside it than the objective lets expect, in as few requests as
    a tenth would need. Beyond the last of them it goes on unseen by a margin.
    """
    before = bad[: stretch.last + 1][::-1]
    after = bad[stretch.first :]
    length = stretch.last - stretch.first
    return stretch.last - _reach(before, length, allowed), stretch.first + _reach(after, length, allowed)


def _reach(bad: Bools, edge: int, allowed: float) -> int:
    """Return up to where a stretch may reach that begins at 0 and has its last bad one at ``edge``."""
    last = _changed(bad, edge)
    while True:
        most = _margin_at(bad, edge, last)
        beyond = edge + 1 + np.flatnonzero(bad[edge + 1 : edge + 1 + _FAR])[:_MOST_HIDDEN]
        further = [at for n, at in enumerate(beyond.tolist(), 1) if _beside(n, at - edge, most, allowed)]
        if not further:
            return edge + most
        if further[-1] - edge > most:
            last = edge
        edge = further[-1]


def _margin_at(bad: Bools, edge: int, last: int) -> int:
    """Return the margin by the share of what lies inward of an edge, and by that of the part since ``last`` alone."""
    near = bad[max(0, edge - _NEAR) : edge][::-1]
    parts = (near, near[:_NEAREST]) if last < 0 else (near, near[:_NEAREST], bad[last + 1 : edge])
    return max(margin(int(some.sum()), len(some)) for some in parts)


def _changed(bad: Bools, edge: int) -> int:
    """Return the last bad one before which it was so much worse that a good stretch as long as follows was not to be.

    From there on it is another part, whose share is its own. -1: there is none close by.
    """
    places = max(0, edge - _NEAR) + np.flatnonzero(bad[max(0, edge - _NEAR) : edge + 1])
    wide = np.flatnonzero(np.diff(places) > 1)
    found = [int(places[at]) for at in wide if places[at + 1] - places[at] > _margin_at(bad, int(places[at]), -1)]
    return found[-1] if found else -1


def _beside(count: int, length: int, most: int, allowed: float) -> bool:
    """Say whether so many bad ones so close to an edge belong to what ended there."""
    if length <= max(most, unseen(0)):
        return True
    over = length * allowed
    return count > 1 and length <= unseen(count - 2) and count > over + 2 * math.sqrt(over)


@lru_cache(maxsize=4096)
def margin(bad: int, total: int) -> int:
    """Return how many good requests in a row rule out that a share goes on of which ``bad`` of ``total`` are known.

    The share has a Beta distribution with ``bad + 1/2`` and ``total - bad + 1/2`` (Jeffreys); the chance of ``g`` good
    ones in a row is the product of ``(b + k) / (a + b + k)``. At the most so many as rule out ``LEAST_SHARE``.
    """
    a, b = bad + 0.5, total - bad + 0.5
    chance, good = 1.0, 0
    while chance > _EDGE and good < _MOST_MARGIN:
        chance *= (b + good) / (a + b + good)
        good += 1
    return good


def hidden(bad: Bools) -> tuple[int, int]:
    """Return the longest stretch ``[first, last]`` of indexes in which ``LEAST_SHARE`` may have been bad, as it shows.

    Where none is bad these are 44 requests, 64 with one bad one, 81 with two; ``last`` may lie beyond the last request.
    """
    sums = np.concatenate(([0], np.cumsum(bad)))
    best = 0, unseen(0)
    for few in range(1, _MOST_HIDDEN + 1):
        length = min(unseen(few), len(bad))
        counts = sums[length:] - sums[: len(sums) - length]
        enough = np.flatnonzero(counts >= few)
        if not len(enough):
            break
        best = int(enough[0]), int(enough[0]) + unseen(few)
    return best


def hidden_from_the_start(bad: Bools) -> int:
    """Return before which request it was over at the latest, if ``LEAST_SHARE`` began to be bad at about the first one.

    The first bad one may come as late as two margins, for what harms takes its time; then one margin after the other is
    ruled out by a good stretch only. Where none is bad as early as that, 44 requests.
    """
    edge, reach = -1, 2 * _MOST_MARGIN
    for place in np.flatnonzero(bad).tolist():
        if place - edge > reach:
            break
        edge, reach = place, _MOST_MARGIN
    return unseen(0) if edge < 0 else edge + _MOST_MARGIN


@lru_cache(maxsize=1)
def _table() -> Whole:
    """Return all margins by total and bad, for many at once."""
    size = _NEAR + 1
    return np.array([[margin(bad, total) if bad <= total else 0 for bad in range(size)] for total in range(size)])


@cache
def unseen(bad: int) -> int:
    """Return among how many requests ``LEAST_SHARE`` shows ``bad`` ones or fewer less than once in a hundred."""
    total = bad
    while _at_most(bad, total + 1) >= _HIDDEN:
        total += 1
    return total + 1


def _at_most(bad: int, total: int) -> float:
    q = LEAST_SHARE
    return sum(math.comb(total, k) * q**k * (1 - q) ** (total - k) for k in range(bad + 1))


def allowance(total: int, allowed: float) -> int:
    """Return how many of so many may be bad: exactly the allowed share is kept, whatever the binary digits say."""
    return math.floor(total * allowed + 1e-9 * max(1, total))
