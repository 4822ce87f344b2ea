"""One pytest session with squall scenarios: hands each to ``squall.run``, and tells pytest what it came to."""

from contextlib import AbstractContextManager, nullcontext, suppress
from functools import partial
from typing import NoReturn

import pytest

from squall.errors import ExitCode, Misuse, NotOffered, NotUndone
from squall.platforms.capability import Tell
from squall.pytest_plugin import allure_hooks
from squall.pytest_plugin.options import Options
from squall.pytest_plugin.reading import ScenarioReader
from squall.pytest_plugin.results import hand_over, in_worker
from squall.pytest_plugin.scenario_run import ScenarioRun, run_of
from squall.record.folder import RunFolder
from squall.report.allure import as_error
from squall.report.failures import failures
from squall.report.live import shown
from squall.report.write import write
from squall.run.scenario import Scenario
from squall.run.wiring import carry_out
from squall.verdict import Cause, Finding, Verdict

_NOTHING_DONE = Finding("", Verdict.INCONCLUSIVE, "cut off before anything was done", Cause.ABORTED)


class Session:
    """See the module."""

    def __init__(self, config: pytest.Config) -> None:
        self._config, self._options = config, Options.of(config)
        allure_hooks.register(config)
        self.reader = ScenarioReader(config, self._options)

    def carry_out(self, item: pytest.Item, keyword: str) -> None:
        """Run the scenario when the When step is up; the other steps were carried out by reading them."""
        run = run_of(item)
        if keyword != "when" or run is None:
            return
        try:
            self._run(run)
        except NotOffered as error:
            pytest.skip(str(error))
        except Misuse as error:
            self._refuse(str(error))
        except NotUndone as error:
            item.user_properties.append(("squall.not_undone", str(error)))
            raise
        except (KeyboardInterrupt, pytest.exit.Exception) as error:
            _report(item, run)
            raise error from None

    def _run(self, run: ScenarioRun) -> None:
        finished = run.finished = carry_out(run.scenario, self._options.where, self._watching)
        record = finished.folder.load()
        run.failures = failures(record)
        write(record, finished.judgement, finished.folder.path)
        if finished.cut_off is not None:
            raise finished.cut_off

    def conclude(self, item: pytest.Item) -> None:
        """Raise what the scenario fails with."""
        if (run := run_of(item)) is None:
            return
        item.user_properties += run.properties()
        if (exception := run.failure) is not None:
            raise exception

    def put_verdict(self, item: pytest.Item, report: pytest.TestReport) -> None:
        """Replace a traceback through squall's own code by the verdict's line."""
        run = run_of(item)
        if run is not None and report.when == "call" and report.failed and run.line:
            report.longrepr = run.message
            report.user_properties = list(item.user_properties)

    def scenario(self, item: pytest.Item) -> Scenario | None:
        """Return what an item means; None for other tests."""
        return run.scenario if (run := run_of(item)) is not None else None

    def _refuse(self, why: str) -> NoReturn:
        """End with exit code 4, whichever process this is."""
        if in_worker(self._config):
            hand_over(self._config, [why])
            pytest.fail(why, pytrace=False)
        pytest.exit(why, returncode=ExitCode.MISUSE)

    def _watching(self, folder: RunFolder) -> AbstractContextManager[Tell]:
        reporter = self._config.pluginmanager.get_plugin("terminalreporter")
        if reporter is None or self._config.option.verbose < 0 or in_worker(self._config):
            return nullcontext(self._tell)
        return shown(folder, reporter._tw._file)  # noqa: SLF001 - what pytest itself writes to, past its capture

    def _tell(self, text: str) -> None:
        reporter = self._config.pluginmanager.get_plugin("terminalreporter")
        if reporter is not None:
            # Who read it may be gone; the run goes on.
            with suppress(OSError):
                reporter.write_line(f"  {text}")


def _report(item: pytest.Item, run: ScenarioRun) -> None:
    """Report a run that was cut off: pytest itself makes no report then, and Allure's would say that it passed."""
    item.user_properties += run.properties()
    error = run.failure or as_error(_NOTHING_DONE)
    call: pytest.CallInfo[None] = pytest.CallInfo.from_call(partial(_fail, error), when="call")
    report = item.ihook.pytest_runtest_makereport(item=item, call=call)
    report.longrepr = f"{type(error).__name__}: {error}"
    report.user_properties = list(item.user_properties)
    item.ihook.pytest_runtest_logreport(report=report)


def _fail(error: BaseException | None) -> None:
    if error is not None:
        raise error
