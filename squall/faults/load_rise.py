"""``the load rises to 200 requests per second for 30s``: more users than usual, all at once."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from squall.faults.fault import Reversal, Target
from squall.instances import EVERY, Ended, Ending, Evidence, Impact, Share
from squall.interval import Interval
from squall.load.rate import Traffic
from squall.platforms.capability import Platform
from squall.safety.undo_log import Undo
from squall.waiting import poll

WHO = "the load"
LOOK_EVERY = 0.1
# Arrivals are counted over so many seconds; over more if the two rates are close, so that they differ by so many.
COUNTED, APART = 1.0, 10.0


@dataclass(frozen=True, slots=True)
class LoadRise:
    """Users arrive at a higher ``rate`` (per second), or ``times`` as often as usual, for a time.

    The effect is counted: of the requests meant for the first second at the new rate, more have left than lie midway
    between what the old rate and the new one would have sent. A load that is at that rate already, or above it, does
    not rise. At its end it is lowered to the usual rate. Nothing is undone: the load ends with its run. A generator
    that cannot keep the new rate makes the run inconclusive, as at any other.
    """

    rate: float = 0.0
    times: float = 0.0
    lasts: float = 0.0
    service: str = ""
    share: Share = EVERY
    needs: ClassVar[type] = Platform
    reversal: ClassVar[Reversal] = Reversal.REVERSIBLE
    impact: ClassVar[Impact] = Impact.CALLS

    def describe(self) -> str:
        to = f"{self.times:g} times its rate" if self.times else f"{self.rate:g} requests per second"
        return f"the load rises to {to} for {self.lasts:g}s"

    def to(self, usual: float) -> float:
        """Return the rate that a load of usually so many requests per second rises to."""
        return self.times * usual if self.times else self.rate

    def plan(self, target: Target) -> Sequence[Undo]:
        """Return nothing: the load ends with its run."""
        return ()

    def prepare(self, target: Target) -> None:
        """Do nothing: the load is there."""

    def inject(self, target: Target) -> Sequence[Evidence]:
        traffic, before = target.traffic, target.traffic.rate
        if (rate := self.to(traffic.usual)) <= before:
            how = f"{before:g} requests per second arrive as it is"
            return [Evidence(WHO, False, how, Interval.exact(target.clock.now()))]
        onset = traffic.change(rate)
        length = max(COUNTED, APART / (rate - before))
        wanted = math.ceil((before + rate) / 2 * length)
        left = self._left(target, traffic, onset.high, length, wanted)
        how = f"{left} requests left that were meant for the {length:g} s from then on, before that {before:g} a second"
        return [Evidence(WHO, left >= wanted, how, onset)]

    def end(self, target: Target) -> Sequence[Ending]:
        usual, before = target.traffic.usual, target.traffic.rate
        when = target.traffic.change(usual)
        ended = Ended.AS_STATED if before == self.to(usual) else Ended.BY_OTHERS
        how = f"the load was at {before:g} requests per second, and is at {usual:g} again"
        return [Ending(WHO, ended, how, when)]

    def _left(self, target: Target, traffic: Traffic, start: float, length: float, wanted: int) -> int:
        """Return how many left, as soon as they suffice or it is known that they do not."""
        return poll(
            lambda: traffic.left(start, start + length),
            within=start + length + traffic.patience - target.clock.now(),
            every=LOOK_EVERY,
            clock=target.clock,
            done=lambda left: left >= wanted,
        )
