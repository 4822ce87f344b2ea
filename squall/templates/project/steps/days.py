"""Sentences about the load on days of a kind. A sentence is its text and a function that returns what it means."""

from squall.steps.parts import ArrivalRate
from squall.steps.sentence import sentence


@sentence("given", "users come as on a quiet day")
def as_on_a_quiet_day() -> ArrivalRate:
    """Send 40 requests per second."""
    return ArrivalRate(40)
