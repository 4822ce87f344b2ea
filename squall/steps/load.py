"""Sentences about the load."""

from squall.steps.parts import ArrivalRate
from squall.steps.sentence import sentence


@sentence("given", "{rate:Rate} requests per second arrive")
def requests_per_second_arrive(rate: float) -> ArrivalRate:
    """Send requests on an open-loop schedule, whether or not the system answers."""
    if rate <= 0:
        raise ValueError("no request would arrive; write a rate above 0")
    return ArrivalRate(rate)
