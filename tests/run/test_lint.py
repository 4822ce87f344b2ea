"""What could not be decided is refused before any harm, with the reason and what to change."""

from dataclasses import replace

import pytest

from squall.claims.answered_within import AnsweredWithin
from squall.claims.breaker_closes import BreakerCloses
from squall.claims.breaker_opens import BreakerOpens
from squall.claims.breaker_tolerates import BreakerTolerates
from squall.claims.claim import Claim
from squall.claims.degraded_share import DegradedShare
from squall.claims.failing_time import FailingTime
from squall.claims.heals_within import HealsWithin
from squall.claims.latency_back import LatencyBack
from squall.claims.latency_below import LatencyBelow
from squall.claims.latency_meanwhile import LatencyMeanwhile
from squall.claims.no_failure import NoFailure
from squall.claims.noticed_by_readiness import NoticedByReadiness
from squall.claims.success_share import SuccessShare
from squall.faults.crash import Crash
from squall.faults.fault import Fault
from squall.faults.load_rise import LoadRise
from squall.faults.nothing import Nothing
from squall.faults.resolution import NameResolution
from squall.faults.silence import Silence
from squall.faults.unreachable import Unreachable
from squall.instances import EVERY
from squall.record.arrivals import LoadPlan, Stage
from squall.run.lint import undecidable
from squall.run.scenario import Promise, Scenario
from squall.system.system import Degraded
from tests.records import system

PROMISES = (
    Promise("heals", HealsWithin("api", 30)),
    Promise("failing", FailingTime(5), "And"),
)


@pytest.fixture(scope="module")
def scenario() -> Scenario:
    return Scenario("crash", "feature", system(), Crash("api"), PROMISES, rate=50)


def test_what_can_be_decided_is_not_refused(scenario: Scenario) -> None:
    assert undecidable(scenario) is None


@pytest.mark.parametrize(
    ("rate", "probing", "reason"),
    [
        # The probes are not counted to the users: 4 a second beside 100 were called enough.
        (4, 50, "p95 needs 200 requests of users, and the steady window of 10s has 40 at 4/s; raise load.rate or "),
        (20, 50, "p95 needs 200 requests of users, and the steady hold of 5s has 100 at 20/s; raise load.rate or "),
        (50, 5, "p95 needs 200 requests of probes, and the steady window of 10s has 100 at 10/s; raise probe.rate or "),
        # R13: one request before the harm.
        (
            0.01,
            50,
            "p95 needs 200 requests of users, and the steady window of 10s has 0 at 0.01/s; raise ",
        ),
    ],
)
def test_users_and_probes_must_each_show_the_steady_state(
    scenario: Scenario, rate: float, probing: float, reason: str
) -> None:
    probe = scenario.system.probe.model_copy(update={"rate": probing})
    slow = replace(
        scenario, rate=rate, system=scenario.system.model_copy(update={"probe": probe}), promises=[PROMISES[0]]
    )
    slow = replace(slow, promises=[Promise("heals", HealsWithin("api", 300))])
    assert (undecidable(slow) or "").startswith(reason)


@pytest.mark.parametrize(
    ("claim", "rate", "there", "needed"),
    [
        (LatencyBack(99, 5, 200, 30), 50, 250, 1000),
        (LatencyBelow(99, 6, 200), 50, 300, 1000),
        (SuccessShare(99, 1), 50, 50, 100),
    ],
)
def test_a_claim_that_too_few_requests_could_decide_is_refused(
    scenario: Scenario, claim: Claim, rate: float, there: int, needed: int
) -> None:
    probing = replace(scenario, rate=rate, promises=[Promise("the claim", claim)])
    refused = undecidable(probing)
    assert refused is not None
    assert refused.startswith(f'"the claim" needs {needed} requests, and {rate:g} a second give {there}')
    assert undecidable(replace(probing, rate=rate * needed / there)) is None


@pytest.mark.parametrize(
    ("claim", "reason"),
    [
        (FailingTime(0), "cannot be HELD: nothing takes no time at all; write no request fails"),
        (HealsWithin("api", 0), "cannot be HELD: nothing takes no time at all; write a limit above 0"),
        (NoticedByReadiness(0), "cannot be HELD: nothing takes no time at all"),
        (SuccessShare(0, 60), "cannot be BROKEN: no share is less than 0%"),
        # R14: samples are 20 ms apart.
        (FailingTime(0.001), "cannot be HELD: a user arrives every 20ms (50/s), and nothing shorter can be seen"),
        (HealsWithin("api", 0.01), "cannot be HELD: a user arrives every 20ms"),
        (LatencyBelow(95, 60, 2000), "cannot be BROKEN by a slow answer: users give up after 2s"),
        (LatencyBack(95, 5, 9000, 30), "cannot be BROKEN by a slow answer: users give up after 2s"),
        (LatencyBelow(95, 60, 0), "cannot be HELD: no answer takes no time at all"),
    ],
)
def test_a_limit_that_says_nothing_is_refused(scenario: Scenario, claim: Claim, reason: str) -> None:
    assert (undecidable(replace(scenario, promises=[Promise("it", claim)])) or "").startswith(f'"it" {reason}')


