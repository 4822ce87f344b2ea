"""Truths: with which probability a request of users, or a probe, fails at each moment after the harm. No sampling."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from squall.record.columns import Bools, Floats


@dataclass(frozen=True, slots=True)
class Part:
    """From ``low`` to ``high`` seconds after the shape begins, ``share`` of the requests fail."""

    low: float
    high: float
    share: float


@dataclass(frozen=True, slots=True)
class Shape:
    """What happens to users, and to probes if it is something else; ``turn``: each tenth request, not by chance.

    ``noise`` fails all the time. The truth of the failing time is a range where an outage comes and goes: at the least
    its parts, at the most all of it, since parts less than the hold length apart are one outage.
    """

    name: str
    parts: Sequence[Part]
    probes: Sequence[Part] | None = None
    turn: bool = False
    noise: float = 0.0

    @property
    def failing(self) -> tuple[float, float]:
        """The seconds in which users fail: the parts alone, and with the gaps that are shorter than 5 s."""
        if self.noise >= 0.02:
            return 0.0, ENDLESS
        alone = sum(part.high - part.low for part in self.parts)
        gaps = sum(b.low - a.high for a, b in zip(self.parts, self.parts[1:], strict=False) if b.low - a.high <= 5)
        return alone, alone + gaps

    @property
    def over(self) -> float:
        """The second in which it is over for users and probes alike; 0 if it never began."""
        return max((part.high for part in (*self.parts, *(self.probes or ()))), default=0.0)

    @property
    def fewest(self) -> float:
        """The smallest share of failures at an edge, times how long it lasts there."""
        return min((part.share * (part.high - part.low) for part in self.parts), default=0.0)


# As long as is watched (s).
ENDLESS = 60.0
LENGTHS = (0.1, 0.3, 1.0, 5.0)
SHARES = (("total", 1.0), ("1/2", 0.5), ("1/3", 1 / 3), ("1/10", 0.1))
OUTAGES = [
    *(Shape(f"{name} for {length:g} s", [Part(0, length, share)]) for name, share in SHARES for length in LENGTHS),
    *(Shape(f"each tenth for {length:g} s", [Part(0, length, 0.1)], turn=True) for length in (1.0, 5.0)),
]
OTHERS = [
    Shape("total 1 s, then 1/10 for 1 s", [Part(0, 1, 1.0), Part(1, 2, 0.1)]),
    Shape("1/10 for 1 s, then total 1 s", [Part(0, 1, 0.1), Part(1, 2, 1.0)]),
    Shape("flapping: total, 0.5 s of each second, 5 s", [Part(n, n + 0.5, 1.0) for n in range(5)]),
    Shape("relapse: total 1 s, again after 10 s", [Part(0, 1, 1.0), Part(11, 12, 1.0)]),
    Shape("crash loop: 1/3, 1 s of each 3 s, 5 times", [Part(3 * n, 3 * n + 1, 1 / 3) for n in range(5)]),
    Shape("total 1 s, and noise of half the objective", [Part(0, 1, 1.0)], noise=0.005),
    Shape("users alone, total 3 s", [Part(0, 3, 1.0)], probes=[]),
    Shape("probes alone, total 3 s", [], probes=[Part(0, 3, 1.0)]),
    Shape("nothing", []),
    Shape("noise of half the objective", [], noise=0.005),
    Shape("noise of the objective", [], noise=0.01),
    Shape("noise of twice the objective", [], noise=0.02),
]


def fails(parts: Sequence[Part], shape: Shape, at: Floats, begin: float, rng: np.random.Generator) -> Bools:
    """Say which requests fail."""
    share = np.full(len(at), shape.noise)
    for part in parts:
        share[(at >= begin + part.low) & (at < begin + part.high)] = part.share
    if shape.turn:
        first = int(rng.integers(10))
        turn: Bools = (share > 0) & (np.arange(len(at)) % 10 == first)
        return turn
    found: Bools = rng.random(len(at)) < share
    return found
