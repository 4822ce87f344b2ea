"""The guard of the vocabulary: one sentence, one meaning."""

import re
from pathlib import Path
from typing import Any

import pytest
from pytest_bdd.feature import get_feature

from squall.claims.registry import claims
from squall.claims.steady_again import SteadyAgain
from squall.faults.crash import Crash
from squall.faults.deletion import Deletion
from squall.faults.fault import Harm, parts
from squall.faults.forced_deletion import ForcedDeletion
from squall.faults.freeze import Freeze
from squall.faults.full_disk import FullDisk
from squall.faults.little_cpu import LittleCpu
from squall.faults.one_by_one import OneByOne
from squall.faults.out_of_memory import OutOfMemory
from squall.instances import EVERY, Share, Within
from squall.record.arrivals import Stage
from squall.steps.parts import ArrivalRate, CountedService, RandomArrivals, SteadySystem, UserKinds, Weakened
from squall.steps.rows import Row, rows
from squall.steps.sentence import VOCABULARY, Sentence
from squall.steps.vocabulary import modules

SHIPPED = {module.__name__ for module in modules()}
SENTENCES = [sentence for sentence in VOCABULARY.values() if sentence.make.__module__ in SHIPPED]
EXAMPLES = {
    "Name": "api",
    "Phrase": "fails its health check",
    "Count": "2",
    "Rate": "50",
    "Duration": "30s",
    "Percent": "99.5%",
    "Ordinal": "95th",
    "Path": "/data",
    "Kinds": '"Browser" 80%, "Api" 20%',
    "Pod": 'a pod of "api"',
    "Pods": '2 pods of "api"',
    "Series": 'the pods of "api"',
    "Trouble": "crash loop",
}
ROOT = Path(__file__).parents[2]
# Claims that squall adds to each run, so that no sentence needs to.
BUILT_IN = {SteadyAgain}


def example(sentence: Sentence) -> str:
    # What is "other" is not the same again, and what delays an answer, or is a part, is shorter than what lasts.
    text = (
        sentence.text.replace("{other:Name}", "postgres")
        .replace("{delay:Duration}", "2s")
        .replace("{jitter:Duration}", "1s")
        .replace("{hold:Duration}", "100ms")
        .replace("{peak:Rate}", "200")
    )
    return re.sub(r"\{\w+:(\w+)\}", lambda match: EXAMPLES[match[1]], text)


def meanings(text: str, keyword: str) -> list[Sentence]:
    return [s for s in VOCABULARY.values() if s.keyword == keyword and s.parser.is_matching(text)]


@pytest.fixture(params=SENTENCES, ids=lambda sentence: sentence.text)
def sentence(request: pytest.FixtureRequest) -> Sentence:
    found: Sentence = request.param
    return found


def test_each_says_what_it_means(sentence: Sentence) -> None:
    assert sentence.about
    assert sentence.about.endswith(".")


def test_each_matches_only_itself(sentence: Sentence) -> None:
    assert [s.text for s in VOCABULARY.values() if s.parser.is_matching(example(sentence))] == [sentence.text]


def test_each_comes_to_its_part_of_a_scenario(sentence: Sentence) -> None:
    part = sentence.value(example(sentence), [Row(0, sentence.table)] if sentence.table else [])
    if sentence.keyword == "given":
        assert isinstance(part, ArrivalRate | RandomArrivals | SteadySystem | UserKinds | CountedService | Weakened)
    elif sentence.keyword == "when":
        assert part.describe()
        assert all(hasattr(each.fault, "inject") for each in parts(part))
    else:
        assert type(part) in claims().values()


def test_each_claim_can_be_said() -> None:
    said = {type(s.value(example(s))) for s in SENTENCES if s.keyword == "then"}
    assert set(claims().values()) - BUILT_IN == said


def steps() -> list[Any]:
    found = []
    for path in sorted(ROOT.glob("features/**/*.feature")):
        for scenario in get_feature(str(path.parent), path.name).scenarios.values():
            found += [
                pytest.param(step.type, step.name, rows(step), id=f"{path.stem}:{step.line_number}")
                for step in scenario.steps
            ]
    return found


@pytest.mark.parametrize(("keyword", "text", "table"), steps())
def test_each_step_of_the_features_has_one_meaning(keyword: str, text: str, table: list[Row]) -> None:
    assert len(meanings(text, keyword)) == 1
    assert meanings(text, keyword)[0].value(text, table) is not None


def value(text: str, keyword: str = "when") -> Any:
    (sentence,) = meanings(text, keyword)
    return sentence.value(text)


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ('a pod of "api" crashes', Crash("api")),
        ('3 pods of "api" crash', Crash("api", Share(3))),
        ('every pod of "api" crashes', Crash("api", EVERY)),
        ('30% of the pods of "api" crash', Crash("api", Share(None, 30))),
        ('the pods of "api" on one node crash', Crash("api", Share(None, within=Within.NODE))),
        ('2 pods of "api" in one zone crash', Crash("api", Share(2, within=Within.ZONE))),
        ('every pod of "api" freezes for 5s', Freeze("api", EVERY, 5)),
        ('a pod of "api" runs out of memory', OutOfMemory("api")),
        ('2 pods of "api" are left with 5% of a CPU for 20s', LittleCpu("api", Share(2), 20.0, 5.0)),
        ('every pod of "api" has "/data" filled to 90% for 30s', FullDisk("api", EVERY, 30.0, "/data", 90.0)),
        ('a pod of "api" is deleted', Deletion("api", within=20)),
        ('a pod of "api" is deleted by force', ForcedDeletion("api")),
        ('2 pods of "api" are deleted by force', ForcedDeletion("api", Share(2))),
        ('a pod of "api" is deleted, to be gone within 5s', Deletion("api", within=5)),
        ('the pods of "api" crash one by one, 5s apart', OneByOne(Crash("api", EVERY), 5)),
        ('30% of the pods of "api" crash one by one, 0s apart', OneByOne(Crash("api", Share(None, 30)), 0)),
    ],
)
def test_a_harm_names_whom_and_how_many(text: str, fault: Harm) -> None:
    assert value(text) == fault