@pytest.mark.parametrize("claim", [FailingTime(0.5), LatencyBelow(95, 60, 1999), NoFailure(), SuccessShare(100, 60)])
def test_a_limit_that_can_be_broken_and_held_is_not(scenario: Scenario, claim: Claim) -> None:
    assert undecidable(replace(scenario, promises=[Promise("it", claim)])) is None


def test_a_load_that_cannot_be_made_is_refused(scenario: Scenario) -> None:
    closed = LoadPlan("closed", users=600, pause=12.0)
    ramp = LoadPlan(stages=(Stage(10, 50, 100),))
    risen = replace(scenario, fault=LoadRise(200, lasts=20), promises=[Promise("failing", FailingTime(5))])
    assert "load.max_in_flight in system.yaml permits 500" in (undecidable(replace(scenario, load=closed)) or "")
    assert "changes the load from the harm on as well" in (undecidable(replace(risen, load=ramp)) or "")
    few = replace(closed, users=50)
    assert "users who wait for answers keep no rate" in (undecidable(replace(risen, load=few)) or "")
    for load in (ramp, few):
        assert undecidable(replace(scenario, load=load)) is None


def test_the_lowest_rate_must_suffice(scenario: Scenario) -> None:
    """A spike does not make up for what its claim's window may miss of it, and a load that falls gives less."""
    claim = Promise("p99", LatencyBelow(99, 30, 200))
    falling = replace(scenario, promises=[claim], load=LoadPlan(stages=(Stage(20, 50, 5),)))
    assert undecidable(replace(scenario, promises=[claim])) is None
    assert "needs 1000 requests, and 5 a second give 150" in (undecidable(falling) or "")


def test_where_nothing_is_harmed_nothing_heals(scenario: Scenario) -> None:
    refused = undecidable(replace(scenario, fault=Nothing(30), promises=PROMISES[:1]))
    assert refused == '"heals" is about healing where nothing is harmed (nothing, for 30s); leave it out'


OPENS = BreakerOpens("redis", 5, 2, 5)


@pytest.mark.parametrize(
    ("claim", "fault", "reason"),
    [
        (OPENS, Crash("redis"), "is done in an instant"),
        (OPENS, Silence("redis", EVERY, 8), "is over after 8s"),
        (OPENS, Silence("redis", EVERY, 20), None),
        (OPENS, Unreachable("redis", EVERY, 20), "counts calls, and none arrives"),
        (BreakerTolerates("redis", 5), NameResolution("redis", EVERY, 20), "counts calls, and none arrives"),
        (BreakerCloses("redis", 10), Crash("redis"), "counts from the end of a harm that has none"),
        (BreakerCloses("redis", 10), Unreachable("redis", EVERY, 20), None),
        (BreakerCloses("redis", 0), Unreachable("redis", EVERY, 20), "cannot be HELD"),
        (LatencyMeanwhile(99, 5, 100), Silence("redis", EVERY, 20), "let it last 25s"),
        (LatencyMeanwhile(90, 5, 100), Silence("redis", EVERY, 20), None),
        (LatencyMeanwhile(90, 5, 2000), Silence("redis", EVERY, 20), "cannot be BROKEN by a slow answer"),
        (AnsweredWithin(2000), Crash("api"), "cannot be BROKEN by a slow answer"),
        (AnsweredWithin(1900), Crash("api"), None),
        (DegradedShare(90, 5), Silence("redis", EVERY, 20), "needs the mark of such answers: load.degraded"),
    ],
)
def test_a_breaker_is_judged_only_where_it_can_show(
    scenario: Scenario, claim: Claim, fault: Fault, reason: str | None
) -> None:
    refused = undecidable(replace(scenario, fault=fault, promises=[Promise("the claim", claim)]))
    assert (refused or "") == (refused if reason else "")
    assert reason is None or reason in (refused or "")


def test_answers_of_a_fallback_can_be_told_by_their_mark(scenario: Scenario) -> None:
    load = scenario.system.load.model_copy(update={"degraded": Degraded(header="x-degraded")})
    marked = scenario.system.model_copy(update={"load": load})
    promises = [Promise("the claim", DegradedShare(90, 5))]
    assert undecidable(replace(scenario, system=marked, fault=Silence("redis", EVERY, 20), promises=promises)) is None
