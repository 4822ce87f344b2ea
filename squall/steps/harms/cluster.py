"""Sentences that harm what a cluster is run by."""

from squall.faults.api_server_freeze import LONGEST, ApiServerFreeze
from squall.steps.sentence import sentence
from squall.units import seconds


@sentence("when", "the API server freezes for {lasting:Duration}")
def the_api_server_freezes(lasting: str) -> ApiServerFreeze:
    """Stop the API server's process for a time; only on kind."""
    if (length := seconds(lasting)) > LONGEST:
        raise ValueError(f"longer than {LONGEST:g}s its kubelet does not wait for an answer, and starts it anew")
    return ApiServerFreeze(lasts=length)
