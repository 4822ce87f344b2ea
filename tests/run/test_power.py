from dataclasses import replace
from pathlib import Path

import pytest

from squall.claims.failing_time import FailingTime
from squall.claims.no_failure import NoFailure
from squall.errors import Misuse
from squall.faults.crash import Crash
from squall.run.power import shard, strays, trials
from squall.run.scenario import Promise, Scenario
from squall.system.system import System, Twin, find_system

ROOT = Path(__file__).parents[2]
QUICK, NONE = "requests fail for no longer than 5s", "no request fails"


def system(*twins: Twin) -> System:
    return find_system("quantum-rerank", ROOT).model_copy(update={"twins": twins})


def scenario(*twins: Twin) -> Scenario:
    claims = [Promise(QUICK, FailingTime(5)), Promise(NONE, NoFailure())]
    return Scenario("A crash", "crashes", system(*twins), Crash("rerank-api"), claims, 50, command="squall run a")


def twin(weakness: str, breaks: str = QUICK, title: str = "A crash") -> Twin:
    return Twin(scenario=title, weakness=weakness, breaks=breaks)


def test_a_scenario_comes_healthy_first_and_then_with_each_weakness_of_the_platform() -> None:
    found = trials([scenario(twin("one replica"), twin("errors", NONE), twin("one replica", title="other"))], "local")
    assert [(each.weakness, each.breaks) for each in found] == [("", ""), ("one replica", QUICK), ("errors", NONE)]
    assert found[1].scenario.weaknesses == ["one replica"]
    assert found[1].scenario.command == "squall run a --weakness 'one replica'"


def test_a_weakness_that_only_another_platform_has_makes_no_twin_here() -> None:
    both = [scenario(twin("counts cordoned nodes"))]
    assert [each.weakness for each in trials(both, "local")] == [""]
    assert [each.weakness for each in trials(both, "kind")] == ["", "counts cordoned nodes"]


def test_a_scenario_that_is_itself_about_a_weakness_is_no_promise() -> None:
    assert trials([replace(scenario(), weaknesses=["one replica"])], "local") == []


def test_a_twin_that_shall_break_what_nobody_claims_is_refused() -> None:
    with pytest.raises(Misuse, match=f"does not claim that it heals .*it has: {QUICK}; {NONE}"):
        trials([scenario(twin("one replica", "it heals"))], "local")


def test_a_twin_of_a_scenario_that_nobody_wrote_is_told() -> None:
    found = [scenario(twin("one replica"), twin("errors", title="A crsah"))]
    assert strays(found) == ['quantum-rerank: the twin "errors" is of no scenario that was read: "A crsah"']
    assert strays([]) == []


@pytest.mark.parametrize("of", [1, 2, 3, 7])
def test_shares_have_each_trial_once(of: int) -> None:
    found = trials([scenario(twin("one replica"), twin("errors")) for _ in range(2)], "local")
    shares = [shard(found, number, of) for number in range(1, of + 1)]
    assert sorted(map(id, found)) == sorted(id(each) for share in shares for each in share)
