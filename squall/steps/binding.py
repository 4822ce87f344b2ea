"""Feature files as pytest items, on top of pytest-bdd. The only module that uses names it does not export.

pytest-bdd 9.0 and pytest 9.0 to 9.2; the names are ``find_fixturedefs_for_step``, the two registries, ``get_feature``
and pytest's ``Module._getobj`` and ``Session._fixturemanager``.
"""

import types
from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

import pytest
from pytest_bdd import scenario
from pytest_bdd.exceptions import FeatureError, GherkinParseError
from pytest_bdd.feature import get_feature
from pytest_bdd.gherkin_parser import get_gherkin_document
from pytest_bdd.parser import Scenario as BddScenario
from pytest_bdd.parser import ScenarioTemplate, Step
from pytest_bdd.scenario import find_fixturedefs_for_step, scenario_wrapper_template_registry
from pytest_bdd.steps import step_function_context_registry

from squall.steps.sentence import VOCABULARY, Sentence

_KEYWORDS = ("given", "when", "then", "and", "but", "*", "scenario", "background", "examples")


class FeatureFile(pytest.Module):
    """A ``.feature`` file: each scenario is a test whose name is its title, with no binder module.

    What cannot be read is kept in ``problems`` (lines of ``file:line: text``) and yields no items.
    """

    problems: list[str]

    def _getobj(self) -> types.ModuleType:
        module = types.ModuleType(self.path.stem)
        folder, name = str(self.path.parent), self.path.name
        self.problems = unreadable(self.path)
        if self.problems:
            return module
        for title in get_feature(folder, name).scenarios:

            @scenario(name, title, features_base_dir=folder)
            def body() -> None:
                """Everything is done by the steps."""

            module.__dict__[title] = body
        return module

    def funcnamefilter(self, name: str) -> bool:
        """Take every title: ``features/a.feature::Loss of payments`` is how a scenario is selected."""
        return True


def unreadable(path: Path) -> list[str]:
    """Return what is wrong with a feature file as text, before its sentences mean anything.

    pytest-bdd keeps only the last of two scenarios with one title, and takes a misspelled first keyword for a
    description: both would lose something silently, so both are refused.
    """
    try:
        document = get_gherkin_document(str(path))
    except (FeatureError, GherkinParseError) as error:
        return [f"{path}:{getattr(error, 'line', 1)}: {getattr(error, 'message', error)}"]
    except (OSError, UnicodeDecodeError) as error:
        return [f"{path}: cannot be read: {error}"]
    if not getattr(document, "feature", None):
        return [f"{path}:1: the file holds no feature; it begins with the line Feature: NAME"]
    problems: list[str] = []
    titles: dict[str, int] = {}
    for child in _scenarios(document.feature.children):
        line, title = child.location.line, child.name
        if title in titles:
            problems.append(f'{path}:{line}: a scenario "{title}" stands in line {titles[title]} already; rename one')
        if not title or "::" in title:
            problems.append(f"{path}:{line}: a scenario needs a title, without ::")
        titles[title] = line
        problems += _lost_in_description(path, line, child.description or "")
    return problems


def _scenarios(children: Any) -> list[Any]:
    found = []
    for child in children:
        if getattr(child, "scenario", None):
            found.append(child.scenario)
        elif getattr(child, "rule", None):
            found += _scenarios(child.rule.children)
    return found


def _lost_in_description(path: Path, line: int, description: str) -> list[str]:
    return [
        f'{path}:{line}: "{text.strip()}" is no step (Given, When, Then, And, But); the scenario would run without it'
        for text in description.splitlines()
        if '"' in text or text.strip().lower().startswith(_KEYWORDS)
    ]


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
