"""Which items of a session are scenarios, which of them are meant, and what they mean. Nothing is run here."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from pytest_bdd.parser import Scenario as BddScenario

from squall.pytest_plugin.options import REPETITION, Options, repetition
from squall.pytest_plugin.other_plugins import conflicts, exempt_from_timeout
from squall.pytest_plugin.results import refuse
from squall.pytest_plugin.scenario_run import ScenarioRun, keep, run_of
from squall.pytest_plugin.selection import Candidate
from squall.run.wiring import PLATFORMS
from squall.steps import steady
from squall.steps.binding import FeatureFile, named, rendered
from squall.steps.document import Document
from squall.steps.ownership import is_ours
from squall.steps.reading import Unreadable, read
from squall.steps.sentence import VOCABULARY
from squall.steps.tags import mark
from squall.steps.vocabulary import modules

Written = Sequence[tuple[pytest.Item, BddScenario]]


class ScenarioReader:
    """Reads the feature files of a session; all that cannot mean anything is refused together."""

    def __init__(self, config: pytest.Config, options: Options) -> None:
        self._config, self._options = config, options
        self._files: list[FeatureFile] = []
        self._bases: dict[Path, Path] = {}
        self._named = {(config.invocation_params.dir / word.partition("::")[0]).resolve() for word in config.args}
        # Feature files of others, below the same folders.
        self.left_alone: list[Path] = []
        for module in modules():
            config.pluginmanager.register(module, f"squall-{module.__name__}")

    def feature_file(self, path: Path, parent: pytest.Collector, base: Path) -> FeatureFile | None:
        """Return the collector of a feature file; its systems are those under ``base``. None: it is not squall's."""
        document = Document.read(path)
        if not is_ours(document, base, self._named):
            self.left_alone.append(document.path)
            return None
        file: FeatureFile = FeatureFile.from_parent(parent, path=path)
        file.document = document
        self._files.append(file)
        self._bases[path] = base
        return file

    def repeat(self, metafunc: pytest.Metafunc) -> None:
        """Make an item of each repetition of a scenario."""
        if metafunc.definition.path not in self._bases:
            return
        title, tags = named(metafunc)
        of = self._options.repeat_of(title, tags)
        if of > 1:
            metafunc.fixturenames.append(REPETITION)
            numbers = [(number, of) for number in range(1, of + 1)]
            metafunc.parametrize(REPETITION, numbers, ids=[repetition(*number) for number in numbers])

    def read_all(self, items: list[pytest.Item]) -> None:
        """Give each scenario its meaning, and take those that are not meant from ``items``.

        Raises:
            pytest.UsageError: one line for each problem; pytest ends with exit code 4.
        """
        there = [(item, written) for item in items if item.path in self._bases and (written := rendered(item))]
        problems = [problem for file in self._files for problem in self._problems(file.document)]
        chosen = self._chosen(items, there)
        if there and not chosen:
            problems.append(self._options.selection.nothing([_candidate(written) for _, written in there]))
        if self._options.platform not in PLATFORMS:
            problems.append(f"there is no platform {self._options.platform!r} (known: {', '.join(PLATFORMS)})")
        for item, written in chosen:
            try:
                keep(item, self._read(item, written))
            except Unreadable as error:
                problems += error.problems
        meant = [(item, run.scenario) for item in items if (run := run_of(item)) is not None]
        problems += conflicts(self._config, meant)
        if problems:
            refuse(self._config, items, problems)
        for item, written in chosen:
            exempt_from_timeout(item)
            mark(item, written.tags)

    def _problems(self, document: Document) -> Iterator[str]:
        """Yield what is wrong with a file and may concern a scenario that is meant."""
        may_take = self._options.selection.may_take
        for title, problem in document.problems:
            if may_take(document.text, title):
                yield problem

    def _chosen(self, items: list[pytest.Item], there: Written) -> Written:
        selection = self._options.selection
        others = {item for item, written in there if not selection.takes(_candidate(written))}
        if others:
            items[:] = [item for item in items if item not in others]
            self._config.hook.pytest_deselected(items=list(others))
        return [(item, written) for item, written in there if item not in others]

    def _read(self, item: pytest.Item, written: BddScenario) -> ScenarioRun:
        base, options = self._bases[item.path], self._options
        seed, command = options.seed_of(item), options.command(item)
        scenario = read(item, written, base, options.platform, seed, command, options.weakness)
        load = replace(scenario.load, workers=options.workers)
        return ScenarioRun(replace(scenario, to_the_end=options.to_the_end, load=load))


def _candidate(written: BddScenario) -> Candidate:
    naming = [sentence for sentence in VOCABULARY.values() if sentence.make in steady.NAMING]
    named = (one.value(step.name).name for step in written.steps for one in naming if one.parser.is_matching(step.name))
    return Candidate(written.name, written.tags, next(named, ""))
