"""One pytest session with squall scenarios: reads them, runs them, and keeps what each came to."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from pytest_bdd.parser import Scenario as BddScenario
from pytest_bdd.parser import Step

from squall.assembly import carry_out, platform
from squall.errors import Misuse
from squall.options import Options
from squall.record import Judgement, RunFolder
from squall.report.allure import Bridge
from squall.report.figure import draw
from squall.report.junit import properties
from squall.report.page import page
from squall.report.summary import summarise
from squall.scenario import Scenario
from squall.steps import claims, harm, load, steady
from squall.steps.binding import FeatureFile, rendered
from squall.steps.outcome import failure
from squall.steps.reading import Unreadable, read
from squall.verdict import Finding

_VOCABULARY = (steady, load, harm, claims)


@dataclass
class Run:
    """A scenario of this session, and what it came to."""

    scenario: Scenario
    base: Path
    folder: RunFolder | None = None
    judgement: Judgement | None = None
    told: int = 0

    def next_finding(self) -> Finding | None:
        """Return the finding of the Then step that is up, in the order of the text."""
        if self.judgement is None:
            return None
        finding = self.judgement.findings[self.told]
        self.told += 1
        return finding


_RUN: pytest.StashKey[Run] = pytest.StashKey()


class Session:
    """See the module."""

    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        self._options = Options.of(config)
        self._files: list[FeatureFile] = []
        self._bases: dict[Path, Path] = {}
        self._finished: list[Run] = []
        self._bridge = _bridge(config)
        for module in _VOCABULARY:
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
        for item in list(items):
            written = rendered(item) if item.path in self._bases else None
            if written is None:
                continue
            if self._options.promise and f"promise.{self._options.promise}" not in written.tags | written.feature.tags:
                items.remove(item)
                self._config.hook.pytest_deselected(items=[item])
                continue
            try:
                item.stash[_RUN] = self._read(item, written)
            except Unreadable as error:
                problems += error.problems
        if problems:
            raise pytest.UsageError(*dict.fromkeys(problems))

    def carry_out(self, item: pytest.Item, keyword: str) -> None:
        """Run the experiment when the When step is up; the other steps were carried out by reading them."""
        if keyword != "when":
            return
        run = item.stash[_RUN]
        try:
            on = platform(self._options.platform, run.scenario.system, self._options.context)
            try:
                run.folder, run.judgement = carry_out(run.scenario, on, run.base, self._options.runs, self._tell)
            finally:
                on.close()
        except Misuse as error:
            pytest.exit(str(error), returncode=4)
        self._report(run)

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
        if run is None or run.judgement is None or run.folder is None:
            return
        item.user_properties += properties(run.judgement, run.folder.plan(), run.folder.path)
        if self._bridge is not None:
            self._bridge.attach(run.folder.load(), run.judgement, run.folder.path)
        if (exception := failure(run.judgement)) is not None:
            raise exception

    def put_verdict(self, item: pytest.Item, report: pytest.TestReport) -> None:
        """Replace a traceback through squall's own code by the verdict's line."""
        run = item.stash.get(_RUN, None)
        if run is None or run.judgement is None or report.when != "call" or not report.failed:
            return
        exception = failure(run.judgement)
        if exception is not None:
            report.longrepr = str(exception)
            report.user_properties = list(item.user_properties)

    def print_summaries(self, reporter: Any) -> None:
        """Print what each run came to, the worst last: it is what stands above the prompt."""
        width = reporter._tw.fullwidth  # noqa: SLF001 - pytest offers the width nowhere else
        for run in sorted(self._finished, key=lambda run: _judged(run).verdict):
            assert run.folder is not None  # noqa: S101 - finished runs have one
            reporter.write_line("")
            text = summarise(run.folder.load(), _judged(run), run.folder.path, width, reporter._tw.hasmarkup)  # noqa: SLF001
            reporter.write(text + "\n")

    def verdicts(self) -> Sequence[Judgement]:
        """Return the judgements so far."""
        return [_judged(run) for run in self._finished]

    def _read(self, item: pytest.Item, written: BddScenario) -> Run:
        base = self._bases[item.path]
        command = self._options.command(item)
        options = self._options
        return Run(read(item, written, base, options.platform, options.seed, command), base)

    def _report(self, run: Run) -> None:
        assert run.folder is not None  # noqa: S101 - only finished runs are reported
        record, judgement = run.folder.load(), _judged(run)
        run.folder.figure.write_bytes(draw(record, judgement))
        (run.folder.path / "report.html").write_text(page(record, judgement))
        self._finished.append(run)

    def _tell(self, text: str) -> None:
        reporter = self._config.pluginmanager.get_plugin("terminalreporter")
        if reporter is not None:
            reporter.write_line(f"  {text}")


def _judged(run: Run) -> Judgement:
    assert run.judgement is not None  # noqa: S101 - only finished runs are asked
    return run.judgement


def _bridge(config: pytest.Config) -> Bridge | None:
    try:
        return Bridge.connect(config)
    except Misuse as error:
        raise pytest.UsageError(str(error)) from error
