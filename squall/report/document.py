"""The report over several runs as one JSON document, whose schema is published (docs/reference/schemas)."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import ClassVar

from pydantic import ConfigDict, TypeAdapter

from squall.record.judgement import Judgement
from squall.report.runs import StoredRun
from squall.report.wording import held_against, line
from squall.verdict import Finding, Verdict
from squall.writing.redact import redacted

VERSION = 1


@dataclass(frozen=True, slots=True)
class ClaimReport:
    """What one claim came to. ``low``, ``high`` and ``limit`` are in ``unit``; an end that has none is null.

    ``text`` is the figure and its limit as people read them, ``in_every_run`` says that squall added the claim.
    """

    claim: str
    verdict: str
    cause: str
    reason: str
    text: str
    unit: str
    low: float | None
    high: float | None
    limit: float | None
    side: str
    samples: int
    in_every_run: bool


@dataclass(frozen=True, slots=True)
class RunReport:
    """One run. ``began`` is when it was planned (UTC, ISO 8601); ``twin`` says that it had to be BROKEN.

    ``as_meant``: a healthy system HELD, a twin was BROKEN, and nothing was left behind. ``folder`` is its record.
    """

    run: str
    folder: str
    began: str
    system: str
    scenario: str
    feature: str
    platform: str
    promises: Sequence[str]
    weaknesses: Sequence[str]
    verdict: str
    cause: str
    headline: str
    twin: bool
    as_meant: bool
    not_undone: Sequence[str]
    seed: int
    replay: str
    versions: dict[str, str]
    claims: Sequence[ClaimReport]


@dataclass(frozen=True, slots=True)
class Report:
    """Runs, the oldest first; ``unread`` has a line for each folder that could not be read."""

    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(title="squall report")

    runs: Sequence[RunReport]
    unread: Sequence[str]
    version: int = VERSION


REPORT: TypeAdapter[Report] = TypeAdapter(Report)


def document(runs: Iterable[StoredRun], unread: Sequence[str] = ()) -> Report:
    """Return the report of runs; secrets are taken out of all that is text."""
    return Report([_run(run) for run in runs], [redacted(each) for each in unread])


def written(report: Report) -> bytes:
    """Return it as JSON."""
    return REPORT.dump_json(report, indent=2)


def headline(judgement: Judgement, observation: float) -> str:
    """Return the finding that decides, in one line, without its verdict; empty if nothing was judged."""
    if not (judgement.findings or judgement.built_in):
        return ""
    # Of a run that was never judged there is no claim.
    return redacted(line(judgement.headline, observation).partition(": ")[2]).removesuffix(" — “”")


def _run(run: StoredRun) -> RunReport:
    plan, judgement = run.plan, run.judgement
    judged = bool(judgement.findings or judgement.built_in)
    return RunReport(
        run=plan.run,
        folder=str(run.folder),
        began=plan.wall(plan.anchor.monotonic).isoformat(timespec="seconds"),
        system=plan.system,
        scenario=redacted(plan.scenario),
        feature=redacted(plan.feature),
        platform=plan.platform,
        promises=run.promises,
        weaknesses=list(plan.weaknesses),
        verdict=judgement.verdict.name,
        cause=str(judgement.headline.cause or "") if judged else "aborted",
        headline=headline(judgement, plan.observation),
        twin=run.twin,
        as_meant=run.as_meant,
        not_undone=[redacted(each) for each in judgement.not_undone],
        seed=plan.seed,
        replay=redacted(plan.command),
        versions={name: redacted(value) for name, value in plan.versions.items()},
        claims=[
            *(_claim(finding, plan.observation, built_in=False) for finding in judgement.findings),
            *(_claim(finding, plan.observation, built_in=True) for finding in judgement.built_in),
        ],
    )


def _claim(finding: Finding, observation: float, *, built_in: bool) -> ClaimReport:
    figure = finding.figure
    return ClaimReport(
        claim=redacted(finding.claim),
        verdict=Verdict(finding.verdict).name,
        cause=str(finding.cause or ""),
        reason=redacted(finding.reason),
        text=redacted(held_against(finding, observation)),
        unit=finding.unit,
        low=_finite(None if figure is None else figure.low),
        high=_finite(None if figure is None else figure.high),
        limit=finding.limit,
        side=str(finding.measured.side or ""),
        samples=finding.samples,
        in_every_run=built_in,
    )


def _finite(value: float | None) -> float | None:
    return value if value is not None and math.isfinite(value) else None
