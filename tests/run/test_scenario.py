from dataclasses import replace

import pytest

from squall.claims.claim import Claim
from squall.claims.failing_time import FailingTime
from squall.claims.heals_within import HealsWithin
from squall.claims.latency_back import LatencyBack
from squall.claims.latency_below import LatencyBelow
from squall.claims.success_share import SuccessShare
from squall.faults.crash import Crash
from squall.faults.nothing import Nothing
from squall.record.plan import ClaimPlan
from squall.run.scenario import Promise, Scenario
from tests.records import system

PROMISES = (
    Promise("heals", HealsWithin("api", 30)),
    Promise("failing", FailingTime(5), "And"),
)


@pytest.fixture(scope="module")
def scenario() -> Scenario:
    return Scenario("crash", "feature", system(), Crash("api"), PROMISES, rate=50)


def test_it_is_observed_until_the_last_claim_can_be_decided(scenario: Scenario) -> None:
    assert scenario.observation == 35
    assert replace(scenario, fault=Nothing(90)).observation == 90
    assert replace(scenario, promises=()).observation == 0


def test_its_claims_are_what_the_record_holds(scenario: Scenario) -> None:
    assert scenario.claims[1] == ClaimPlan("failing", "FailingTime", {"limit": 5}, "And")


def test_a_percentile_that_the_window_cannot_show_is_undecidable(scenario: Scenario) -> None:
    assert scenario.undecidable() is None
    probe = scenario.system.probe.model_copy(update={"rate": 5})
    slow = replace(scenario, rate=1, system=scenario.system.model_copy(update={"probe": probe}))
    assert slow.undecidable() == (
        "p95 needs 200 samples, and the steady window of 10s has 110 at 11/s; raise the rate or steady.window in "
        "system.yaml"
    )


@pytest.mark.parametrize(
    ("claim", "rate", "there", "needed"),
    [
        (LatencyBack(99, 5, 200, 30), 50, 250, 1000),
        (LatencyBelow(99, 6, 200), 50, 300, 1000),
        (SuccessShare(99, 10), 5, 50, 100),
    ],
)
def test_a_claim_that_too_few_requests_could_decide_is_refused(
    scenario: Scenario, claim: Claim, rate: float, there: int, needed: int
) -> None:
    probing = replace(scenario, rate=rate, promises=[Promise("the claim", claim)])
    refused = probing.undecidable()
    assert refused is not None
    assert refused.startswith(f'"the claim" needs {needed} requests, and {rate:g} a second give {there}')
    assert replace(probing, rate=rate * needed / there).undecidable() is None
