"""Feature files as pytest items, on top of pytest-bdd. The only module that uses names it does not export.

pytest-bdd 9.0 and pytest 9.0 to 9.2; the names are ``find_fixturedefs_for_step``, the two registries, ``get_feature``,
``gherkin_parser`` and pytest's ``Module._getobj`` and ``Session._fixturemanager``.
"""

import os
import re
import types
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import cast

import pytest
from pytest_bdd import gherkin_parser, scenario
from pytest_bdd.exceptions import FeatureError, GherkinParseError
from pytest_bdd.feature import get_feature
from pytest_bdd.parser import Scenario as BddScenario
from pytest_bdd.parser import ScenarioTemplate, Step
from pytest_bdd.scenario import find_fixturedefs_for_step, scenario_wrapper_template_registry
from pytest_bdd.steps import step_function_context_registry

from squall.steps.sentence import VOCABULARY, Sentence

_KEYWORD = re.compile(r"(?:given|when|then|and|but|scenario|background|examples)\b|\*")
_PLACEHOLDER = re.compile(r"<([^<>]+)>")
_Part = gherkin_parser.Feature | gherkin_parser.Rule | gherkin_parser.Background | gherkin_parser.Scenario


class FeatureFile(pytest.Module):
    """A ``.feature`` file: each scenario is a test whose name is its title, with no binder module.

    What cannot be read is kept in ``problems`` (lines of ``file:line: text``) and yields no items; the rest of the
    file does, so that all its problems can be told together.
    """

    problems: list[str]

    def _getobj(self) -> types.ModuleType:
        module = types.ModuleType(self.path.stem)
        folder, name = str(self.path.parent), self.path.name
        found, parses = doubts(self.path)
        self.problems = found.problems
        for title in get_feature(folder, name).scenarios if parses else ():
            if title in found.spoiled:
                continue

            @scenario(name, title, features_base_dir=folder)
            def body() -> None:
                """Everything is done by the steps."""

            module.__dict__[title] = body
        return module

    def funcnamefilter(self, name: str) -> bool:
        """Take every title: ``features/a.feature::Loss of payments`` is how a scenario is selected."""
        return True


@dataclass
class Doubts:
    """What is wrong with a feature file: the problems, and the titles of scenarios that they make unreadable."""

    path: Path
    problems: list[str] = field(default_factory=list)
    spoiled: set[str] = field(default_factory=set)

    def say(self, line: int, problem: str, title: str | None = None) -> None:
        """Add a problem; it spoils the scenario of that title."""
        self.problems.append(f"{self.path}:{line}: {problem}")
        if title is not None:
            self.spoiled.add(title)


def doubts(path: Path) -> tuple[Doubts, bool]:
    """Return what is wrong with a feature file as text, before its sentences mean anything, and whether it parses.

    pytest-bdd keeps only the last of two scenarios with one title, takes a misspelled first keyword for a description,
    and skips an outline without rows: each would lose something silently, so each is refused.
    """
    found = Doubts(Path(os.path.relpath(path)))
    try:
        document = gherkin_parser.get_gherkin_document(str(path))
        get_feature(str(path.parent), path.name)
    except (FeatureError, GherkinParseError) as error:
        found.say(getattr(error, "line", 1), getattr(error, "message", str(error)).splitlines()[0])
    except UnicodeDecodeError as error:
        found.say(1 + error.object[: error.start].count(b"\n"), f"the file is not UTF-8: {error.reason}")
    except OSError as error:
        found.say(1, f"the file cannot be read: {error.strerror}")
    except KeyError:
        found.say(1, "the file holds no feature; it begins with the line Feature: NAME")
    else:
        lines = path.read_text("utf-8").splitlines()
        parts = list(_parts(document.feature))
        for part in parts:
            _lost_in_description(found, part, lines)
        _titles(found, [part for part in parts if isinstance(part, gherkin_parser.Scenario)])
        return found, True
    return found, False


def _parts(whole: gherkin_parser.Feature | gherkin_parser.Rule) -> Iterator[_Part]:
    """Yield all that can have a description: the feature, its rules, backgrounds and scenarios."""
    yield whole
    for child in whole.children:
        if child.rule:
            yield from _parts(child.rule)
        elif part := child.background or child.scenario:
            yield part


def _titles(found: Doubts, scenarios: Sequence[gherkin_parser.Scenario]) -> None:
    titles: dict[str, int] = {}
    for one in scenarios:
        line, title = one.location.line, one.name
        if title in titles:
            found.say(line, f'a scenario "{title}" stands in line {titles[title]} already; rename one', title)
        if not title or "::" in title:
            found.say(line, "a scenario needs a title, without ::", title)
        titles[title] = line
        _outline(found, one)


def _outline(found: Doubts, scenario: gherkin_parser.Scenario) -> None:
    tables = [table for table in scenario.examples if table.table_header and table.table_body]
    if not tables and (scenario.examples or scenario.keyword in {"Scenario Outline", "Scenario Template"}):
        found.say(scenario.location.line, "an outline without rows in its Examples runs nothing", scenario.name)
    for table in tables:
        columns = {cell.value for cell in table.table_header.cells} if table.table_header else set()
        for step in scenario.steps:
            cells = [cell.value for row in step.datatable.rows for cell in row.cells] if step.datatable else []
            for name in _PLACEHOLDER.findall(" ".join([step.text, *cells])):
                if name not in columns:
                    listed = ", ".join(sorted(columns))
                    problem = f"<{name}> is no column of the Examples in line {table.location.line} (columns: {listed})"
                    found.say(step.location.line, problem, scenario.name)


def _lost_in_description(found: Doubts, part: _Part, lines: Sequence[str]) -> None:
    # Prose about a feature or a rule may begin with "When" or quote something; a scenario's seldom does.
    free = isinstance(part, gherkin_parser.Feature | gherkin_parser.Rule)
    for text in (part.description or "").splitlines():
        if _known(text) or (not free and ('"' in text or _KEYWORD.match(text.strip().lower()))):
            after = part.location.line
            line = next((n for n, other in enumerate(lines[after:], after + 1) if other.strip() == text.strip()), after)
            problem = f'"{text.strip()}" is no step (Given, When, Then, And, But); the scenario would run without it'
            found.say(line, problem, part.name if isinstance(part, gherkin_parser.Scenario) else None)


def _known(text: str) -> bool:
    """Whether a line reads as one of squall's sentences behind its first word, whatever that is."""
    words = text.strip().partition(" ")[2].strip()
    return any(sentence.parser.is_matching(words) for sentence in VOCABULARY.values())


def rendered(item: pytest.Item) -> BddScenario | None:
    """Return the scenario of an item with the values of its outline filled in; None for other tests."""
    template: ScenarioTemplate | None = scenario_wrapper_template_registry.get(getattr(item, "obj", None))  # type: ignore[arg-type]
    if template is None:
        return None
    callspec = getattr(item, "callspec", None)
    example = cast("Mapping[str, object]", callspec.params.get("_pytest_bdd_example", {})) if callspec else {}
    return template.render(example)


def meanings(step: Step, item: pytest.Item) -> list[Sentence | None]:
    """Return every sentence that a step matches where it stands; None for a step that is not squall's."""
    manager = item.session._fixturemanager  # noqa: SLF001 - pytest has no public way to the definitions
    found = find_fixturedefs_for_step(step, manager, item)
    return [VOCABULARY.get(step_function_context_registry[definition.func].step_func) for definition in found]
