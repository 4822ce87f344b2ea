"""The figures of runs, kept without their records: what later runs are compared with. One file of JSON."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from squall.errors import Misuse
from squall.gate.evidence import JudgedRun
from squall.interval import Interval
from squall.verdict import Cause, Finding, Side, Verdict
from squall.writing import private

VERSION = 1
# Of each scenario the newest are kept: more would hide a change in what is old, and tell little more of the noise.
KEPT = 20


@dataclass(frozen=True, slots=True)
class ClaimFigure:
    """What one claim measured, in ``unit``; ``side`` is on which side of its limit it has to be, if that is known."""

    claim: str
    unit: str
    figure: Interval
    side: Side | None = None


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What two runs must have in common for their figures to be compared."""

    system: str
    platform: str
    feature: str
    scenario: str
    fault: str
    load: str
    weaknesses: tuple[str, ...] = ()

    def other(self, than: "Circumstances") -> str:
        """Say what is not the same, where the scenario is; empty: all is."""
        mine, others = self.load, than.load
        for what, one, two in (
            ("platform", self.platform, than.platform),
            ("harm", self.fault, than.fault),
            ("load", mine, others),
            ("weaknesses", ", ".join(self.weaknesses) or "none", ", ".join(than.weaknesses) or "none"),
        ):
            if one != two:
                return f"the {what} is not the same: {one}; {two}"
        return ""


@dataclass(frozen=True, slots=True)
class BaselineRun:
    """One run as it is kept: ``run`` is the name of its folder."""

    run: str
    of: Circumstances
    verdict: Verdict
    figures: tuple[ClaimFigure, ...]


@dataclass(frozen=True, slots=True)
class Baseline:
    """Runs to compare with, the oldest first."""

    runs: tuple[BaselineRun, ...]
    version: int = VERSION

    def with_more(self, more: Sequence[BaselineRun]) -> "Baseline":
        """Return it with these runs besides, those of the same name in the place of what was; the newest are kept."""
        runs = list({each.run: each for each in (*self.runs, *more)}.values())
        kept: list[BaselineRun] = []
        for number, each in enumerate(runs):
            later = sum(other.of.scenario == each.of.scenario for other in runs[number + 1 :])
            kept += [each] if later < KEPT else []
        return replace(self, runs=tuple(kept))


_BASELINE: TypeAdapter[Baseline] = TypeAdapter(Baseline)


def kept(run: JudgedRun) -> BaselineRun:
    """Return what is kept of a run: of figures those that say something of the system."""
    plan = run.plan
    of = Circumstances(
        plan.system, plan.platform, plan.feature, plan.scenario, plan.fault, plan.load.describe(plan.rate),
        tuple(plan.weaknesses),
    )  # fmt: skip
    return BaselineRun(plan.run or run.folder.name, of, run.verdict, tuple(_figures(run.judgement.findings)))


def _figures(findings: Iterable[Finding]) -> Iterable[ClaimFigure]:
    for finding in findings:
        if finding.figure is not None and finding.cause in {None, Cause.TOO_CLOSE}:
            yield ClaimFigure(finding.claim, finding.unit, finding.figure, finding.measured.side)


def read_baseline(path: Path) -> Baseline:
    """Read a baseline.

    Raises:
        Misuse: there is none, or it is none.
    """
    try:
        found = _BASELINE.validate_json(path.read_bytes())
    except FileNotFoundError as error:
        raise Misuse(f"there is no baseline {path}: squall compare RUNS --save {path} makes one of runs") from error
    except OSError as error:
        raise Misuse(f"reading {path}: {error.strerror}") from error
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"]))
        raise Misuse(f"{path}: not a baseline of squall compare: {where and where + ': '}{first['msg']}") from error
    if found.version != VERSION:
        raise Misuse(f"{path}: a baseline of version {found.version}, and this squall knows {VERSION}")
    return found


def write_baseline(path: Path, baseline: Baseline) -> None:
    """Write it, whole or not at all.

    Raises:
        Misuse: it cannot be written there.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        private.replace(path, _BASELINE.dump_json(baseline, indent=1) + b"\n")
    except OSError as error:
        raise Misuse(f"writing {path}: {error.strerror}") from error
