"""Stored runs as a report over several of them sees them: found on disk, judged, and put into series."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from squall.errors import Misuse
from squall.record.folder import RunFolder
from squall.record.judgement import Judgement
from squall.record.plan import Plan
from squall.verdict import Cause, Finding, Verdict

_CUT_OFF = Finding("", Verdict.INCONCLUSIVE, "it was cut off before it was judged", Cause.ABORTED)


@dataclass(frozen=True, slots=True)
class StoredRun:
    """One run on disk: its folder, what was planned, and what it came to."""

    folder: Path
    plan: Plan
    judgement: Judgement

    @property
    def twin(self) -> bool:
        """Whether the system had a weakness on purpose, under which the run has to be BROKEN."""
        return bool(self.plan.weaknesses)

    @property
    def as_meant(self) -> bool:
        """Whether a healthy system HELD, or a twin was BROKEN; and nothing was left behind."""
        wanted = Verdict.BROKEN if self.twin else Verdict.HELD
        return self.judgement.verdict is wanted and not self.judgement.not_undone

    @property
    def word(self) -> str:
        """Say the verdict, and of a twin whether it was meant: ``BROKEN (expected to break)``."""
        name = verdict_of(self.judgement)
        if not self.twin:
            return name
        return f"{name} ({'expected to break' if self.judgement.verdict is Verdict.BROKEN else 'was to break'})"

    @property
    def promises(self) -> list[str]:
        """The promises that its tags name, by their ids."""
        return [tag.partition("promise.")[2] for tag in self.plan.tags if tag.startswith("promise.")]

    @property
    def key(self) -> tuple[str, str, str, str, str]:
        """What makes it a run of the same thing as another: system, feature, scenario, platform and weakness."""
        plan = self.plan
        return plan.system, plan.feature, plan.scenario, plan.platform, ", ".join(plan.weaknesses)

    @property
    def when(self) -> float:
        """When it was planned, in seconds since 1970."""
        return self.plan.anchor.realtime


@dataclass(frozen=True, slots=True)
class Series:
    """The runs of one scenario on one platform, healthy or with one weakness; the oldest first."""

    runs: Sequence[StoredRun]

    @property
    def latest(self) -> StoredRun:
        """The newest."""
        return self.runs[-1]


def verdict_of(judgement: Judgement) -> str:
    """Write the verdict with its cause; a run without findings was never judged, and proves nothing."""
    if not (judgement.findings or judgement.built_in):
        return f"{Verdict.INCONCLUSIVE.name} ({Cause.ABORTED})"
    cause = judgement.headline.cause
    return f"{judgement.verdict.name} ({cause})" if cause else judgement.verdict.name


def find(places: Iterable[Path]) -> tuple[list[StoredRun], list[str]]:
    """Return the runs that places are, or hold at any depth, and a line for each that cannot be read.

    Raises:
        Misuse: a place is not there, or holds no run.
    """
    found: dict[Path, StoredRun] = {}
    problems: list[str] = []
    for place in places:
        folders = list(_folders(place))
        for folder in folders:
            try:
                found.setdefault(folder.resolve(), _read(folder))
            except Misuse as error:
                problems.append(str(error))
    return sorted(found.values(), key=lambda run: (run.when, run.plan.run)), problems


def series(runs: Iterable[StoredRun]) -> list[Series]:
    """Return the runs by what they are runs of: healthy systems before twins, and of each what is worst first."""
    by: dict[tuple[str, ...], list[StoredRun]] = {}
    for run in runs:
        by.setdefault(run.key, []).append(run)
    found = [Series(some) for some in by.values()]
    return sorted(found, key=lambda each: (each.latest.twin, each.latest.as_meant, -each.latest.judgement.verdict))


def _folders(place: Path) -> Iterator[Path]:
    if not place.is_dir():
        raise Misuse(f"reading {place}: there is no such folder; name run folders, or one that holds them (runs)")
    plans = sorted(place.rglob("plan.json"))
    if not plans:
        raise Misuse(f"reading {place}: no run in it (no plan.json); name run folders, or one that holds them (runs)")
    yield from (plan.parent for plan in plans)


def _read(folder: Path) -> StoredRun:
    run = RunFolder(folder)
    judgement = run.judgement() if run.judged else Judgement([], [_CUT_OFF])
    return StoredRun(folder, run.plan(), judgement)
