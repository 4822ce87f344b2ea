"""What each trial of a promise came to, as ``squall power`` writes it: one line of JSON for each, in one file.

A trial is a scenario that has to hold on the healthy system, or its twin: the same scenario with one weakness, which
one of its claims has to break.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from squall.errors import Misuse
from squall.verdict import Cause, Verdict


@dataclass(frozen=True, slots=True)
class TrialResult:
    """One trial as it was run.

    ``weakness`` and ``breaks`` (the text of the claim that it has to break) are empty for the healthy system.
    ``broken`` are the claims that broke; ``cause`` says why an INCONCLUSIVE run proves nothing; ``seconds`` is wall
    time, the system's start included; ``commit`` is empty outside of a git checkout.
    """

    system: str
    scenario: str
    feature: str
    promises: Sequence[str]
    platform: str
    weakness: str
    breaks: str
    verdict: Verdict
    broken: Sequence[str]
    cause: Cause | None
    reason: str
    run: str
    command: str
    seconds: float
    date: str
    commit: str

    @property
    def key(self) -> tuple[str, str, str, str]:
        """What makes it the same trial as another: system, scenario, weakness and platform."""
        return self.system, self.scenario, self.weakness, self.platform

    @property
    def as_promised(self) -> bool:
        """Whether the healthy system HELD, or the twin was BROKEN by the very claim that its weakness attacks."""
        if not self.weakness:
            return self.verdict is Verdict.HELD
        return self.verdict is Verdict.BROKEN and self.breaks in self.broken

    def line(self) -> str:
        """Return it as one line of JSON; the verdict by its name."""
        return json.dumps(_RESULT.dump_python(self, mode="json") | {"verdict": self.verdict.name}, ensure_ascii=False)


_RESULT: TypeAdapter[TrialResult] = TypeAdapter(TrialResult)


def read_results(path: Path) -> list[TrialResult]:
    """Return the trials of a file in its order; none if there is no file.

    Raises:
        Misuse: a line of it is no trial.
    """
    if not path.exists():
        return []
    try:
        lines = path.read_text("utf-8").splitlines()
    except (OSError, ValueError) as error:
        raise Misuse(f"reading {path}: {error}") from error
    return [_result(path, number, text) for number, text in enumerate(lines, start=1) if text.strip()]


def _result(path: Path, number: int, text: str) -> TrialResult:
    try:
        said = json.loads(text)
        return _RESULT.validate_python(said | {"verdict": Verdict[said["verdict"]]})
    except (ValueError, TypeError, KeyError, ValidationError) as error:
        raise Misuse(f"{path}:{number}: not a trial of squall power; remove the line, or name another file") from error


def latest(results: Iterable[TrialResult]) -> list[TrialResult]:
    """Return of each trial the last result, in the order in which trials first came."""
    return list({result.key: result for result in results}.values())
