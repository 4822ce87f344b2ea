"""Refuses, before any harm, a scenario that what will be recorded could not decide, with the reason. Pure.

A claim that cannot be BROKEN, or cannot be HELD, however the run goes proves nothing. Each rule yields a line for each
thing that it refuses; ``RULES`` are asked in order.
"""

import math
from collections.abc import Callable, Iterator, Sequence

from squall.claims.alert_fires import AlertFires
from squall.claims.alert_resolved import AlertResolved
from squall.claims.answered_within import AnsweredWithin
from squall.claims.breaker_closes import BreakerCloses
from squall.claims.breaker_opens import BreakerOpens
from squall.claims.breaker_tolerates import BreakerTolerates
from squall.claims.claim import OfItsEnd, Sampled, WhileActive, WhileItStands
from squall.claims.degraded_share import DegradedShare
from squall.claims.failing_time import FailingTime
from squall.claims.gauge_back import GaugeBack
from squall.claims.heals_within import HealsWithin
from squall.claims.hit_rate_back import HitRateBack
from squall.claims.latency_back import LatencyBack
from squall.claims.latency_below import LatencyBelow
from squall.claims.latency_meanwhile import LatencyMeanwhile
from squall.claims.no_alert import NoAlert
from squall.claims.noticed_by_readiness import NoticedByReadiness
from squall.claims.recovers_within import RecoversWithin
from squall.claims.replicas_reach import ReplicasReach
from squall.claims.rolled_back import RolledBack
from squall.claims.success_share import SuccessShare
from squall.faults.fault import KeepsCallersAway, RaisesLoad, impact, parts
from squall.instances import Impact
from squall.measure.percentiles import enough
from squall.run.scenario import Promise, Scenario
from squall.run.schedule import lasts, planned_duration
from squall.system.system import System
from squall.units import as_duration

_FELT = FailingTime | HealsWithin | RecoversWithin | LatencyBack
_SHOWN = NoticedByReadiness | RolledBack | GaugeBack | HitRateBack | ReplicasReach
_TIMED = _FELT | _SHOWN | BreakerOpens | BreakerCloses | AlertFires | AlertResolved


def undecidable(scenario: Scenario) -> str | None:
    """Say why a scenario could not be decided however it went; None: it can be."""
    return next((reason for rule in RULES for reason in rule(scenario)), None)


def too_rarely_watched(system: System, rate: float) -> tuple[str, str] | None:
    """Say which length of the steady state has too few requests of users, or too few probes, for its percentile.

    Each must show it for themselves. Returns the length's name in the system file, and the reason.
    """
    percentile, steady = system.objectives.latency.percentile, system.steady
    needed = enough(percentile)
    for name, length in (("window", steady.window), ("hold", steady.hold)):
        # The prober has two lanes.
        for who, per_second, key in (("users", rate, "load"), ("probes", 2 * system.probe.rate, "probe")):
            if length * per_second < needed:
                return name, (
                    f"p{percentile:g} needs {needed} requests of {who}, and the steady {name} of {length:g}s has "
                    f"{length * per_second:.0f} at {per_second:g}/s; raise {key}.rate or steady.{name} in system.yaml"
                )
    return None


def _without_a_time(scenario: Scenario) -> Iterator[str]:
    """Refuse a claim about a time that this harm does not have."""
    ends, overlap = any(lasts(part.fault) for part in parts(scenario.fault)), planned_duration(scenario.fault).overlap
    hold = scenario.system.steady.hold
    for promise in scenario.promises:
        claim = promise.claim
        if isinstance(claim, OfItsEnd) and not ends:
            yield (
                f'"{promise.text}" counts from the end of a harm that has none ({scenario.fault.describe()}); '
                'write "heals by itself within", which counts from its beginning'
            )
        if isinstance(claim, WhileItStands) and 0 < overlap < claim.limit + hold:
            yield (
                f'"{promise.text}" is about the time while the harm is active, and that is {overlap:g}s: let it last '
                f'{claim.limit + hold:g}s (limit and hold), or write "recovers within ... of its end"'
            )


def _without_a_harm(scenario: Scenario) -> Iterator[str]:
    """Refuse healing where nobody is harmed, and where only the fault's end can heal: no run could decide it."""
    impacts = {impact(part.fault) for part in parts(scenario.fault)}
    done = scenario.fault.describe()
    for promise in scenario.promises:
        if not isinstance(promise.claim, HealsWithin | RecoversWithin):
            continue
        if impacts <= {Impact.NOBODY}:
            yield f'"{promise.text}" is about healing where nothing is harmed ({done}); leave it out'
        elif impacts <= {Impact.NOBODY, Impact.REPLICAS} and isinstance(promise.claim, HealsWithin):
            yield (
                f'"{promise.text}" cannot be HELD: squall keeps the number of instances so ({done}); let it last for a '
                'time, and write "recovers within ... of its end"'
            )


def _active_for_long_enough(scenario: Scenario) -> Iterator[str]:
    """Refuse a claim about the time of a harm that has none, or too little of it."""
    overlap = planned_duration(scenario.fault).overlap
    for promise in scenario.promises:
        claim = promise.claim
        if not isinstance(claim, WhileActive):
            continue
        needed = claim.active_for + claim.fewest / scenario.lowest_rate
        if overlap < needed:
            has = f"is over after {overlap:g}s" if overlap else "is done in an instant"
            yield (
                f'"{promise.text}" is about the time while the harm is active, and that {has} '
                f"({scenario.fault.describe()}): let it last {math.ceil(needed)}s"
            )
        if isinstance(claim, DegradedShare) and scenario.system.load.degraded is None:
            yield f'"{promise.text}" needs the mark of such answers: load.degraded in system.yaml'


