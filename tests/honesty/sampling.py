"""Samples a truth many times and holds squall's figures against it. No printing."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from squall.interval import Interval
from squall.measure.outages import failing_time
from squall.measure.percentiles import percentile_bounds
from squall.measure.recovery import kept_again
from squall.measure.witness import Witness
from squall.record.columns import Floats
from squall.record.plan import Objective
from tests.honesty.shapes import ENDLESS, Part, Shape, fails

HOLD = 5.0
# Nine requests of ten are good enough for p90: 20 requests a second have their samples in the hold length.
OBJECTIVE = Objective(99.0, 90.0, 200.0)
# Limits that lie so far from the truth must not be decided wrongly.
OFF = 0.2
# No limit is shorter than a second.
SHORTEST = 1.0


@dataclass(frozen=True, slots=True)
class Row:
    """How one figure fared in so many samplings of one truth; widths are medians over those that have an end."""

    shape: str
    rates: str
    figure: str
    runs: int
    inside: int
    wrong_held: int
    wrong_broken: int
    width: float
    endless: int
    # Whether at least five failures are to be expected near each edge.
    seen: bool

    @property
    def surely_inside(self) -> float:
        """The lower end of Clopper and Pearson's 95 % interval of the share that lies inside."""
        low, high = 0.0, 1.0
        for _ in range(40):
            middle = (low + high) / 2
            low, high = (middle, high) if _at_least(self.inside, self.runs, middle) < 0.025 else (low, middle)
        return low


def _at_least(count: int, total: int, share: float) -> float:
    if share in {0.0, 1.0}:
        return float(share == 1.0 or count == 0)
    terms = (
        math.lgamma(total + 1) - math.lgamma(k + 1) - math.lgamma(total - k + 1)
        + k * math.log(share) + (total - k) * math.log1p(-share)
        for k in range(count, total + 1)
    )  # fmt: skip
    return min(1.0, sum(map(math.exp, terms)))


def sampled(parts: Sequence[Part], shape: Shape, rate: float, begin: float, rng: np.random.Generator) -> Witness:
    """Return what requests at a steady rate see of a shape."""
    at: Floats = (np.arange(int(ENDLESS * rate), dtype=np.float64) + rng.random()) / rate
    bad = fails(parts, shape, at, begin, rng)
    none = np.zeros(len(at), np.bool_)
    return Witness(0.0, ENDLESS, at, bad, none, bad, bad)


def rows(shape: Shape, users: float, probes: float, runs: int, seed: int) -> list[Row]:
    """Return how the failing time and the recovery of a shape fare."""
    rng = np.random.default_rng(seed)
    begins = 0.5 + 2.5 * rng.random(runs)
    failing, back = [], []
    for begin in begins.tolist():
        seen = sampled(shape.parts, shape, users, begin, rng)
        failing.append(failing_time(seen, 0.01, HOLD))
        back.append(kept_again(seen, OBJECTIVE, HOLD).when)
        if probes:
            other = sampled(shape.parts if shape.probes is None else shape.probes, shape, probes, begin, rng)
            back[-1] = back[-1].later(kept_again(other, OBJECTIVE, HOLD).when)
    rates = f"{users:g}+{probes:g}"
    seen_well = shape.fewest * users >= 5 or not shape.parts
    found = [_row(shape, rates, "failing", failing, [shape.failing] * runs, seen_well)]
    if shape.over:
        ends = [(begin + shape.over,) * 2 for begin in begins.tolist()]
        found.append(_row(shape, rates, "recovery", back, ends, seen_well))
    return found


def _row(
    shape: Shape, rates: str, figure: str, found: Sequence[Interval], truths: Sequence[tuple[float, float]], seen: bool
) -> Row:
    pairs = list(zip(found, truths, strict=True))
    widths = [each.high - each.low for each in found if math.isfinite(each.high)]
    return Row(
        shape.name, rates, figure, len(found),
        sum(each.low <= least + 1e-9 and most <= each.high + 1e-9 for each, (least, most) in pairs),
        sum(each.high <= (1 - OFF) * most and most > 0 for each, (_, most) in pairs),
        sum(each.low > max((1 + OFF) * most, SHORTEST) for each, (_, most) in pairs),
        float(np.median(widths)) if widths else math.inf, len(found) - len(widths), seen,
    )  # fmt: skip


def percentiles(percent: float, count: int, runs: int, seed: int) -> Row:
    """Return how the range of a percentile of so many latencies fares (lognormal: a long tail)."""
    rng = np.random.default_rng(seed)
    truth = float(np.percentile(rng.lognormal(3, 0.8, 2_000_000), percent))
    found = [percentile_bounds(rng.lognormal(3, 0.8, count), percent) for _ in range(runs)]
    kept = [Interval(max(0.0, each.low), each.high) for each in found]
    return _row(Shape(f"p{percent:g} of {count}", []), "", "latency", kept, [(truth, truth)] * runs, True)
