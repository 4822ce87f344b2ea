"""Where more requests are bad than an objective allows, and how far that may have reached unseen. Pure, on counts.

*Excess*: a stretch of ``n`` requests with ``m`` bad ones has it if ``m > A + 3 sqrt(A) + 2`` with ``A = n * allowed``,
that is more than the objective allows and more than chance adds to that. At 99 % these are 3 bad ones among 9
requests, 4 among 31, 5 among 62, 6 among 99, 10 among 289, 20 among 899. Where nothing is
allowed (100 %), each bad one is excess.
The shortest such stretches count, so that a bad one far from the others never makes them longer.
"""

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from squall.record.columns import Bools, Whole

# The least share of failures that is looked for where none, or too few, are seen: one instance of ten.
LEAST_SHARE = 0.1
# The chance that an edge lies beyond its margin, each side; and that ``LEAST_SHARE`` shows so few failures.
_EDGE, _HIDDEN = 0.005, 0.01
# Over so many requests the share near an edge is taken, and over the few nearest as well: shares change.
_NEAR, _NEAREST = 40, 12
_MOST_MARGIN = math.ceil(math.log(_EDGE) / math.log(1 - LEAST_SHARE))
# So many failures too few to be an outage are looked at for what they may hide.
_MOST_HIDDEN = 20


@dataclass(frozen=True, slots=True)
class Stretch:
    """Requests ``first`` to ``last`` (their indexes, both bad), and how many of them are bad."""

    first: int
    last: int
    bad: int


def longest(bad: int, allowed: float) -> float:
    """Return among how many requests so many bad ones are excess."""
    if allowed <= 0:
        return math.inf
    # m > x^2 + 3 x + 2 with x = sqrt(n * allowed), solved for n.
    root = (math.sqrt(1 + 4 * bad) - 3) / 2
    return math.ceil(root * root / allowed - 1e-9) - 1 if root > 0 else 0


def excess(bad: Bools, allowed: float) -> list[Stretch]:
    """Return the stretches of excess in order, those that overlap joined."""
    places = np.flatnonzero(bad)
    if allowed <= 0:
        return _joined(places, np.arange(len(places)), np.arange(len(places)))
    starts, ends = _shortest(places, allowed)
    return _joined(places, starts, ends)


def _shortest(places: Whole, allowed: float) -> tuple[Whole, Whole]:
    """Return from which to which bad one there is excess, without those in which there is a shorter one."""
    total = len(places)
    # For each bad one, where the first stretch ends that begins at it or later.
    ends = np.full(total + 1, total, np.int64)
    open_ = np.arange(total)
    found_starts: list[Whole] = []
    found_ends: list[Whole] = []
    count = 3
    while count <= total:
        open_ = open_[open_ + count <= total]
        open_ = open_[ends[open_] > open_ + count - 1]
        if not len(open_):
            break
        last = open_ + count - 1
        hit = places[last] - places[open_] + 1 <= longest(count, allowed)
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


def margins(bad: Bools, stretch: Stretch) -> tuple[int, int]:
    """Return by how many requests a stretch may have begun earlier and ended later than its bad ones show."""
    inward = bad[stretch.first + 1 : stretch.last + 1][:_NEAR]
    outward = bad[stretch.first : stretch.last][::-1][:_NEAR]
    return _margin(inward), _margin(outward)


def _margin(near: Bools) -> int:
    every, nearest = (near[:count] for count in (_NEAR, _NEAREST))
    return max(margin(int(some.sum()), len(some)) for some in (every, nearest))


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


@lru_cache(maxsize=64)
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
