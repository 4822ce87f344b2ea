"""``squall run``: pytest with this plugin, and its outcome as squall's own exit codes."""

from collections.abc import Sequence

import pytest

from squall.verdict import Verdict

_BY_VERDICT = {Verdict.HELD: 0, Verdict.BROKEN: 1, Verdict.INCONCLUSIVE: 2}
NOT_UNDONE, MISUSE, HARNESS_FAILED, ABORTED = 3, 4, 5, 130


class Tally:
    """Counts what the scenarios came to, from the reports (which also cross process borders)."""

    def __init__(self) -> None:
        self.verdicts: list[Verdict] = []
        self.not_undone = False
        self.crashed = False

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Take one report."""
        if report.when != "call":
            self.crashed |= report.failed
            return
        properties = dict(report.user_properties)
        if (verdict := properties.get("squall.verdict")) is None:
            self.crashed |= report.failed
            return
        self.verdicts.append(Verdict[str(verdict)])
        self.not_undone |= bool(properties.get("squall.not_undone"))

    def exit_code(self, pytest_code: int) -> int:
        """Return squall's exit code; what could not be undone wins over all."""
        if self.not_undone:
            return NOT_UNDONE
        if pytest_code in {pytest.ExitCode.USAGE_ERROR, pytest.ExitCode.NO_TESTS_COLLECTED}:
            return MISUSE
        if pytest_code == pytest.ExitCode.INTERRUPTED:
            return ABORTED
        if self.crashed or pytest_code == pytest.ExitCode.INTERNAL_ERROR or not self.verdicts:
            return HARNESS_FAILED
        worst = max(self.verdicts)
        return _BY_VERDICT[worst]


def run_features(arguments: Sequence[str]) -> int:
    """Run pytest on feature files in this process and return squall's exit code."""
    tally = Tally()
    quiet = ["-p", "no:locust", "--no-header", "--tb=short", "-q"]
    return tally.exit_code(int(pytest.main([*arguments, *quiet], plugins=[tally])))
