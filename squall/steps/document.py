"""A feature file as text: what the parser says of it, and what would be lost if it were run. Knows nothing of pytest.

Of pytest-bdd it uses the values of a parsed file (``pytest_bdd.gherkin_parser``), which are not exported.
"""

import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from gherkin.dialect import DIALECTS
from gherkin.errors import CompositeParserException, ParserException
from gherkin.parser import Parser
from pytest_bdd import gherkin_parser

from squall.steps.sentence import VOCABULARY

# What Windows' editors begin a file with is no part of its text.
ENCODING = "utf-8-sig"
_KEYWORD = re.compile(r"(?:given|when|then|and|but|scenario|background|examples)\b|\*")
_PLACEHOLDER = re.compile(r"<([^<>]+)>")
_PLACE = re.compile(r"\A\(\d+:\d+\): ")
_TOKEN = re.compile(r"#([A-Z]\w+)")
_QUOTES = ('"""', "```")
# Of a file that falls apart the first lines tell why.
_MOST_REASONS = 5
_Part = gherkin_parser.Feature | gherkin_parser.Rule | gherkin_parser.Background | gherkin_parser.Scenario


@dataclass
class Document:
    """A feature file: its text, what it says if it can be parsed, and every problem that it has as text.

    ``problems`` are (title of the scenario that it spoils or None, ``file:line: what``).
    """

    path: Path
    text: str = ""
    feature: gherkin_parser.Feature | None = None
    problems: list[tuple[str | None, str]] = field(default_factory=list)

    @classmethod
    def read(cls, path: Path) -> "Document":
        """Read a file. What is wrong with it is in ``problems``; nothing is raised.

        pytest-bdd keeps only the last of two scenarios with one title, takes a misspelled first keyword for a
        description, and skips what has no rows: each would lose something silently, so each is a problem.
        """
        found = cls(Path(os.path.relpath(path)))
        try:
            found.text = path.read_bytes().decode(ENCODING)
        except UnicodeDecodeError as error:
            found.text = error.object.decode(ENCODING, errors="replace")
            found.say(1 + error.object[: error.start].count(b"\n"), f"the file is not UTF-8: {error.reason}")
        except OSError as error:
            found.say(1, f"the file cannot be read: {error.strerror}")
        else:
            found._parse()
        return found

    @property
    def spoiled(self) -> set[str]:
        """Titles of scenarios that cannot be read because of a problem."""
        return {title for title, _ in self.problems if title is not None}

    def say(self, line: int, problem: str, title: str | None = None) -> None:
        """Add a problem; it spoils the scenario of that title."""
        self.problems.append((title, f"{self.path}:{line}: {problem}"))

    def steps(self) -> Iterator[str]:
        """Yield the text of each step; of a file that does not parse, of lines that begin as one in any language."""
        if self.feature is None:
            for line in map(str.strip, self.text.splitlines()):
                yield from (line.removeprefix(word) for word in _step_words() if line.startswith(word))
            return
        for part in _parts(self.feature):
            if isinstance(part, gherkin_parser.Background | gherkin_parser.Scenario):
                yield from (step.text for step in part.steps)

    def sentences(self) -> Iterator[str]:
        """Yield each step, and each line behind its first word, that is a sentence."""
        behind = (line.strip().partition(" ")[2].strip() for line in self.text.splitlines())
        yield from (text for text in (*self.steps(), *behind) if sentence_in(text))

    def _parse(self) -> None:
        try:
            parsed = Parser().parse(self.text)
        except CompositeParserException as error:
            self._refused(error.errors)
            return
        except ParserException as error:
            self._refused([error])
            return
        if "feature" not in parsed:
            self.say(1, "the file holds no feature; it begins with the line Feature: NAME")
            return
        self.feature = gherkin_parser.Feature.from_dict(dict(parsed["feature"]))
        _lost(self, self.feature)

    def _refused(self, errors: Sequence[ParserException]) -> None:
        # A line that the parser refuses for a reason it often refuses again for another.
        reasons = {error.location["line"]: error for error in reversed(errors)}
        for line in sorted(reasons)[:_MOST_REASONS]:
            self.say(line, self._reason(str(reasons[line])))
        if (more := len(reasons) - _MOST_REASONS) > 0:
            self.say(sorted(reasons)[_MOST_REASONS], f"and {more} more lines are not understood")

    def _reason(self, said: str) -> str:
        """Return the parser's own words, its names of kinds of lines as words, and which text is open at the end."""
        reason = _TOKEN.sub(lambda found: _NAMES.get(found[1], found[1]), _PLACE.sub("", said))
        lines = [number for number, line in enumerate(self.text.splitlines(), 1) if line.strip().startswith(_QUOTES)]
        if "#DocStringSeparator" in said and "end of file" in said and lines:
            return f"{reason}; the text that begins in line {lines[-1]} is not closed"
        return reason


