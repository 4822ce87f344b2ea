"""Whether a window of requests kept an objective, and whether that may have been luck. Pure."""

import math
from collections.abc import Sequence

from squall.figures import counted
from squall.measure.errors import commonest
from squall.measure.percentiles import enough, percentile
from squall.record.plan import Objective
from squall.record.samples import Sample

# What looks for a system that is not steady looks for one that is bad this many times as often as it may be.
CLEARLY = 2.0
# How often such a system may be called steady, however often it is looked at.
LUCK = 0.05


def violation(samples: Sequence[Sample], objective: Objective, chance: float = 1.0) -> str | None:
    """Say why requests of one kind did not keep an objective; None: they did.

    With a ``chance`` they must have kept it so well that a system which is bad twice as often as it may be would have
    seemed so good with that probability at most. Where the window is so short that even no bad request at all would not
    show that, none may be bad.
    """
    if len(samples) < (needed := enough(objective.percentile)):
        return f"{counted(len(samples), 'sample')}, {needed} needed"
    failed = sum(not sample.ok for sample in samples)
    slow = sum(not sample.ok or sample.latency * 1000 > objective.latency for sample in samples)
    counts = (failed, 1 - objective.success / 100), (slow, 1 - objective.percentile / 100)
    if all(_kept(bad, len(samples), allowed, chance) for bad, allowed in counts):
        return None
    kept = all(_kept(bad, len(samples), allowed, 1.0) for bad, allowed in counts)
    luck = f"; so few of {len(samples)} may be luck where twice as many as allowed are bad" if kept else ""
    return _figures(samples, objective, failed) + luck


def most_bad(total: int, allowed: float, chance: float) -> int:
    """Return how many of so many requests may be bad for ``violation`` to find nothing; -1: not even none."""
    bad = -1
    while bad < total and _kept(bad + 1, total, allowed, chance):
        bad += 1
    return bad


def at_most(bad: int, total: int, share: float) -> float:
    """Return the probability that at most ``bad`` of ``total`` requests are bad if each is with that probability."""
    if share >= 1:
        return float(bad >= total)
    terms = (
        math.lgamma(total + 1) - math.lgamma(k + 1) - math.lgamma(total - k + 1)
        + k * math.log(share) + (total - k) * math.log1p(-share)
        for k in range(bad + 1)
    )  # fmt: skip
    return min(1.0, sum(map(math.exp, terms)))


def _kept(bad: int, total: int, allowed: float, chance: float) -> bool:
    # Exactly the allowed share is kept: 1 of 100 at 99 %, whatever the binary digits say.
    if bad > allowed * total + 1e-9:
        return False
    least = at_most(0, total, CLEARLY * allowed)
    return chance >= 1 or at_most(bad, total, CLEARLY * allowed) <= chance or (bad == 0 and least > LUCK / 2)


def _figures(samples: Sequence[Sample], objective: Objective, failed: int) -> str:
    slow = percentile([sample.latency * 1000 for sample in samples], objective.percentile)
    latency = "no answer" if math.isinf(slow) else f"{slow:.0f}ms"
    errors = "".join(f"; {each}" for each in commonest(samples))
    return (
        f"{100 * (1 - failed / len(samples)):.2f}% succeeded ({objective.success:g}% wanted), "
        f"p{objective.percentile:g} {latency} ({objective.latency:g}ms wanted){errors}"
    )
