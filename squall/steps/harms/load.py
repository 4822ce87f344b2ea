"""Sentences that harm by the load itself."""

from squall.faults.load_rise import LoadRise
from squall.steps.sentence import sentence
from squall.units import seconds


@sentence("when", "the load rises to {rate:Rate} requests per second for {lasting:Duration}")
def the_load_rises_to(rate: float, lasting: str) -> LoadRise:
    """Let users arrive at a higher rate for a time."""
    return LoadRise(rate=_above(rate, 0, "no request would arrive"), lasts=seconds(lasting))


@sentence("when", "the load rises to {times:Rate} times its rate for {lasting:Duration}")
def the_load_rises_by_a_factor(times: float, lasting: str) -> LoadRise:
    """Let users arrive so many times as often as usual, for a time."""
    return LoadRise(times=_above(times, 1, "the load would not rise"), lasts=seconds(lasting))


def _above(value: float, least: float, why: str) -> float:
    if value <= least:
        raise ValueError(f"{why}; write a number above {least:g}")
    return value
