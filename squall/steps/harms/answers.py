"""Sentences that harm what a service answers."""

from squall.agent.proxy.behaviour import LONGEST
from squall.faults.errors_answered import ErrorsAnswered
from squall.faults.resets import Resets
from squall.faults.silence import Silence
from squall.faults.slower import Slower
from squall.instances import EVERY
from squall.steps.sentence import sentence
from squall.units import percent, seconds


@sentence("when", '"{service:Name}" answers {delay:Duration} slower for {lasting:Duration}')
def answers_slower(service: str, delay: str, lasting: str) -> Slower:
    """Delay each answer, whatever is spoken, and reset established connections."""
    return _slower(service, delay, "0s", lasting)


@sentence("when", '"{service:Name}" answers {delay:Duration} slower for new connections for {lasting:Duration}')
def answers_new_ones_slower(service: str, delay: str, lasting: str) -> Slower:
    """Delay each answer on connections that are new; established ones go on."""
    return _slower(service, delay, "0s", lasting, established=False)


@sentence(
    "when",
    '"{service:Name}" answers {delay:Duration} slower with a jitter of {jitter:Duration} for {lasting:Duration}',
)
def answers_slower_or_less_so(service: str, delay: str, jitter: str, lasting: str) -> Slower:
    """Delay each answer by a time that differs by up to the jitter."""
    return _slower(service, delay, jitter, lasting)


@sentence("when", '"{service:Name}" answers errors for {lasting:Duration}')
def answers_errors(service: str, lasting: str) -> ErrorsAnswered:
    """Answer each request with 503 in the service's place (HTTP)."""
    return ErrorsAnswered(service, EVERY, seconds(lasting))


@sentence("when", '"{service:Name}" answers {part:Percent} errors for {lasting:Duration}')
def answers_some_errors(service: str, part: str, lasting: str) -> ErrorsAnswered:
    """Answer that part of the requests with 503 in the service's place (HTTP)."""
    if not (share := percent(part)):
        raise ValueError('no request would be answered so; write "nothing is harmed for 30s" if that is meant')
    return ErrorsAnswered(service, EVERY, seconds(lasting), share / 100)


@sentence("when", '"{service:Name}" resets connections for {lasting:Duration}')
def resets_connections(service: str, lasting: str) -> Resets:
    """Accept connections, and cut off who asks."""
    return Resets(service, EVERY, seconds(lasting))


@sentence("when", '"{service:Name}" answers nothing for {lasting:Duration}')
def answers_nothing(service: str, lasting: str) -> Silence:
    """Accept connections, and let who asks wait."""
    return Silence(service, EVERY, seconds(lasting))


def _slower(service: str, delay: str, jitter: str, lasting: str, *, established: bool = True) -> Slower:
    if not 0 < seconds(delay) <= LONGEST or seconds(jitter) > seconds(delay):
        limits = f"a delay above 0 and up to {LONGEST:g}s, and a jitter not above it"
        raise ValueError(f"{delay} slower with a jitter of {jitter}: write {limits}")
    return Slower(service, EVERY, seconds(lasting), seconds(delay), seconds(jitter), established)
