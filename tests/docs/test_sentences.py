"""Every Gherkin example is one: its lines are read as a feature file's, and each means exactly one thing."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from pytest_bdd import gherkin_parser
from pytest_bdd.feature import get_feature

from docs.generate import sentences
from squall.steps.document import Document
from squall.steps.rows import rows
from squall.steps.sentence import VOCABULARY, Sentence
from tests.docs.blocks import Block, blocks, of, shown
from tests.docs.modules import Modules

GHERKIN = blocks("gherkin")


@pytest.fixture
def known(request: pytest.FixtureRequest, my_system: Path, tmp_path: Path) -> Iterator[list[Sentence]]:
    """Yield squall's sentences, those of ``squall init`` and those that the page itself defines."""
    page = request.getfixturevalue("block").page
    own = [block for block in of(page) if block.file.startswith("squall/") and not shown(block)]
    with Modules(tmp_path) as modules:
        before = set(VOCABULARY)
        modules.load("days", (my_system / "steps" / "days.py").read_text())
        for block in own:
            modules.add(block)
        yield [*sentences(), *(sentence for key, sentence in VOCABULARY.items() if key not in before)]


def feature(block: Block) -> str:
    """Return the example as a whole feature file."""
    text = block.text
    if not re.match(r"\s*(#.*\n\s*)*(@.*\n\s*)*Feature:", text):
        text = f"Feature: an example\n{text}"
    assert "Scenario" in text, "an example is at least a scenario"
    return text


@pytest.mark.parametrize("block", GHERKIN, ids=str)
def test_each_line_has_one_meaning(block: Block, known: list[Sentence], tmp_path: Path) -> None:
    path = tmp_path / "example.feature"
    path.write_text(feature(block))
    found = Document.read(path)
    assert found.feature is not None
    assert not found.problems
    steps = [step for one in get_feature(str(tmp_path), path.name).scenarios.values() for step in one.steps]
    assert len(steps) >= 2
    for step in steps:
        meant = [one for one in known if one.keyword == step.type and one.parser.is_matching(step.name)]
        assert len(meant) == 1, f"{step.name!r} has {len(meant)} meanings"
        meant[0].value(step.name, rows(step))


def test_a_line_that_means_nothing_would_be_found() -> None:
    assert GHERKIN
    assert not [one for one in sentences() if one.parser.is_matching("a pod of api crashes")]
    assert gherkin_parser is not None
