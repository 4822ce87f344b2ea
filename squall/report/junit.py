"""JUnit: what a file of pytest carries of a run besides the message, and a file of our own over stored runs.

Properties have keys that do not change between runs.
"""

import math
import xml.etree.ElementTree as ET
from collections.abc import Sequence
from pathlib import Path

from squall.record.judgement import Judgement
from squall.record.plan import Plan
from squall.report.document import headline
from squall.report.plain import plain
from squall.report.runs import StoredRun
from squall.report.wording import arrivals
from squall.verdict import Finding, Verdict
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


def file(runs: Sequence[StoredRun]) -> bytes:
    """Return a JUnit file with a test case for each run: BROKEN is a failure, INCONCLUSIVE an error.

    A twin that was BROKEN passes, for it had to be; one that was not fails.
    """
    root = ET.Element("testsuites", name="squall")
    for feature in dict.fromkeys(run.plan.feature for run in runs):
        own = [run for run in runs if run.plan.feature == feature]
        kinds = [_kind(run) for run in own]
        counts = {"tests": len(own), "failures": kinds.count("failure"), "errors": kinds.count("error"), "skipped": 0}
        suite = ET.SubElement(root, "testsuite", {"name": _text(feature), **{key: str(n) for key, n in counts.items()}})
        for run, kind in zip(own, kinds, strict=True):
            _case(suite, run, kind)
    ET.indent(root)
    return ('<?xml version="1.0" encoding="utf-8"?>\n' + ET.tostring(root, encoding="unicode") + "\n").encode()


def _kind(run: StoredRun) -> str:
    """Return the element that a run's case has, besides its properties; empty: it passed."""
    if run.as_meant:
        return ""
    undecided = run.judgement.verdict is Verdict.INCONCLUSIVE and not run.judgement.not_undone
    return "error" if undecided else "failure"


def _case(suite: ET.Element, run: StoredRun, kind: str) -> None:
    plan = run.plan
    name = f"{plan.scenario} with the weakness {', '.join(plan.weaknesses)}" if run.twin else plan.scenario
    case = ET.SubElement(suite, "testcase", classname=_text(plan.feature), name=_text(f"{name} ({plan.platform})"))
    # JUnit wants properties before what went wrong.
    below = ET.SubElement(case, "properties")
    for key, value in properties(run.judgement, plan, run.folder):
        ET.SubElement(below, "property", name=key, value=_text(value))
    if kind:
        left = [f"NOT UNDONE: {text}" for text in run.judgement.not_undone]
        message = "; ".join([*left, f"{run.word}: {headline(run.judgement, plan.observation)}"])
        ET.SubElement(case, kind, message=_text(message), type=run.judgement.verdict.name).text = _text(message)


def _text(value: str) -> str:
    return plain(redacted(value))


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
