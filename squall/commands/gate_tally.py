"""What a gate keeps of a session of pytest: the runs' folders, why scenarios were skipped, and what went wrong."""

from pathlib import Path

import pytest

from squall.commands.features import Tally
from squall.gate.evidence import Key
from squall.pytest_plugin.plugin import scenario_of


class GateTally(Tally):
    """A tally that keeps what a decision is made of."""

    def __init__(self) -> None:
        super().__init__()
        self.folders: list[Path] = []
        self.skips: dict[Key, str] = {}
        self.errors: list[str] = []
        self._keys: dict[str, Key] = {}

    @pytest.hookimpl(trylast=True)
    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Keep which scenario each item is of."""
        super().pytest_collection_finish(session)
        for item in session.items:
            if (scenario := scenario_of(item)) is not None:
                self._keys[item.nodeid] = scenario.feature, scenario.title

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Take one report."""
        super().pytest_runtest_logreport(report)
        told = dict(report.user_properties)
        if report.when == "call" and (folder := told.get("squall.folder")):
            self.folders.append(Path(str(folder)))
        if report.skipped and report.nodeid in self._keys:
            self.skips[self._keys[report.nodeid]] = _reason(report)
        elif report.failed and "squall.verdict" not in told:
            self.errors.append(f"{report.nodeid}: {_last_line(report.longreprtext)}")

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """Take that something could not be collected."""
        super().pytest_collectreport(report)
        if report.failed:
            self.errors.append(f"{report.nodeid}: {_last_line(report.longreprtext)}")

    def pytest_internalerror(self, excrepr: object, excinfo: pytest.ExceptionInfo[BaseException]) -> None:
        """Take what kept pytest from its end: a report that could not be written, for instance."""
        self.errors.append(f"pytest failed: {excinfo.typename}: {excinfo.value}")

    def pytest_keyboard_interrupt(self, excinfo: pytest.ExceptionInfo[BaseException]) -> None:
        """Take that a person had enough, or that a run was refused."""
        super().pytest_keyboard_interrupt(excinfo)
        refused = isinstance(excinfo.value, pytest.exit.Exception)
        self.errors.append(str(excinfo.value) if refused else "aborted before all was run")


def _reason(report: pytest.TestReport) -> str:
    said = report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longreprtext
    return " ".join(str(said).removeprefix("Skipped: ").split())


def _last_line(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1].removeprefix("E ").strip() if lines else "no reason was given"
