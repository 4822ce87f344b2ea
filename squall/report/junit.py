"""What a JUnit file carries of a run besides the message: properties with keys that do not change between runs."""

import math
from collections.abc import Sequence
from pathlib import Path

from squall.record.judgement import Judgement
from squall.record.plan import Plan
from squall.report.wording import arrivals
from squall.verdict import Finding
from squall.writing.redact import redacted


def properties(judgement: Judgement, plan: Plan, folder: Path, failures: Sequence[str] = ()) -> list[tuple[str, str]]:
    """Return ``user_properties``: verdict, cause, run, and each claim's figure under ``squall.claim.<number>``.

    ``failures`` says why requests failed, the commonest reason first.
    """
    found = [
        ("squall.verdict", judgement.verdict.name),
        ("squall.cause", _cause(judgement)),
        ("squall.run", plan.run),
        ("squall.folder", str(folder)),
        ("squall.replay", redacted(plan.command)),
        ("squall.seed", str(plan.seed)),
        ("squall.load", arrivals(plan) or plan.load.describe(plan.rate)),
        ("squall.not_undone", "; ".join(judgement.not_undone)),
    ]
    found += [(f"squall.failures.{number}", redacted(text)) for number, text in enumerate(failures, start=1)]
    for number, finding in enumerate(judgement.findings, start=1):
        found += _claim(f"squall.claim.{number}", finding)
    for number, finding in enumerate(judgement.built_in, start=1):
        found += _claim(f"squall.built_in.{number}", finding)
    return found


def _cause(judgement: Judgement) -> str:
    if not (judgement.findings or judgement.built_in):
        return ""
    return str(judgement.headline.cause or "")


def _claim(key: str, finding: Finding) -> list[tuple[str, str]]:
    low, high = (finding.figure.low, finding.figure.high) if finding.figure else (math.nan, math.nan)
    values = {"low": low, "high": high, "limit": math.nan if finding.limit is None else finding.limit}
    return [
        (key, finding.claim),
        (f"{key}.verdict", finding.verdict.name),
        (f"{key}.reason", redacted(finding.reason)),
        *((f"{key}.{name}", f"{value:.6g}") for name, value in values.items() if not math.isnan(value)),
        (f"{key}.unit", finding.unit),
        (f"{key}.samples", str(finding.samples)),
    ]
