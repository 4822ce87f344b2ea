"""What users, or probes, saw between two moments: each alone, never added up. Pure.

A request that was under way when the stretch began counts as meant at its beginning. Time in which nobody asked is
filled with requests of which nothing is known: what was not seen is not good.
"""

import math
from dataclasses import dataclass, replace

import numpy as np

from squall.record.columns import Bools, Floats, Samples

# Regular arrivals have a hole where so many distances lie between two of them, others where so many mean ones do.
_REGULAR, _IRREGULAR = 2.5, 12.0


@dataclass(frozen=True, eq=False)
class Witness:
    """Requests in the order of their times; ``slow`` and ``failed`` are known to be so, ``unknown`` may be anything."""

    start: float
    end: float
    at: Floats
    failed: Bools
    unknown: Bools
    slow: Bools
    perhaps_slow: Bools

    @property
    def known(self) -> int:
        """How many requests ended."""
        return int((~self.unknown).sum())

    def after(self, moment: float) -> "Witness":
        """Return what it saw from a moment on."""
        first = int(np.searchsorted(self.at, moment))
        parts = {name: getattr(self, name)[first:] for name in ("at", "failed", "unknown", "slow", "perhaps_slow")}
        return replace(self, start=moment, **parts)


def under_way(samples: Samples, start: float) -> Bools:
    """Say who left before a moment and ended after it, as far as is known: who felt first what began then."""
    before = samples.intended < start
    return before & ((samples.done > start) | (~samples.known & ~samples.dropped & (samples.sent < start)))


def within(samples: Samples, start: float, end: float) -> Samples:
    """Return the samples meant in ``[start, end)``, and those that were under way at ``start``."""
    first = int(np.searchsorted(samples.intended, start))
    flying = np.flatnonzero(under_way(samples.chosen(slice(0, first)), start))
    last = int(np.searchsorted(samples.intended, end))
    if len(flying) == 0 or flying[0] == first - len(flying):
        # They follow one another, as nearly always: no row is copied.
        return samples.chosen(slice(first - len(flying), max(first, last)))
    return samples.chosen(np.r_[flying, np.arange(first, last)])


def witness(samples: Samples, start: float, end: float, limit: float = math.inf) -> Witness:
    """Return what was seen in ``[start, end)``; slow is what took longer than ``limit`` ms, and what failed."""
    some = within(samples, start, end)
    failed, unknown = some.failed, ~some.known
    with np.errstate(invalid="ignore"):
        slow = failed | ((some.done - some.sent) * 1000 > limit)
        perhaps = failed | unknown | ((some.done - some.intended) * 1000 > limit)
    seen = Witness(start, end, np.maximum(some.intended, start), failed, unknown, slow, perhaps)
    return _filled(seen, _holes(samples, seen))


def _holes(samples: Samples, seen: Witness) -> Floats:
    """Return moments at which somebody should have asked and nobody did."""
    if len(samples) < 2 or not math.isfinite(seen.end) or seen.end <= seen.start:
        return np.empty(0)
    every = np.diff(samples.intended)
    usual = float(np.median(every))
    spread = float(np.partition(every, int(0.9 * (len(every) - 1)))[int(0.9 * (len(every) - 1))])
    regular = spread <= 1.5 * usual
    longest = _REGULAR * usual if regular else max(_REGULAR * spread, _IRREGULAR * float(every.mean()))
    step = usual if regular else float(every.mean())
    marks = np.r_[seen.start, seen.at, seen.end]
    gaps = np.flatnonzero(np.diff(marks) > longest)
    return np.concatenate([np.empty(0), *(np.arange(marks[i] + step, marks[i + 1], step) for i in gaps)])


def _filled(seen: Witness, holes: Floats) -> Witness:
    if not len(holes):
        return seen
    at = np.r_[seen.at, holes]
    order = np.argsort(at, kind="stable")
    none, all_ = np.zeros(len(holes), np.bool_), np.ones(len(holes), np.bool_)
    return Witness(
        seen.start, seen.end, at[order],
        np.r_[seen.failed, none][order], np.r_[seen.unknown, all_][order],
        np.r_[seen.slow, none][order], np.r_[seen.perhaps_slow, all_][order],
    )  # fmt: skip