def _alerts(scenario: Scenario) -> Iterator[str]:
    """Refuse a claim that no rule could keep, or none could break, for want of time."""
    rules = {rule.name: rule for rule in (scenario.system.alerts.plans() if scenario.system.alerts else ())}
    for promise in scenario.promises:
        claim = promise.claim
        if isinstance(claim, AlertFires) and claim.limit < (waits := rules[claim.alert].lasting * claim.shortened):
            yield (
                f'"{promise.text}" cannot be HELD: the rule waits for {as_duration(waits)} before it fires; '
                "write a longer limit"
            )
        if isinstance(claim, NoAlert) and all(rule.lasting > scenario.observation for rule in rules.values()):
            yield (
                f'"{promise.text}" cannot be BROKEN: every rule waits for longer than the {scenario.observation:g}s '
                "that are observed; let the harm last longer, or shorten the table (alerts.shortened in system.yaml)"
            )


def _uncounted(scenario: Scenario) -> Iterator[str]:
    """Refuse a claim that calls stop where the harm itself keeps them from reaching the proxy that counts them."""
    away = [part.fault for part in parts(scenario.fault) if isinstance(part.fault, KeepsCallersAway)]
    for promise in scenario.promises:
        if isinstance(promise.claim, BreakerOpens | BreakerTolerates) and away:
            yield (
                f'"{promise.text}" counts calls, and none arrives while {away[0].describe()}; '
                'write "answers nothing for", "answers errors for" or "resets connections for"'
            )


def _limits(scenario: Scenario) -> Iterator[str]:
    for promise in scenario.promises:
        yield from _of_no_limit(promise)
        yield from _beyond_the_timeout(promise, scenario.system.load.timeout)
        yield from _finer_than_samples(promise, scenario.lowest_rate)


def _of_no_limit(promise: Promise) -> Iterator[str]:
    """Refuse a limit that nothing can be below, or at least nothing above."""
    claim = promise.claim
    if isinstance(claim, SuccessShare | DegradedShare):
        if claim.limit <= 0:
            yield f'"{promise.text}" cannot be BROKEN: no share is less than {claim.limit:g}%; write the share promised'
    elif isinstance(claim, _TIMED) and claim.limit <= 0:
        instead = "no request fails" if isinstance(claim, FailingTime) else "a limit above 0"
        yield f'"{promise.text}" cannot be HELD: nothing takes no time at all; write {instead}'


def _beyond_the_timeout(promise: Promise, timeout: float) -> Iterator[str]:
    """Refuse a latency that no request can have: users give up before."""
    claim = promise.claim
    timed = LatencyBelow | LatencyMeanwhile | AnsweredWithin
    limit = claim.below if isinstance(claim, LatencyBack) else claim.limit if isinstance(claim, timed) else None
    if limit is None:
        return
    if limit <= 0:
        yield f'"{promise.text}" cannot be HELD: no answer takes no time at all; write a limit above 0'
    if limit >= 1000 * timeout:
        yield (
            f'"{promise.text}" cannot be BROKEN by a slow answer: users give up after {as_duration(timeout)} '
            "(load.timeout in system.yaml); lower the limit or raise the timeout"
        )


def _finer_than_samples(promise: Promise, rate: float) -> Iterator[str]:
    """Refuse a time that is shorter than what lies between two requests of users."""
    claim = promise.claim
    if isinstance(claim, _FELT) and 0 < claim.limit < 1 / rate:
        yield (
            f'"{promise.text}" cannot be HELD: a user arrives every {as_duration(1 / rate)} ({rate:g}/s), and nothing '
            "shorter can be seen; raise the limit or the rate"
        )


def _watched(scenario: Scenario) -> Iterator[str]:
    rarely = too_rarely_watched(scenario.system, scenario.rate)
    if rarely is not None:
        yield rarely[1]


def _asked(scenario: Scenario) -> Iterator[str]:
    """Refuse a claim that rests on more requests than its window will have."""
    for promise in scenario.promises:
        if isinstance(promise.claim, Sampled):
            sent, needed = promise.claim.samples(scenario.lowest_rate)
            if sent < needed:
                yield (
                    f'"{promise.text}" needs {needed} requests, and {scenario.lowest_rate:g} a second give {sent}; '
                    "raise the rate or the length of its window"
                )


def _arrivals(scenario: Scenario) -> Iterator[str]:
    """Refuse a load that cannot be made: one that two parts of the scenario change, or that a closed loop has not."""
    load, most = scenario.load, scenario.system.load.max_in_flight
    rises = [part.fault.describe() for part in parts(scenario.fault) if isinstance(part.fault, RaisesLoad)]
    if rises and load.stages:
        yield f"{rises[0]}, and a Given sentence changes the load from the harm on as well; leave one of them out"
    if load.pace == "closed" and rises:
        yield f"{rises[0]}: users who wait for answers keep no rate; write how many requests per second arrive instead"
    if load.pace == "closed" and load.users > most:
        yield f"{load.users} users ask at once, and load.max_in_flight in system.yaml permits {most}; raise it"


RULES: Sequence[Callable[[Scenario], Iterator[str]]] = (
    _without_a_time, _without_a_harm, _arrivals, _active_for_long_enough, _uncounted, _alerts, _limits, _watched,
    _asked,
)  # fmt: skip
