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
from squall.steps.parts import ArrivalRate, SteadySystem, WatchedDoor, Weakened
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
    "Pod": 'a pod of "api"',
    "Pods": '2 pods of "api"',
    "Series": 'the pods of "api"',
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
        assert isinstance(part, ArrivalRate | SteadySystem | WatchedDoor | Weakened)
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
        ("then", "at least 101% of requests succeed in the 60s after", "is not a share"),
        ("then", "the 100th percentile of latency over 5s stays below 200ms", "there is no 100th percentile"),
        ("then", "requests fail for no longer than 5x", "is not a duration"),
    ],
)
def test_a_value_that_means_nothing_says_what_to_write(keyword: str, text: str, problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        value(text, keyword)


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
