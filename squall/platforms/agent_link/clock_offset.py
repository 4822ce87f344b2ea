"""Placing an agent's moments on the harness's clock. Pure.

Both read CLOCK_MONOTONIC. With the same boot id it is one clock; else an exchange bounds the difference: the agent
read its clock after the question left and before the answer came, so half the round trip is the error.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from squall.interval import Interval


@dataclass(frozen=True, slots=True)
class ClockExchange:
    """One question and answer: when it left and came back here, and what the agent's clock said in between."""

    left: float
    said: float
    came: float

    @property
    def ahead(self) -> Interval:
        """By how much the agent's clock is ahead of ours."""
        return Interval(self.said - self.came, self.said - self.left)


def ahead(exchanges: Sequence[ClockExchange], same_boot: bool) -> Interval:
    """Return by how much the agent's clock is ahead, from at least one exchange.

    The ranges of all exchanges hold the true value, so their overlap does. Where they do not overlap the clocks
    drifted apart meanwhile, and the last exchange counts alone. The same boot id with a difference that the
    exchanges rule out is a time namespace: then they count.
    """
    low = max(each.ahead.low for each in exchanges)
    high = min(each.ahead.high for each in exchanges)
    measured = Interval(low, high) if low <= high else exchanges[-1].ahead
    if same_boot and measured.low <= 0.0 <= measured.high:
        return Interval.exact(0.0)
    return measured


def placed(moment: float, offset: Interval) -> Interval:
    """Return a moment of the agent's clock on ours."""
    return Interval.exact(moment) - offset
