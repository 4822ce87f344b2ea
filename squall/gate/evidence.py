"""What a gate decides on: the scenarios that are to be run, and the runs that were. Reads run folders only."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from squall.errors import Misuse
from squall.record.folder import RunFolder
from squall.record.judgement import Judgement
from squall.record.plan import Plan
from squall.verdict import Verdict

PROMISE = "promise."
# A scenario is the same as another by its feature's name and its title.
Key = tuple[str, str]


@dataclass(frozen=True, slots=True)
class ExpectedScenario:
    """A scenario that the gate is about; ``items`` are more than one where an outline has rows of the same title."""

    feature: str
    title: str
    tags: Collection[str]
    items: int = 1

    @property
    def key(self) -> Key:
        """What it is the same by."""
        return self.feature, self.title

    @property
    def names(self) -> frozenset[str]:
        """What a policy may call it."""
        return frozenset([self.title, *self.promises])

    @property
    def promises(self) -> list[str]:
        """The ids of the promises that it proves."""
        return sorted(tag.removeprefix(PROMISE) for tag in self.tags if tag.startswith(PROMISE))


@dataclass(frozen=True, slots=True)
class JudgedRun:
    """A run that is over and judged."""

    folder: Path
    plan: Plan
    judgement: Judgement

    @property
    def key(self) -> Key:
        """The scenario that it is of."""
        return self.plan.feature, self.plan.scenario

    @property
    def verdict(self) -> Verdict:
        """What it came to."""
        return self.judgement.verdict


@dataclass(frozen=True, slots=True)
class GateEvidence:
    """All that a gate decides on.

    ``skipped`` says why scenarios were not run; ``problems`` is what went wrong with the runs or what was to be written
    of them: each closes the gate.
    """

    scenarios: Sequence[ExpectedScenario]
    runs: Sequence[JudgedRun] = ()
    skipped: Mapping[Key, str] = field(default_factory=dict)
    problems: Sequence[str] = ()


def read_runs(folders: Iterable[Path]) -> tuple[list[JudgedRun], list[str]]:
    """Return the runs in these folders, and a line for each that never began or was never judged."""
    runs, problems = [], []
    for folder in folders:
        run = RunFolder(folder)
        if not run.begun:
            problems.append(f"{folder}: the run never began: it has no plan")
        elif not run.judged:
            problems.append(f"{folder}: the run was cut off and is not judged")
        else:
            try:
                runs.append(JudgedRun(folder, run.plan(), run.judgement()))
            except Misuse as error:
                problems.append(str(error))
    return runs, problems


def run_folders(place: Path) -> list[Path]:
    """Return a run folder itself, or all that lie in a folder of runs, the oldest first.

    Raises:
        Misuse: there is none.
    """
    try:
        if (place / "plan.json").exists():
            return [place]
        found = sorted(each for each in place.iterdir() if each.is_dir() and not each.name.startswith("."))
    except OSError as error:
        raise Misuse(f"reading {place}: {error.strerror}") from error
    if not found:
        raise Misuse(f"there is no run in {place}: name a run folder, or a folder of them")
    return found
