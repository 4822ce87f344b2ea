"""A scenario of this session: what its item means, and what its run came to."""

from collections.abc import Sequence
from dataclasses import dataclass

import pytest

from squall.report.junit import properties
from squall.run.scenario import Scenario
from squall.run.wiring import FinishedRun
from squall.steps.outcome import failure
from squall.verdict import Finding
from squall.writing.redact import redacted


@dataclass
class ScenarioRun:
    """``finished`` is None until the When step is over.

    ``failures`` says why requests failed in it.
    """

    scenario: Scenario
    finished: FinishedRun | None = None
    failures: Sequence[str] = ()
    _reported: int = 0

    def next_finding(self) -> Finding | None:
        """Return the finding of the Then step that is up, in the order of the text; None if nothing was run."""
        if self.finished is None:
            return None
        finding = self.finished.judgement.findings[self._reported]
        self._reported += 1
        return finding

    @property
    def failure(self) -> BaseException | None:
        """What the item fails with; None if it does not, or there is no run."""
        return failure(self.finished.judgement) if self.finished is not None else None

    @property
    def line(self) -> str:
        """The failure in one line, beginning with the verdict; empty if there is none."""
        return f"{type(self.failure).__name__}: {self.failure}" if self.failure is not None else ""

    @property
    def message(self) -> str:
        """The failure's line, and below it why requests failed; empty if there is none."""
        return "\n".join([self.line, *map(redacted, self.failures)]) if self.line else ""

    def properties(self) -> list[tuple[str, str]]:
        """Return what reports of the item hold of the run."""
        if self.finished is None:
            return []
        folder = self.finished.folder
        return properties(self.finished.judgement, folder.plan(), folder.path, self.failures)


_RUN: pytest.StashKey[ScenarioRun] = pytest.StashKey()


def keep(item: pytest.Item, run: ScenarioRun) -> None:
    """Make an item a scenario."""
    item.stash[_RUN] = run


def run_of(item: pytest.Item) -> ScenarioRun | None:
    """Return what an item means as a scenario; None for other tests."""
    return item.stash.get(_RUN, None)
