from dataclasses import replace

import pytest

from squall.claims.failing_time import FailingTime
from squall.claims.heals_within import HealsWithin
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
