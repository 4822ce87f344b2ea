"""Sentences that claim. Each comes to one claim of ``squall.claims``."""

from squall.claims.alert_fires import AlertFires
from squall.claims.alert_resolved import AlertResolved
from squall.claims.answered_within import AnsweredWithin
from squall.claims.breaker_closes import BreakerCloses
from squall.claims.breaker_opens import BreakerOpens
from squall.claims.breaker_tolerates import BreakerTolerates
from squall.claims.calls_per_request import CallsPerRequest
from squall.claims.cause_named import CauseNamed
from squall.claims.degraded_share import DegradedShare
from squall.claims.error_budget import ErrorBudget
from squall.claims.even_spread import EvenSpread
from squall.claims.failing_time import FailingTime
from squall.claims.gauge_back import GaugeBack
from squall.claims.gauge_below import GaugeBelow
from squall.claims.gauge_follows import GaugeFollows
from squall.claims.heals_within import HealsWithin
from squall.claims.hit_rate_back import HitRateBack
from squall.claims.latency_back import LatencyBack
from squall.claims.latency_below import LatencyBelow
from squall.claims.latency_meanwhile import LatencyMeanwhile
from squall.claims.no_alert import NoAlert
from squall.claims.no_failure import NoFailure
from squall.claims.no_wrong_answer import NoWrongAnswer
from squall.claims.noticed_by_readiness import NoticedByReadiness
from squall.claims.one_version import OneVersion
from squall.claims.recovers_within import RecoversWithin
from squall.claims.remedy_carried_out import RemedyCarriedOut
from squall.claims.replicas_reach import ReplicasReach
from squall.claims.replicas_return import ReplicasReturn
from squall.claims.replicas_within import ReplicasWithin
from squall.claims.rolled_back import RolledBack
from squall.claims.success_share import SuccessShare
from squall.claims.unready_gets_nothing import UnreadyGetsNothing
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


@sentence("then", 'no answer to "{request:Name}" is wrong')
def no_answer_is_wrong(request: str) -> NoWrongAnswer:
    """Count the answers that the locustfile calls wrong: what users wrote is there once, and as they know it."""
    return NoWrongAnswer(request)


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
    """Divide the calls that reach a service by the requests of the same time."""
    return CallsPerRequest(service, limit)


@sentence(
    "then",
    'the circuit breaker to "{service:Name}" opens within {limit:Duration}, '
    "with at most {trials:Count} calls in any {every:Duration} from then on",
)
def breaker_opens(service: str, limit: str, trials: int, every: str) -> BreakerOpens:
    """Find when calls to a service stop while the service fails, but for a few trials."""
    if seconds(every) < 1:
        raise ValueError(f"calls are counted by whole seconds; write 1s or more, not {every}")
    return BreakerOpens(service, seconds(limit), trials, seconds(every))


@sentence("then", 'the circuit breaker to "{service:Name}" closes within {limit:Duration} of its end')
def breaker_closes(service: str, limit: str) -> BreakerCloses:
    """Find when calls to a service flow again after a harm that lasts was over."""
    return BreakerCloses(service, seconds(limit))


@sentence("then", 'the circuit breaker to "{service:Name}" does not open before {failures:Count} calls have failed')
def breaker_tolerates(service: str, failures: int) -> BreakerTolerates:
    """Count the calls to a service that fail before all of them pause."""
    if not failures:
        raise ValueError("no breaker opens before 0 calls have failed; write how many it must tolerate")
    return BreakerTolerates(service, failures)


@sentence(
    "then", "from {after:Duration} on until its end the {p:Ordinal} percentile of latency stays below {limit:Duration}"
)
def fails_fast(after: str, p: float, limit: str) -> LatencyMeanwhile:
    """Take how long users wait while the harm is active, for good answers and bad ones."""
    return LatencyMeanwhile(_percentile(p), seconds(after), seconds(limit) * 1000)


@sentence("then", "from {after:Duration} on until its end at least {share:Percent} of answers are degraded")
def answers_are_degraded(after: str, share: str) -> DegradedShare:
    """Count the answers with the mark of a fallback while the harm is active."""
    return DegradedShare(percent(share), seconds(after))


@sentence(
    "then",
    'from {after:Duration} on until its end at least {share:Percent} of answers to "{request:Name}" are degraded',
)
def some_answers_are_degraded(after: str, share: str, request: str) -> DegradedShare:
    """Count them among one kind of request, by the name the locustfile gives it."""
    return DegradedShare(percent(share), seconds(after), request)


@sentence("then", "every request is answered within {limit:Duration}")
def every_request_is_answered(limit: str) -> AnsweredWithin:
    """Count the requests that hang: each is to end, well or badly, in that time."""
    return AnsweredWithin(seconds(limit) * 1000)


@sentence("then", 'the alert "{alert:Name}" fires within {limit:Duration}')
def alert_fires(alert: str, limit: str) -> AlertFires:
    """Evaluate the rule over the record, and find when it first fires."""
    return AlertFires(alert, seconds(limit))


@sentence("then", 'the alert "{alert:Name}" is resolved within {limit:Duration} of its end')
def alert_is_resolved(alert: str, limit: str) -> AlertResolved:
    """Evaluate the rule over the record, and find when it fires no more."""
    return AlertResolved(alert, seconds(limit))


@sentence("then", "no alert fires")
def no_alert_fires() -> NoAlert:
    """Evaluate all rules of the alert table over the record."""
    return NoAlert()


@sentence("then", 'nothing above "{severity:Name}" fires')
def nothing_graver_fires(severity: str) -> NoAlert:
    """Evaluate the rules of the alert table that are graver than a severity."""
    return NoAlert(severity)


