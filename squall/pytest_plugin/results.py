"""What the scenarios of a pytest session came to, also when they ran in the workers of pytest-xdist.

Kept from reports, which cross process borders. Imports nothing heavy: it is registered in every project.
"""

import sys
from collections import Counter
from collections.abc import Generator, Sequence
from pathlib import Path
from typing import Any

import pytest

from squall.errors import ExitCode

_PROBLEMS = "squall.problems"


class RunResults:
    """Keeps the folders of the runs, in their order, and the lines for which workers refused to run."""

    def __init__(self) -> None:
        self.folders: list[Path] = []
        self.problems: dict[str, None] = {}

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Take one report."""
        folder = dict(report.user_properties).get("squall.folder")
        if report.when == "call" and folder:
            self.folders.append(Path(str(folder)))

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any, error: object) -> None:
        """Take what a worker of xdist hands over at its end; one that crashed hands over nothing."""
        self.problems |= dict.fromkeys(getattr(node, "workeroutput", {}).get(_PROBLEMS, ()))

    @pytest.hookimpl(wrapper=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> Generator[None, None, None]:
        """End with exit code 4 if workers refused, and say why, once."""
        yield
        if self.problems:
            session.exitstatus = ExitCode.MISUSE
            for line in self.problems:
                print(f"ERROR: {line}", file=sys.stderr)  # noqa: T201 - as pytest does it for a UsageError

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        """Print the summary of each run, the worst last: it is what is above the prompt."""
        if self.folders:
            _print(terminalreporter, self.folders)


def in_worker(config: pytest.Config) -> bool:
    """Whether this process is a worker of xdist."""
    return hasattr(config, "workerinput")


def hand_over(config: pytest.Config, problems: Sequence[str]) -> None:
    """Let the controller of this worker say why nothing was run."""
    output: dict[str, Any] = config.workeroutput  # type: ignore[attr-defined]
    output[_PROBLEMS] = [*output.get(_PROBLEMS, ()), *problems]


def refuse(config: pytest.Config, items: list[pytest.Item], problems: Sequence[str]) -> None:
    """Run nothing, and end with exit code 4 and these lines.

    A UsageError in a worker of xdist is lost in an internal error, so a worker hands the lines over.

    Raises:
        pytest.UsageError: outside of workers.
    """
    lines = list(dict.fromkeys(problems))
    if not in_worker(config):
        raise pytest.UsageError(*lines)
    hand_over(config, lines)
    items.clear()


def _print(reporter: Any, folders: Sequence[Path]) -> None:
    from squall.record.folder import RunFolder
    from squall.report.summary import summarise

    writer = reporter._tw  # noqa: SLF001 - pytest offers width and colour nowhere else
    runs = [RunFolder(folder) for folder in folders]
    judged = sorted(((run, run.judgement()) for run in runs), key=lambda pair: pair[1].verdict)
    for run, judgement in judged:
        text = summarise(run.load(), judgement, run.path, writer.fullwidth, writer.hasmarkup)
        reporter.write_line("")
        reporter.write(text + "\n")
    _print_counts(reporter, Counter((run.plan().scenario, judgement.verdict) for run, judgement in judged))


def _print_counts(reporter: Any, counts: "Counter[tuple[str, Any]]") -> None:
    """Say how often each scenario that ran more than once came to which verdict."""
    for title in dict.fromkeys(title for title, _ in counts):
        of = {verdict: number for (other, verdict), number in counts.items() if other == title}
        if (total := sum(of.values())) > 1:
            said = ", ".join(f"{number} {verdict.name}" for verdict, number in sorted(of.items()))
            reporter.write_line(f"{title}: {said}, of {total}")
