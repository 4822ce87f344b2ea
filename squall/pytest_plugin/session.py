"""One pytest session with squall scenarios: reads them, runs them, and keeps what each came to."""

from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal, NoReturn

import pytest
from pytest_bdd.parser import Scenario as BddScenario
from pytest_bdd.parser import Step

from squall.errors import ExitCode, Misuse, NotOffered
from squall.platforms.capability import Tell
from squall.pytest_plugin.options import REPETITION, Options, repetition
from squall.pytest_plugin.other_plugins import conflicts, exempt_from_timeout
from squall.pytest_plugin.results import hand_over, in_worker, refuse
from squall.pytest_plugin.selection import Candidate
from squall.record.folder import RunFolder
from squall.report.allure import Bridge
from squall.report.junit import properties
from squall.report.live import shown
from squall.report.write import write
from squall.run.scenario import Scenario
from squall.run.wiring import PLATFORMS, FinishedRun, carry_out
from squall.steps import steady
from squall.steps.binding import FeatureFile, rendered
from squall.steps.outcome import failure
from squall.steps.reading import Unreadable, read
from squall.steps.sentence import VOCABULARY
from squall.steps.vocabulary import modules
from squall.verdict import Finding


@dataclass
class Run:
    """A scenario of this session, and what it came to."""

    scenario: Scenario
    base: Path
    finished: FinishedRun | None = None
    reported: int = 0

    def next_finding(self) -> Finding | None:
        """Return the finding of the Then step that is up, in the order of the text."""
        if self.finished is None:
            return None
        finding = self.finished.judgement.findings[self.reported]
        self.reported += 1
        return finding

    @property
    def failure(self) -> BaseException | None:
        """What the item fails with; None if it does not, or there is no run."""
        return failure(self.finished.judgement) if self.finished is not None else None

    def properties(self) -> list[tuple[str, str]]:
        """Return what reports of the item hold of the run."""
        if self.finished is None:
            return []
        folder = self.finished.folder
        return properties(self.finished.judgement, folder.plan(), folder.path)


_RUN: pytest.StashKey[Run] = pytest.StashKey()