@pytest.mark.parametrize(
    ("keyword", "text", "problem"),
    [
        ("when", '0 pods of "api" crash', "nobody would be harmed"),
        ("when", '0% of the pods of "api" crash', "nobody would be harmed"),
        ("when", '30 of the pods of "api" crash', "is not a share"),
        ("when", '130% of the pods of "api" are deleted', "is not a share"),
        ("when", "nothing is harmed for 30sec", "is not a duration"),
        ("when", 'a pod of "api" has "data" filled to 90% for 30s', "is no path inside the pod"),
        ("when", 'a pod of "api" has "/data" filled to 0% for 30s', "nothing is harmed by 0% full"),
        ("when", 'a pod of "api" is left with 0% of a CPU for 30s', "stops it; write 1%"),
        ("when", 'a pod of "api" is left with 5 of a CPU for 30s', "is not a share"),
        ("given", "0 requests per second arrive", "no request would arrive"),
        ("given", "0 requests per second arrive, ramping to 5 over 3s from the harm on", "no request would arrive"),
        ("given", "5 requests per second arrive, ramping to 0 over 3s from the harm on", "no request would arrive"),
        ("given", "5 requests per second arrive, ramping to 9 over 0s from the harm on", "a ramp takes time"),
        ("given", "5 requests per second arrive, ramping to 9 over 3x from the harm on", "is not a duration"),
        ("given", "5 requests per second arrive, with a spike to 5 for 3s, 1s after the harm", "does not rise above 5"),
        ("given", "5 requests per second arrive, with a spike to 9 for 0s, 1s after the harm", "lasts for some time"),
        ("given", "0 users wait for each answer and 1s after it", "no user would come"),
        ("given", "9 users wait for each answer and 0s after it", "write a pause above 0s"),
        ("given", 'users are of the kinds "A" 80%, "B" 30%', "come to 100%, not 110%"),
        ("given", 'users are of the kinds "A" 100%, "B" 0%', "are above 0%"),
        ("given", 'users are of the kinds "A" 50%, "A" 50%', "duplicate kind of users"),
        ("then", "at least 101% of requests succeed in the 60s after", "is not a share"),
        ("then", "the 100th percentile of latency over 5s stays below 200ms", "there is no 100th percentile"),
        ("then", "requests fail for no longer than 5x", "is not a duration"),
    ],
)
def test_a_value_that_means_nothing_says_what_to_write(keyword: str, text: str, problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        value(text, keyword)


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("20 requests per second arrive, ramping to 200 over 1m from the harm on", (Stage(60, 20, 200),)),
        (
            "50 requests per second arrive, with a spike to 400 for 5s, 2s after the harm",
            (Stage(2, 50, 50), Stage(5, 400, 400), Stage(0, 50, 50)),
        ),
        (
            "50 requests per second arrive, with a spike to 400 for 5s, 0s after the harm",
            (Stage(5, 400, 400), Stage(0, 50, 50)),
        ),
    ],
)
def test_a_load_changes_in_stages_from_the_harm_on(text: str, part: tuple[Stage, ...]) -> None:
    assert value(text, "given").stages == part


def test_steps_stay_until_the_next_and_the_last_one_stays() -> None:
    (steps,) = meanings("50 requests per second arrive, changing in steps after the harm", "given")
    text = "50 requests per second arrive, changing in steps after the harm"
    part = steps.value(text, [Row(1, ("2s", "100/s")), Row(2, ("12s", "20/s"))])
    assert part.stages == (Stage(2, 50, 50), Stage(10, 100, 100), Stage(0, 20, 20))
    for cells, problem in ((("1s", "20/s"), "in order"), (("5s", "20"), "is not a rate"), (("5s", "0/s"), "above 0")):
        with pytest.raises(ValueError, match=problem):
            steps.value(text, [Row(1, ("2s", "100/s")), Row(2, cells)])


@pytest.mark.parametrize("text", ['"Browser" 80%, "Api" 20%', '"Browser" 80% and "Api" 20%', '"Browser" 80%,"Api" 20%'])
def test_kinds_of_users_have_shares(text: str) -> None:
    assert value(f"users are of the kinds {text}", "given") == UserKinds({"Browser": 80, "Api": 20})


@pytest.mark.parametrize(
    "text",
    [
        'A pod of "api" crashes',
        'a pod of "a"b" crashes',
        'a pod of "" crashes',
        "a pod of api crashes",
        'a pod of "api" crash',
        'the pods of "api" crash',
        '30% of the pods of "api" on one node crash',
    ],
)
def test_what_only_looks_alike_has_no_meaning(text: str) -> None:
    assert meanings(text, "when") == []
