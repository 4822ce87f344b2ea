"""Sentences that claim. Each comes to one claim of ``squall.claims``."""

from squall.claims.calls_per_request import CallsPerRequest
from squall.claims.failing_time import FailingTime
from squall.claims.heals_within import HealsWithin
from squall.claims.latency_back import LatencyBack
from squall.claims.latency_below import LatencyBelow
from squall.claims.no_failure import NoFailure
from squall.claims.noticed_by_readiness import NoticedByReadiness
from squall.claims.recovers_within import RecoversWithin
from squall.claims.rolled_back import RolledBack
from squall.claims.success_share import SuccessShare
from squall.steps.sentence import sentence
from squall.units import percent, seconds


@sentence("then", '"{service:Name}" heals by itself within {limit:Duration}')
def heals_by_itself(service: str, limit: str) -> HealsWithin:
    """Users are served well again and the instances are restored, with nothing undone by squall."""
    return HealsWithin(service, seconds(limit))


@sentence("then", '"{service:Name}" recovers within {limit:Duration} of its end')
def recovers_within(service: str, limit: str) -> RecoversWithin:
    """Take the later of users' recovery and the platform's after a harm that lasts was over."""
    return RecoversWithin(service, seconds(limit))


@sentence("then", "at least {share:Percent} of requests succeed in the {over:Duration} after")
def share_succeeds(share: str, over: str) -> SuccessShare:
    """Count all requests of the load from the harm on."""
    return SuccessShare(percent(share), seconds(over))


@sentence("then", "no request fails")
def no_request_fails() -> NoFailure:
    """Not one request of the load fails until the observation ends."""
    return NoFailure()


@sentence("then", "requests fail for no longer than {limit:Duration}")
def fail_no_longer(limit: str) -> FailingTime:
    """Add up all the time in which requests or probes fail."""
    return FailingTime(seconds(limit))


@sentence(
    "then",
    "the {p:Ordinal} percentile of latency over {over:Duration} is back below {below:Duration} within {limit:Duration}",
)
def latency_is_back(p: float, over: str, below: str, limit: str) -> LatencyBack:
    """Slide a window over the load's latencies until it keeps below."""
    return LatencyBack(_percentile(p), seconds(over), seconds(below) * 1000, seconds(limit))


@sentence("then", "the {p:Ordinal} percentile of latency over {over:Duration} stays below {limit:Duration}")
def latency_stays(p: float, over: str, limit: str) -> LatencyBelow:
    """Take the exact percentile of the load's latencies in the window."""
    return LatencyBelow(_percentile(p), seconds(over), seconds(limit) * 1000)


@sentence(
    "then",
    'the {p:Ordinal} percentile of latency of "{request:Name}" over {over:Duration} stays below {limit:Duration}',
)
def latency_of_request_stays(p: float, request: str, over: str, limit: str) -> LatencyBelow:
    """Take the exact percentile of one kind of request, by the name the locustfile gives it."""
    return LatencyBelow(_percentile(p), seconds(over), seconds(limit) * 1000, request)


@sentence("then", '"{service:Name}" is rolled back within {limit:Duration}')
def is_rolled_back(service: str, limit: str) -> RolledBack:
    """Take the moment at which all instances run the version before again, without squall."""
    return RolledBack(service, seconds(limit))


@sentence("then", "the failure is noticed by readiness within {limit:Duration}")
def noticed_by_readiness(limit: str) -> NoticedByReadiness:
    """Take the first event that shows a harmed instance as not ready or out of traffic."""
    return NoticedByReadiness(seconds(limit))


@sentence("then", 'at most {limit:Rate} calls reach "{service:Name}" for each request')
def calls_per_request(limit: float, service: str) -> CallsPerRequest:
    """Divide what passes at a watched door by the requests of the same time."""
    return CallsPerRequest(service, limit)


def _percentile(value: float) -> float:
    if not 0 < value < 100:
        raise ValueError(f"there is no {value:g}th percentile; write one between 0 and 100")
    return value
