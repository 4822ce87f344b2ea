"""pytest's hooks that fill Allure's report. Registered only in a session that was asked for one."""

from collections.abc import Generator

import pytest
from pytest_bdd.parser import Scenario as BddScenario
from pytest_bdd.parser import Step

from squall.errors import Misuse
from squall.pytest_plugin.scenario_run import run_of
from squall.report.allure import Bridge


class AllureHooks:
    """A pytest plugin: steps with the status of their findings, and the files of the run as attachments."""

    def __init__(self, bridge: Bridge) -> None:
        self._bridge = bridge

    @pytest.hookimpl(optionalhook=True)
    def pytest_bdd_before_scenario(self, request: pytest.FixtureRequest, scenario: BddScenario) -> None:
        """Label the scenario."""
        if (run := run_of(request.node)) is not None:
            self._bridge.start_scenario(scenario.name, scenario.feature.name, run.scenario.tags)

    @pytest.hookimpl(optionalhook=True)
    def pytest_bdd_before_step(self, request: pytest.FixtureRequest, step: Step) -> None:
        """Begin a step."""
        if run_of(request.node) is not None:
            self._bridge.start_step(step.keyword, step.name)

    @pytest.hookimpl(optionalhook=True, trylast=True)
    def pytest_bdd_after_step(self, request: pytest.FixtureRequest, step: Step) -> None:
        """End a step; a Then step has the status of its own finding."""
        if (run := run_of(request.node)) is not None:
            self._bridge.end_step(run.next_finding() if step.type == "then" else None)

    @pytest.hookimpl(optionalhook=True)
    def pytest_bdd_step_error(self, request: pytest.FixtureRequest, exception: BaseException) -> None:
        """End a step with the error."""
        if run_of(request.node) is not None:
            self._bridge.end_step(error=exception)

    # Last: within the wrapper that fails the item.
    @pytest.hookimpl(wrapper=True, trylast=True)
    def pytest_pyfunc_call(self, pyfuncitem: pytest.Function) -> Generator[None, object, object]:
        """Attach what there is of the run, before the item fails with its verdict."""
        result = yield
        run = run_of(pyfuncitem)
        if run is not None and run.finished is not None:
            self._bridge.attach(run.finished.folder.load(), run.finished.judgement, run.finished.folder.path)
        return result


def register(config: pytest.Config) -> None:
    """Register the plugin if a report was asked for.

    Raises:
        pytest.UsageError: the other adapter of Allure is loaded, too.
    """
    try:
        bridge = Bridge.connect(config)
    except Misuse as error:
        raise pytest.UsageError(str(error)) from error
    if bridge is not None:
        config.pluginmanager.register(AllureHooks(bridge), "squall-allure")
