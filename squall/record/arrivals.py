"""How users arrive, as planned and as recorded: values and the arithmetic of a schedule. No clock, nothing is judged.

The load process keeps a schedule by it (``squall.load.schedule``), and the judge counts what was due by the same
(``squall.measure.arrivals``).
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import accumulate, chain, count
from random import Random
from typing import Literal

# Even: 1/rate apart. Random: a Poisson process of that rate. Closed: users wait for answers, and no schedule is kept.
Pace = Literal["even", "random", "closed"]
# The lane of an arrival's first request, and that of those which the same user makes after it. Of several workers each
# has one of its own for the first: see ``lane_of``.
ARRIVAL, FOLLOWING = "load", "then"


@dataclass(frozen=True, slots=True)
class Stage:
    """From ``rate`` a second evenly to ``to`` within ``over`` seconds; at ``to`` from then on if no stage follows."""

    over: float
    rate: float
    to: float


@dataclass(frozen=True, slots=True)
class LoadPlan:
    """How users arrive beside the plan's ``rate``, which they keep until the harm.

    ``stages`` begin with the harm. In a closed loop so many ``users`` wait for each answer, for ``timeout`` seconds at
    the most, and then make a ``pause`` (s). ``kinds`` are shares of the locustfile's users, in %, by class; none: the
    locustfile's own weights. So many ``workers`` keep the schedule between them.
    """

    pace: Pace = "even"
    stages: tuple[Stage, ...] = ()
    users: int = 0
    pause: float = 0.0
    timeout: float = 0.0
    kinds: Mapping[str, float] = field(default_factory=dict)
    workers: int = 1

    @property
    def length(self) -> float:
        """Seconds from the harm until the last rate is reached."""
        return sum(stage.over for stage in self.stages)

    def describe(self, rate: float) -> str:
        """Say how users come, if ``rate`` is that before the harm."""
        kinds = ", ".join(f"{share:g}% {kind}" for kind, share in self.kinds.items())
        of = f" ({kinds})" if kinds else ""
        if self.pace == "closed":
            return f"{self.users} users in a closed loop{of}, who wait for each answer and {self.pause:g} s after it"
        then = ", ".join(map(_said, self.stages))
        how = " at random" if self.pace == "random" else ""
        return f"{rate:g} requests/s{how}{of}" + (f", and from the harm on {then}" if then else "")

    def lowest(self, rate: float) -> float:
        """Return the lowest rate that there will be, if ``rate`` is that before the harm."""
        return min([rate, *(min(stage.rate, stage.to) for stage in self.stages)])

    def highest(self, rate: float) -> float:
        """Return the highest rate that there will be, if ``rate`` is that before the harm."""
        return max([rate, *(max(stage.rate, stage.to) for stage in self.stages)])


def _said(stage: Stage) -> str:
    at = f"{stage.rate:g}/s" if stage.rate == stage.to else f"{stage.rate:g}/s to {stage.to:g}/s"
    return f"{at} for {stage.over:g} s" if stage.over else f"then {at}"


@dataclass(frozen=True, slots=True)
class Segment:
    """Arrivals from ``start`` on (s) until the next segment starts: a stage with its moment."""

    start: float
    rate: float
    to: float | None = None
    over: float = 0.0

    def moment(self, mark: float) -> float:
        """Return when so many arrivals have come since the start: the moment of arrival ``mark``, counted from 0."""
        if self.to is None:
            return self.start + mark / self.rate
        if mark > (ramped := self.count(self.start + self.over)):
            return self.start + self.over + (mark - ramped) / self.to
        # The root of rate t + (to - rate) t^2 / (2 over) = mark, in the form that does not cancel.
        slope = (self.to - self.rate) / self.over if self.over else 0.0
        return self.start + 2 * mark / (self.rate + math.sqrt(max(0.0, self.rate * self.rate + 2 * slope * mark)))

    def count(self, moment: float) -> float:
        """Return how many arrivals have come between the start and a moment, as a real number."""
        since = max(0.0, moment - self.start)
        if self.to is None:
            return since * self.rate
        ramp = min(since, self.over)
        slope = (self.to - self.rate) / self.over if self.over else 0.0
        return ramp * (self.rate + slope * ramp / 2) + (since - ramp) * self.to


def marks(pace: Pace, seed: int, number: int) -> Iterator[float]:
    """Yield where on its count the arrivals of segment ``number`` lie: 0, 1, 2 ... or sums of exponential distances."""
    if pace == "even":
        return iter(count())
    draw = Random(f"arrivals {seed} {number}").random  # noqa: S311 - to be repeated, not to be kept secret
    return accumulate(-math.log(1 - each) for each in iter(draw, None))


def lane_of(worker: int, workers: int) -> str:
    """Return the lane of the arrivals of one of several load processes, counted from 0."""
    return ARRIVAL if workers == 1 else f"{ARRIVAL} {worker + 1}"


def segments(start: float, stages: Sequence[Stage]) -> list[Segment]:
    """Return the segments of stages that begin at a moment."""
    begins = accumulate(chain([start], (stage.over for stage in stages)))
    return [Segment(begin, each.rate, each.to, each.over) for begin, each in zip(begins, stages, strict=False)]
