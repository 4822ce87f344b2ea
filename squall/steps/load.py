"""Sentences about the load."""

from squall.steps.parts import Arrivals
from squall.steps.sentence import sentence


@sentence("given", "{rate:Rate} requests per second arrive")
def requests_per_second_arrive(rate: float) -> Arrivals:
    """Send requests on an open-loop schedule, whether or not the system answers."""
    if rate <= 0:
        raise ValueError("no request would arrive; write a rate above 0")
    return Arrivals(rate)