class Session:
    """See the module."""

    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        self._options = Options.of(config)
        self._files: list[FeatureFile] = []
        self._bases: dict[Path, Path] = {}
        self._bridge = _bridge(config)
        for module in modules():
            config.pluginmanager.register(module, f"squall-{module.__name__}")

    def feature_file(self, path: Path, parent: pytest.Collector, base: Path) -> FeatureFile:
        """Return the collector of a feature file; its systems are those under ``base``."""
        file: FeatureFile = FeatureFile.from_parent(parent, path=path)
        self._files.append(file)
        self._bases[path] = base
        return file

    def knows(self, item: pytest.Item) -> bool:
        """Whether an item is one of squall's scenarios."""
        return _RUN in item.stash

    def read_all(self, items: list[pytest.Item]) -> None:
        """Give each scenario its meaning, and refuse all that have none, together.

        Raises:
            pytest.UsageError: one line for each problem; pytest ends with exit code 4.
        """
        problems = [problem for file in self._files for problem in getattr(file, "problems", ())]
        there = [(item, written) for item in items if item.path in self._bases and (written := rendered(item))]
        chosen = self._chosen(items, there)
        if there and not chosen:
            problems.append(self._options.selection.nothing([_candidate(written) for _, written in there]))
        if self._options.platform not in PLATFORMS:
            problems.append(f"there is no platform {self._options.platform!r} (known: {', '.join(PLATFORMS)})")
        for item, written in chosen:
            try:
                item.stash[_RUN] = self._read(item, written)
            except Unreadable as error:
                problems += error.problems
        problems += conflicts(self._config, [(item, item.stash[_RUN].scenario) for item in items if self.knows(item)])
        if problems:
            refuse(self._config, items, problems)
        for item, _ in chosen:
            exempt_from_timeout(item)

    def repeat(self, metafunc: pytest.Metafunc) -> None:
        """Make an item of each repetition of a scenario."""
        of = self._options.repeat
        if of > 1 and metafunc.definition.path in self._bases:
            metafunc.fixturenames.append(REPETITION)
            numbers = range(1, of + 1)
            metafunc.parametrize(REPETITION, numbers, ids=[repetition(number, of) for number in numbers])

    def carry_out(self, item: pytest.Item, keyword: str) -> None:
        """Run the experiment when the When step is up; the other steps were carried out by reading them."""
        if keyword != "when":
            return
        run = item.stash[_RUN]
        try:
            run.finished = carry_out(run.scenario, self._options.where, run.base, self._watching)
        except NotOffered as error:
            pytest.skip(str(error))
        except Misuse as error:
            self._refuse(str(error))
        write(run.finished.folder, run.finished.judgement)
        if run.finished.cut_off is not None:
            self._end_early(item, run, run.finished.cut_off)

    def before_scenario(self, item: pytest.Item, written: BddScenario) -> None:
        """Label the scenario in Allure's report."""
        if self._bridge is not None:
            self._bridge.start_scenario(written.name, written.feature.name, sorted(written.tags | written.feature.tags))

    def before_step(self, item: pytest.Item, step: Step) -> None:
        """Begin a step in Allure's report."""
        if self._bridge is not None:
            self._bridge.start_step(step.keyword, step.name)

    def after_step(self, item: pytest.Item, step: Step, error: BaseException | None) -> None:
        """End a step in Allure's report; a Then step with the status of its own finding."""
        finding = item.stash[_RUN].next_finding() if step.type == "then" and error is None else None
        if self._bridge is not None:
            self._bridge.end_step(finding, error)

    def conclude(self, item: pytest.Item) -> None:
        """Raise what the scenario fails with."""
        run = item.stash.get(_RUN, None)
        if run is None or run.finished is None:
            return
        item.user_properties += run.properties()
        if self._bridge is not None:
            folder = run.finished.folder
            self._bridge.attach(folder.load(), run.finished.judgement, folder.path)
        if (exception := run.failure) is not None:
            raise exception

    def put_verdict(self, item: pytest.Item, report: pytest.TestReport) -> None:
        """Replace a traceback through squall's own code by the verdict's line."""
        run = item.stash.get(_RUN, None)
        if run is None or report.when != "call" or not report.failed or (exception := run.failure) is None:
            return
        report.longrepr = f"{type(exception).__name__}: {exception}"
        report.user_properties = list(item.user_properties)

    def scenario(self, item: pytest.Item) -> Scenario | None:
        """Return what an item means; None for other tests."""
        run = item.stash.get(_RUN, None)
        return run.scenario if run is not None else None

    def _chosen(
        self, items: list[pytest.Item], there: Sequence[tuple[pytest.Item, BddScenario]]
    ) -> list[tuple[pytest.Item, BddScenario]]:
        """Return the scenarios that are meant, and take the others from ``items``."""
        selection = self._options.selection
        others = {item for item, written in there if not selection.takes(_candidate(written))}
        if others:
            items[:] = [item for item in items if item not in others]
            self._config.hook.pytest_deselected(items=list(others))
        return [(item, written) for item, written in there if item not in others]

    def _read(self, item: pytest.Item, written: BddScenario) -> Run:
        base = self._bases[item.path]
        options = self._options
        seed, command = options.seed_of(item), options.command(item)
        scenario = read(item, written, base, options.platform, seed, command)
        return Run(replace(scenario, to_the_end=options.to_the_end), base)

    def _refuse(self, why: str) -> NoReturn:
        """End with exit code 4, whichever process this is."""
        if in_worker(self._config):
            hand_over(self._config, [why])
            pytest.fail(why, pytrace=False)
        pytest.exit(why, returncode=ExitCode.MISUSE)

    def _end_early(self, item: pytest.Item, run: Run, cut_off: BaseException) -> NoReturn:
        """Let pytest end as the one who cut the run off wants it; all of it is undone by now."""
        item.user_properties += run.properties()
        if isinstance(cut_off, KeyboardInterrupt):  # pytest itself makes no report then
            exception = run.failure
            said = f"{type(exception).__name__}: {exception}"
            names: dict[str, Literal[1]] = dict.fromkeys(item.keywords, 1)
            report = pytest.TestReport(
                item.nodeid, item.location, names, "failed", said, "call", user_properties=item.user_properties
            )
            item.ihook.pytest_runtest_logreport(report=report)
        raise cut_off

    def _watching(self, folder: RunFolder) -> AbstractContextManager[Tell]:
        reporter = self._config.pluginmanager.get_plugin("terminalreporter")
        if reporter is None or self._config.option.verbose < 0 or hasattr(self._config, "workerinput"):
            return nullcontext(self._tell)
        return shown(folder, reporter._tw._file)  # noqa: SLF001 - what pytest itself writes to, past its capture

    def _tell(self, text: str) -> None:
        reporter = self._config.pluginmanager.get_plugin("terminalreporter")
        if reporter is not None:
            reporter.write_line(f"  {text}")


def _candidate(written: BddScenario) -> Candidate:
    naming = [sentence for sentence in VOCABULARY.values() if sentence.make in steady.NAMING]
    named = (one.value(step.name).name for step in written.steps for one in naming if one.parser.is_matching(step.name))
    return Candidate(written.name, written.tags | written.feature.tags, next(named, ""))


def _bridge(config: pytest.Config) -> Bridge | None:
    try:
        return Bridge.connect(config)
    except Misuse as error:
        raise pytest.UsageError(str(error)) from error
