"""Feature files as pytest items, on top of pytest-bdd. The only module that uses its names for items and steps.

pytest-bdd 9.0 and pytest 9.0 to 9.2; what is not exported is ``find_fixturedefs_for_step``, the two registries,
``get_feature``, ``Examples`` and pytest's ``Module._getobj`` and ``Session._fixturemanager``.
"""

import types
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import cast

import pytest
from pytest_bdd import scenario
from pytest_bdd.exceptions import FeatureError, GherkinParseError
from pytest_bdd.feature import get_feature
from pytest_bdd.parser import Examples, ScenarioTemplate, Step
from pytest_bdd.parser import Feature as BddFeature
from pytest_bdd.parser import Scenario as BddScenario
from pytest_bdd.scenario import find_fixturedefs_for_step, scenario_wrapper_template_registry
from pytest_bdd.steps import step_function_context_registry

from squall.steps.document import ENCODING, Document
from squall.steps.sentence import VOCABULARY, Sentence

_EXAMPLE = "_pytest_bdd_example"


class FeatureFile(pytest.Module):
    """A ``.feature`` file: each scenario is a test whose name is its title, with no binder module.

    What cannot be read is kept in ``document.problems`` and yields no items; the rest of the file does, so that all its
    problems can be told together.
    """

    document: Document

    def _getobj(self) -> types.ModuleType:
        module = types.ModuleType(self.path.stem)
        folder, name = str(self.path.parent), self.path.name
        feature = _parsed(self.document)
        with _tags_left_alone(self.config):
            for title in feature.scenarios if feature else ():
                if title in self.document.spoiled:
                    continue

                @scenario(name, title, features_base_dir=folder, encoding=ENCODING)
                def body() -> None:
                    """Everything is done by the steps."""

                module.__dict__[title] = body
        return module

    def funcnamefilter(self, name: str) -> bool:
        """Take every title: ``features/a.feature::Loss of payments`` is how a scenario is selected."""
        return True


class _Row(dict[str, str]):
    """A row of Examples, and the tags of its table."""

    tags: frozenset[str] = frozenset()


class _TaggedRows(Examples):
    """Examples whose rows know the tags.

    pytest-bdd makes marks of the tags while it collects: with --strict-markers one that is not registered, or that can
    be no name of Python, ends the collection.
    """

    @classmethod
    def of(cls, table: Examples) -> "_TaggedRows":
        if isinstance(table, cls):
            return table
        made = cls(table.line_number, table.name, table.example_params, table.examples)
        made.row_tags = frozenset(table.tags)
        return made

    row_tags: frozenset[str] = frozenset()

    def as_contexts(self) -> Iterator[dict[str, str]]:  # type: ignore[override]
        """Yield the rows."""
        for context in super().as_contexts():
            row = _Row(context)
            row.tags = self.row_tags
            yield row


def _parsed(document: Document) -> BddFeature | None:
    """Return the feature as pytest-bdd reads it; None if it, or the parser, finds that it cannot be read."""
    if document.feature is None:
        return None
    try:
        feature = get_feature(str(document.path.parent), document.path.name, encoding=ENCODING)
    except (FeatureError, GherkinParseError) as error:
        document.say(error.line, error.message)
        return None
    for template in feature.scenarios.values():
        template.examples = [_TaggedRows.of(table) for table in template.examples]
    return feature


class _NoMarks:
    """Tags of squall's scenarios become marks with the items, where it is known which are effective."""

    @pytest.hookimpl(tryfirst=True, optionalhook=True)
    def pytest_bdd_apply_tag(self, tag: str, function: Callable[..., object]) -> bool:
        """Take every tag."""
        return True


@contextmanager
def _tags_left_alone(config: pytest.Config) -> Iterator[None]:
    taking = _NoMarks()
    config.pluginmanager.register(taking)
    try:
        yield
    finally:
        config.pluginmanager.unregister(taking)


def rendered(item: pytest.Item) -> BddScenario | None:
    """Return the scenario of an item with the values of its outline filled in; None for other tests.

    Its tags are all that are effective for it: those of its feature, its rule, itself and its table of Examples.
    """
    template: ScenarioTemplate | None = scenario_wrapper_template_registry.get(getattr(item, "obj", None))  # type: ignore[arg-type]
    if template is None:
        return None
    callspec = getattr(item, "callspec", None)
    example = cast("Mapping[str, object]", callspec.params.get(_EXAMPLE, {})) if callspec else {}
    written = template.render(example)
    of_rule = written.rule.tags if written.rule else set()
    of_row = example.tags if isinstance(example, _Row) else frozenset()
    written.tags = {*written.feature.tags, *of_rule, *written.tags, *of_row}
    return written


def named(metafunc: pytest.Metafunc) -> tuple[str, frozenset[str]]:
    """Return the title of the scenario that items are made of, and the tags that all of these have."""
    template: ScenarioTemplate | None = scenario_wrapper_template_registry.get(metafunc.function)
    if template is None:
        return "", frozenset()
    of_rule = template.rule.tags if template.rule else set()
    return template.name, frozenset({*template.feature.tags, *of_rule, *template.tags})


def meanings(step: Step, item: pytest.Item) -> list[Sentence | None]:
    """Return every sentence that a step matches at its place; None for a step that is not squall's."""
    manager = item.session._fixturemanager  # noqa: SLF001 - pytest has no public way to the definitions
    found = find_fixturedefs_for_step(step, manager, item)
    return [VOCABULARY.get(step_function_context_registry[definition.func].step_func) for definition in found]
