"""Which promises of a runbook are proven: when, and by which run. Reads run folders; judges nothing again."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from squall.errors import Misuse
from squall.record.folder import RunFolder
from squall.run.scenario import Scenario, proven_by
from squall.verdict import Verdict


@dataclass(frozen=True, slots=True)
class LastRun:
    """The last run of a scenario on the healthy system."""

    scenario: str
    run: Path
    when: datetime
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class PromiseState:
    """A promise and the last run of each scenario that proves it (None: it was never run)."""

    promise: str
    runs: Mapping[str, LastRun | None]

    @property
    def proven(self) -> bool:
        """Whether the last run of each of its scenarios HELD; there must be one."""
        return bool(self.runs) and all(run is not None and run.verdict is Verdict.HELD for run in self.runs.values())

    def lines(self) -> Iterator[str]:
        """Say of each scenario what came of it."""
        if not self.runs:
            yield f"no scenario has the tag @promise.{self.promise}"
        for title, run in self.runs.items():
            if run is None:
                yield f"never run: {title}"
            else:
                yield f"{run.verdict.name} on {run.when:%Y-%m-%d %H:%M} UTC: {title} ({run.run})"


def states(promises: Sequence[str], scenarios: Sequence[Scenario], runs: Path) -> list[PromiseState]:
    """Return the state of each promise, by the scenarios of a system and the run folders in ``runs``."""
    last = _last_runs(runs, {scenario.system.name for scenario in scenarios})
    return [
        PromiseState(promise, {s.title: last.get(s.title) for s in scenarios if promise in proven_by(s.tags)})
        for promise in promises
    ]


def _last_runs(base: Path, systems: set[str]) -> Mapping[str, LastRun]:
    found: dict[str, LastRun] = {}
    for path in sorted(base.glob("*/findings.json")):
        # A folder that cannot be read proves nothing, and is in nobody's way.
        with suppress(Misuse):
            folder = RunFolder(path.parent)
            plan, verdict = folder.plan(), folder.judgement().verdict
            run = LastRun(plan.scenario, path.parent, plan.wall(plan.anchor.monotonic), verdict)
            if plan.system in systems and not plan.weaknesses and run.when >= _when(found.get(plan.scenario), run):
                found[plan.scenario] = run
    return found


def _when(before: LastRun | None, run: LastRun) -> datetime:
    return run.when if before is None else before.when