@sentence("then", "the cause is named as {trouble:Trouble}")
def cause_is_named(trouble: str) -> CauseNamed:
    """Look for it in what the platform said of the system's objects."""
    return CauseNamed(trouble)


@sentence("then", 'the gauge "{gauge:Name}" of "{service:Name}" stays below {limit:Rate}')
def gauge_stays_below(gauge: str, service: str, limit: float) -> GaugeBelow:
    """Take the highest value that an instance shows of itself."""
    return GaugeBelow(service, gauge, limit)


@sentence("then", 'the gauge "{gauge:Name}" of "{service:Name}" is back above {level:Rate} within {limit:Duration}')
def gauge_is_back_above(gauge: str, service: str, level: float, limit: str) -> GaugeBack:
    """Find when all instances show more than that again, for good."""
    return GaugeBack(service, gauge, level, seconds(limit))


@sentence("then", 'the gauge "{gauge:Name}" of "{service:Name}" is back below {level:Rate} within {limit:Duration}')
def gauge_is_back_below(gauge: str, service: str, level: float, limit: str) -> GaugeBack:
    """Find when all instances show less than that again, for good."""
    return GaugeBack(service, gauge, level, seconds(limit), below=True)


@sentence(
    "then",
    'the gauge "{gauge:Name}" of "{service:Name}" follows that of "{source:Name}" by at most {lag:Duration} '
    "within {limit:Duration} of its end",
)
def gauge_follows(gauge: str, service: str, source: str, lag: str, limit: str) -> GaugeFollows:
    """Find since when all instances show what another service shows, or did just before."""
    if seconds(lag) < 1:
        raise ValueError(f"gauges are read once a second; write 1s or more, not {lag}")
    return GaugeFollows(service, gauge, source, seconds(lag), seconds(limit))


@sentence(
    "then",
    'the hit rate of "{service:Name}" over {over:Duration}, of "{hits:Name}" and "{misses:Name}", '
    "is back above {level:Percent} within {limit:Duration}",
)
def hit_rate_is_back(service: str, over: str, hits: str, misses: str, level: str, limit: str) -> HitRateBack:
    """Divide what two counters grew by, over windows, until their share is back for good."""
    return HitRateBack(service, hits, misses, seconds(over), percent(level), seconds(limit))


@sentence("then", "at most {limit:Percent} of the month's error budget is spent")
def error_budget(limit: str) -> ErrorBudget:
    """Count the failures against what the objective allows in thirty days at this rate."""
    return ErrorBudget(percent(limit))


@sentence("then", '"{service:Name}" has {count:Count} ready instances within {limit:Duration}')
def replicas_reach(service: str, count: int, limit: str) -> ReplicasReach:
    """Take the first moment at which the platform shows so many."""
    return ReplicasReach(service, count, seconds(limit))


@sentence("then", '"{service:Name}" is back at {count:Count} ready instances within {limit:Duration} of its end')
def replicas_return(service: str, count: int, limit: str) -> ReplicasReturn:
    """Find since when the platform shows just so many again, after a harm that lasts was over."""
    return ReplicasReturn(service, count, seconds(limit))


@sentence("then", '"{service:Name}" keeps at least {fewest:Count} ready instances')
def keeps_at_least(service: str, fewest: int) -> ReplicasWithin:
    """Look at each count of ready instances from the harm on: a disruption budget is kept."""
    if not fewest:
        raise ValueError("no service has fewer than 0 instances; write how many it must keep")
    return ReplicasWithin(service, fewest)


@sentence("then", '"{service:Name}" keeps between {fewest:Count} and {most:Count} ready instances')
def keeps_between(service: str, fewest: int, most: int) -> ReplicasWithin:
    """Look at each count of ready instances from the harm on: an autoscaler keeps to its bounds."""
    if not 0 < most >= fewest:
        raise ValueError(f"there is no number from {fewest} to {most}; write the smaller first")
    return ReplicasWithin(service, fewest, most)


@sentence("then", 'each ready instance of "{service:Name}" answers at least {limit:Percent} of its even share')
def even_spread(service: str, limit: str) -> EvenSpread:
    """Compare what each instance answered with what all did."""
    return EvenSpread(service, percent(limit))


@sentence("then", 'an instance of "{service:Name}" that is not ready gets nothing later than {limit:Duration}')
def unready_gets_nothing(service: str, limit: str) -> UnreadyGetsNothing:
    """Take the latest request that an instance answered although it was not ready."""
    return UnreadyGetsNothing(service, seconds(limit))


@sentence("then", 'after {after:Duration} every answer of "{service:Name}" is of one version')
def one_version(after: str, service: str) -> OneVersion:
    """Count the answers of other versions than most are of."""
    return OneVersion(service, seconds(after))


@sentence("then", 'no answer of "{service:Name}" is of a new version')
def no_new_version(service: str) -> OneVersion:
    """Count the answers of versions that gave none before the harm: a bad one never gets traffic."""
    return OneVersion(service, 0.0, known=True)


def _percentile(value: float) -> float:
    if not 0 < value < 100:
        raise ValueError(f"there is no {value:g}th percentile; write one between 0 and 100")
    return value


@sentence("then", 'someone carries out "{remedy:Phrase}" within {limit:Duration}')
def someone_carries_out(remedy: str, limit: str) -> RemedyCarriedOut:
    """Wait, in a drill, until a person says that the remedy is done, or the limit is over."""
    return RemedyCarriedOut(remedy, seconds(limit))
