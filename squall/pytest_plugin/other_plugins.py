"""How scenarios get on with other pytest plugins: those that would run them again, or end them early."""

from collections.abc import Iterator, Sequence

import pytest

from squall.run.scenario import Scenario

_WHY = (
    "a run again until it passes proves nothing, and a BROKEN promise would be lost; "
    "squall run --repeat N runs a scenario several times and counts them all"
)


def conflicts(config: pytest.Config, read: Sequence[tuple[pytest.Item, Scenario]]) -> Iterator[str]:
    """Yield a line for each setting of another plugin under which scenarios cannot be run."""
    if read and _reruns(config):
        yield f"re-runs (pytest-rerunfailures) were asked for, and {len(read)} squall scenarios are selected: {_WHY}"
    if config.pluginmanager.hasplugin("rerunfailures"):
        yield from (f"{item.nodeid}: the tag @flaky asks for re-runs: {_WHY}" for item, _ in read if _flaky(item))
    limit = config.getoption("timeout", None)
    for item, scenario in read:
        if limit and limit < length(scenario):
            yield (
                f"{item.nodeid}: may well take {length(scenario):.0f} s and more, and --timeout {limit:g} would cut it "
                "off; raise it or leave it out"
            )


def exempt_from_timeout(item: pytest.Item) -> None:
    """Exempt a scenario from a time limit in pytest's configuration: that one was meant for quick tests."""
    config = item.config
    if config.pluginmanager.hasplugin("timeout") and not config.getoption("timeout", None):
        item.add_marker(pytest.mark.timeout(0))


def length(scenario: Scenario) -> float:
    """Return how many seconds a run takes that is observed to its end, if all goes well and the system is up."""
    steady = scenario.system.steady
    return steady.window + scenario.observation + steady.hold


def _reruns(config: pytest.Config) -> bool:
    asked = [config.getoption(name, None) for name in ("reruns", "force_reruns")]
    if config.pluginmanager.hasplugin("rerunfailures"):
        asked.append(config.getini("reruns"))
    return any(str(value) not in {"", "0", "None", "[]"} for value in asked)


def _flaky(item: pytest.Item) -> bool:
    return item.get_closest_marker("flaky") is not None
