"""squall in pytest: collects feature files, refuses what cannot mean anything, runs scenarios, reports verdicts.

Imports nothing heavy: a project without squall scenarios pays for a look at its folders alone. Everything else
is in ``squall.steps`` and ``squall.pytest_plugin.session`` and is imported with the first feature file.
"""

from collections.abc import Callable, Generator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from squall.errors import Misuse
from squall.pytest_plugin import options
from squall.pytest_plugin.results import RunResults

if TYPE_CHECKING:
    from squall.pytest_plugin.session import Session
    from squall.run.scenario import Scenario

_SESSION: "pytest.StashKey[Session]" = pytest.StashKey()


def pytest_addoption(parser: pytest.Parser) -> None:
    """Define ``--squall-...``."""
    options.add_to(parser)


def pytest_configure(config: pytest.Config) -> None:
    """Refuse options of no meaning."""
    if config.getoption("squall_tag") is not None:
        # Only this can be of no meaning; where it is not given, what reads it need not be there.
        try:
            options.Options.of(config)
        except Misuse as error:
            raise pytest.UsageError(str(error)) from None
    config.pluginmanager.register(RunResults(), "squall-gathering")


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    """Collect a feature file, if it is squall's: below a folder with systems (``scenarios/*/system.yaml``)."""
    if file_path.suffix != ".feature" or (base := _base(file_path, parent.config.rootpath)) is None:
        return None
    return _session(parent.config).reader.feature_file(file_path, parent, base)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Repeat scenarios as often as ``--squall-repeat`` says."""
    if _SESSION in metafunc.config.stash:
        metafunc.config.stash[_SESSION].reader.repeat(metafunc)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Read every scenario before anything runs; what cannot mean anything ends the run with exit code 4."""
    if _SESSION in config.stash:
        config.stash[_SESSION].reader.read_all(items)


@pytest.hookimpl(wrapper=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> Generator[None, object, object]:
    """Fail the item once, at its end, with the worst finding."""
    result = yield
    if _SESSION in pyfuncitem.config.stash:
        pyfuncitem.config.stash[_SESSION].conclude(pyfuncitem)
    return result


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Say the verdict in the report's first line, without a traceback."""
    report = yield
    if _SESSION in item.config.stash:
        item.config.stash[_SESSION].put_verdict(item, report)
    return report


def pytest_report_teststatus(report: pytest.CollectReport | pytest.TestReport) -> tuple[str, str, Any] | None:
    """Name the verdict in pytest's own summary."""
    verdict = dict(getattr(report, "user_properties", ())).get("squall.verdict")
    if verdict is None or report.when != "call":
        return None
    return {
        "HELD": ("passed", ".", ("HELD", {"green": True})),
        "BROKEN": ("failed", "B", ("BROKEN", {"red": True})),
        "INCONCLUSIVE": ("failed", "I", ("INCONCLUSIVE", {"yellow": True})),
    }.get(str(verdict))


@pytest.fixture
def squall_step(request: pytest.FixtureRequest) -> Callable[[str], None]:
    """Carry out a step of a squall scenario; only the When step does anything."""
    session: Session = request.config.stash[_SESSION]
    return lambda keyword: session.carry_out(request.node, keyword)


def scenario_of(item: pytest.Item) -> "Scenario | None":
    """Return what an item means, once its session has read it; None for other tests."""
    return item.config.stash[_SESSION].scenario(item) if _SESSION in item.config.stash else None


def left_alone(config: pytest.Config) -> Sequence[Path]:
    """Return the feature files below folders with systems that are somebody else's."""
    return config.stash[_SESSION].reader.left_alone if _SESSION in config.stash else ()


def _base(path: Path, root: Path) -> Path | None:
    for folder in path.parents:
        if any(folder.glob("scenarios/*/system.yaml")):
            return folder
        if folder == root:
            return None
    return None


def _session(config: pytest.Config) -> "Session":
    if _SESSION not in config.stash:
        from squall.pytest_plugin.session import Session

        config.stash[_SESSION] = Session(config)
    return config.stash[_SESSION]
