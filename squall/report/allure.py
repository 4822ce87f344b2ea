"""The bridge to Allure: steps with a status of their own, labels, attachments, and the files beside the results.

Works with allure-pytest, which is imported only once its report was asked for; never with allure-pytest-bdd.
"""

import json
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, cast

from squall.errors import Misuse
from squall.record.folder import Record
from squall.record.judgement import Judgement
from squall.report import allure_files, evidence
from squall.report.summary import summarise
from squall.report.wording import line
from squall.report.write import FIGURE, PAGE
from squall.verdict import Finding, Verdict
from squall.writing.redact import redacted

if TYPE_CHECKING:
    import pytest

CONFLICT = (
    "allure-pytest-bdd is installed beside allure-pytest, and both define --alluredir: "
    "uninstall allure-pytest-bdd, or pass -p no:allure_pytest_bdd (squall reports through allure-pytest)"
)
# As an entry point, and as ``-p`` names it where plugins are not loaded by themselves.
_OURS = frozenset({"allure_pytest", "allure_pytest.plugin"})
_ADAPTERS = _OURS | {"allure_pytest_bdd", "allure_pytest_bdd.plugin"}


def conflict(blocked: Callable[[str], bool] = lambda name: False) -> str | None:
    """Say in one line that both adapters are installed and not ``blocked`` (pytest's ``-p no:``), or return None.

    Call it as early as a plugin can: pytest itself stops with a traceback when it loads the second of them.
    """
    installed = {entry.name for entry in metadata.entry_points(group="pytest11")}
    both = {"allure_pytest", "allure_pytest_bdd"}
    return CONFLICT if both <= installed and not any(blocked(name) for name in both) else None


class _Dynamic(Protocol):
    """The part of allure's untyped ``dynamic`` that is used here."""

    def title(self, test_title: str) -> None: ...
    def label(self, label_type: str, *labels: str) -> None: ...


class Bridge:
    """Reports one process's scenarios to Allure. Steps, labels and attachments go to the test that is running."""

    def __init__(self, directory: Path) -> None:
        self._files = allure_files.ResultFiles(directory)
        self._step: AbstractContextManager[object] | None = None

    @classmethod
    def connect(cls, config: "pytest.Config") -> "Bridge | None":
        """Return a bridge if an Allure report was asked for with ``--alluredir``, else None.

        Raises:
            Misuse: allure-pytest-bdd is loaded.
        """
        directory = config.getoption("allure_report_dir", None)
        if not directory:
            return None
        loaded = {name for name in _ADAPTERS if config.pluginmanager.hasplugin(name)}
        if not loaded or not loaded <= _OURS:
            raise Misuse(CONFLICT)
        return cls(Path(directory))

    def start_scenario(self, name: str, feature: str, tags: Sequence[str], suite: str = "") -> None:
        """Give the running test its title and labels; call it in the call phase (``pytest_bdd_before_scenario``)."""
        import allure

        dynamic = cast("_Dynamic", allure.dynamic)
        dynamic.title(name)
        dynamic.label("feature", feature)
        if suite:
            dynamic.label("suite", suite)
        for tag in tags:
            # A scenario is listed under the promise that it proves: @promise.Q2 is the story Q2.
            key, colon, value = tag.replace("promise.", "story:", 1).partition(":")
            if colon and (key != "severity" or value in allure_files.SEVERITIES):
                dynamic.label(key, value if key == "severity" else value.replace("_", " "))

    def start_step(self, keyword: str, text: str) -> None:
        """Begin a Given, When or Then."""
        import allure

        self._close(None)
        self._step = _entered(allure.step(redacted(f"{keyword} {text}")))

    def end_step(self, finding: Finding | None = None, error: BaseException | None = None) -> None:
        """End it: with an error as that says, with a finding as its verdict says, else passed.

        The finding's one line is below the step as a step of its own.
        """
        import allure

        if finding is not None and self._step is not None:
            _leave(_entered(allure.step(redacted(line(finding)))), as_error(finding))
        self._close(error or (as_error(finding) if finding is not None else None))

    def attach(self, record: Record, judgement: Judgement, folder: Path) -> None:
        """Attach the files of a run, reports too, to the running test, outside of any step; write those beside it."""
        import allure

        kinds = allure.attachment_type
        self._close(None)
        allure.attach(summarise(record, judgement, folder, 100), "summary", kinds.TEXT)
        for name, kind in ((FIGURE, kinds.SVG), (PAGE, kinds.HTML)):
            allure.attach((folder / name).read_bytes(), name, kind)
        allure.attach(allure_files.table(evidence.phases(record)), "phases.csv", kinds.CSV)
        for name in ("plan.json", "findings.json", "timeline.jsonl"):
            if (folder / name).is_file():
                allure.attach(redacted_json(folder / name), name, kinds.JSON if name.endswith("n") else kinds.TEXT)
        self._files.write(record, judgement)

    def _close(self, error: BaseException | None) -> None:
        step, self._step = self._step, None
        if step is not None:
            _leave(step, error)


def as_error(finding: Finding) -> BaseException | None:
    """Return what makes Allure show a verdict: an AssertionError is failed, another exception broken, None passed.

    The exception's name is its verdict, so that the message reads as the finding's line does.
    """
    if finding.verdict is Verdict.HELD:
        return None
    name, _, text = redacted(line(finding)).partition(": ")
    base = AssertionError if finding.verdict is Verdict.BROKEN else Exception
    kind: type[BaseException] = type(name, (base,), {"__module__": "builtins"})
    return kind(text)


def redacted_json(path: Path) -> str:
    """Return a file of JSON lines or JSON with secrets taken out of its texts."""
    text = path.read_text(encoding="utf-8")
    try:
        return json.dumps(_cleaned(json.loads(text)), indent=2, ensure_ascii=False)
    except json.JSONDecodeError:
        return redacted(text)


def _cleaned(value: object) -> object:
    if isinstance(value, str):
        return redacted(value)
    if isinstance(value, list):
        return [_cleaned(item) for item in value]
    return {key: _cleaned(item) for key, item in value.items()} if isinstance(value, dict) else value


def _entered(step: AbstractContextManager[object]) -> AbstractContextManager[object]:
    step.__enter__()
    return step


def _leave(step: AbstractContextManager[object], error: BaseException | None) -> None:
    step.__exit__(type(error) if error else None, error, error.__traceback__ if error else None)