_NAMES = {
    "EOF": "the end of the file", "Empty": "an empty line", "Comment": "a comment", "TagLine": "a tag",
    "StepLine": "a step (Given, When, Then, And, But)", "TableRow": "a row of a table", "FeatureLine": "Feature:",
    "RuleLine": "Rule:", "BackgroundLine": "Background:", "ScenarioLine": "Scenario:", "ExamplesLine": "Examples:",
    "DocStringSeparator": 'the """ of a text', "Language": "# language:", "Other": "a line of text",
}  # fmt: skip


@cache
def _step_words() -> Sequence[str]:
    """Return what a step begins with, in every language of Gherkin."""
    words = {
        word
        for spec in DIALECTS.values()
        for of_kind in (spec["given"], spec["when"], spec["then"], spec["and"], spec["but"])
        for word in of_kind
    }
    return sorted(words, key=len, reverse=True)


def sentence_in(text: str) -> bool:
    """Whether a text is one of squall's sentences, or of the project's."""
    return any(sentence.parser.is_matching(text) for sentence in VOCABULARY.values())


def _lost(found: Document, feature: gherkin_parser.Feature) -> None:
    """Name all that would be lost without a word."""
    lines = found.text.splitlines()
    parts = list(_parts(feature))
    for part in parts:
        _lost_in_description(found, part, lines)
        _without_scenarios(found, part)
    _titles(found, [part for part in parts if isinstance(part, gherkin_parser.Scenario)])


def _parts(whole: gherkin_parser.Feature | gherkin_parser.Rule) -> Iterator[_Part]:
    """Yield all that can have a description: the feature, its rules, backgrounds and scenarios."""
    yield whole
    for child in whole.children:
        if child.rule:
            yield from _parts(child.rule)
        elif part := child.background or child.scenario:
            yield part


def _without_scenarios(found: Document, part: _Part) -> None:
    if not isinstance(part, gherkin_parser.Feature | gherkin_parser.Rule):
        return
    if not any(child.scenario or child.rule for child in part.children):
        what = "feature" if isinstance(part, gherkin_parser.Feature) else "rule"
        found.say(part.location.line, f"the {what} holds no scenario: nothing in it would run")


def _titles(found: Document, scenarios: Sequence[gherkin_parser.Scenario]) -> None:
    titles: dict[str, int] = {}
    for one in scenarios:
        line, title = one.location.line, one.name
        if title in titles:
            found.say(line, f'a scenario "{title}" is in line {titles[title]} already; rename one', title)
        if not title or "::" in title:
            found.say(line, "a scenario needs a title, without ::", title)
        titles[title] = line
        _examples(found, one)
        _texts_below_steps(found, one)


def _texts_below_steps(found: Document, scenario: gherkin_parser.Scenario) -> None:
    for step in scenario.steps:
        if step.docstring is not None:
            problem = f'no text belongs below "{step.text}"; the scenario would run without it'
            found.say(step.docstring.location.line, problem, scenario.name)


def _examples(found: Document, scenario: gherkin_parser.Scenario) -> None:
    if not scenario.examples and scenario.keyword in {"Scenario Outline", "Scenario Template"}:
        found.say(scenario.location.line, "an outline without rows in its Examples runs nothing", scenario.name)
    for table in scenario.examples:
        if not table.table_header or not table.table_body:
            found.say(table.location.line, "these Examples have no rows: they run nothing", scenario.name)
            continue
        columns = [cell.value for cell in table.table_header.cells]
        for name in {column for column in columns if columns.count(column) > 1}:
            found.say(table.table_header.location.line, f"duplicate column {name}", scenario.name)
        _placeholders(found, scenario, table, columns)


def _placeholders(
    found: Document, scenario: gherkin_parser.Scenario, table: gherkin_parser.ExamplesTable, columns: Sequence[str]
) -> None:
    for step in scenario.steps:
        cells = [cell.value for row in step.datatable.rows for cell in row.cells] if step.datatable else []
        for name in _PLACEHOLDER.findall(" ".join([step.text, *cells])):
            if name not in columns:
                listed = ", ".join(sorted(columns))
                problem = f"<{name}> is no column of the Examples in line {table.location.line} (columns: {listed})"
                found.say(step.location.line, problem, scenario.name)


def _lost_in_description(found: Document, part: _Part, lines: Sequence[str]) -> None:
    # Prose about a feature or a rule may begin with "When" or quote something; a scenario's seldom does.
    free = isinstance(part, gherkin_parser.Feature | gherkin_parser.Rule)
    for text in (part.description or "").splitlines():
        known = sentence_in(text.strip().partition(" ")[2].strip())
        if known or (not free and ('"' in text or _KEYWORD.match(text.strip().lower()))):
            after = part.location.line
            line = next((n for n, other in enumerate(lines[after:], after + 1) if other.strip() == text.strip()), after)
            problem = f'"{text.strip()}" is no step (Given, When, Then, And, But); the scenario would run without it'
            found.say(line, problem, part.name if isinstance(part, gherkin_parser.Scenario) else None)
