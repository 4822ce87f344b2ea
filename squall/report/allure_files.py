"""The files that Allure reads beside the results: environment, categories, metrics, and a table as CSV."""

import csv
import io
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path

from squall.record.folder import Record
from squall.record.judgement import Judgement
from squall.record.plan import Plan
from squall.report.evidence import Phase, phases, zero
from squall.verdict import Cause, Finding, Side
from squall.writing.redact import redacted

_HARNESS = (
    Cause.HARNESS_ERROR,
    Cause.PROBER_LATE,
    Cause.LOAD_SHORT,
    Cause.CLOCK_JUMP,
    Cause.ABORTED,
    Cause.INCOMPLETE,
    Cause.MACHINE_SLOW,
)
_EVIDENCE = (Cause.TOO_FEW_SAMPLES, Cause.TOO_CLOSE, Cause.GAUGE_MISSING)
_TARGET = (Cause.NO_TARGET, Cause.ENDED_EARLY, Cause.CHANGED_BY_OTHERS)


class ResultFiles:
    """Writes into one results directory. Several processes may do so; each file is replaced as a whole."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._environment: dict[str, str] = {}

    def write(self, record: Record, judgement: Judgement) -> None:
        """Write what one run adds."""
        for name, value in environment(record.plan).items():
            before = self._environment.get(name, value)
            self._environment[name] = before if value in before.split(" | ") else f"{before} | {value}"
        self._put("environment.properties", properties(self._environment))
        self._put("categories.json", json.dumps(categories(), indent=2))
        self._put(f"{record.plan.run}-perf.json", json.dumps(metrics(record, judgement), indent=2))

    def _put(self, name: str, text: str) -> None:
        self._directory.mkdir(parents=True, exist_ok=True)
        beside = self._directory / f".{name}.{id(self)}"
        beside.write_text(text, encoding="utf-8")
        beside.replace(self._directory / name)


def environment(plan: Plan) -> dict[str, str]:
    """Return where a run took place: platform, versions, tuned values."""
    facts = {"platform": plan.platform, "context": plan.context, "system": plan.system}
    versions = {f"version.{name}": value for name, value in plan.versions.items()}
    tuning = {f"tuned.{name}": value for name, value in plan.tuning.items()}
    return {name: redacted(value) for name, value in {**facts, **versions, **tuning}.items() if value}


def properties(values: Mapping[str, str]) -> str:
    """Write Java properties: ``=``, ``:``, blanks and backslashes of a name escaped, one line each."""
    lines = []
    for name, value in values.items():
        key = "".join(f"\\{c}" if c in "\\=: #!" else c for c in name)
        escaped = " ".join(value.replace("\\", "\\\\").split())
        lines.append(f"{key}={escaped}\n")
    return "".join(lines)


def categories() -> list[dict[str, object]]:
    """Return Allure's classes of failure; only the first of them says that the system failed."""
    broken: dict[str, object] = {"name": "A claim is broken", "matchedStatuses": ["failed"],
                                "messageRegex": _containing("BROKEN")}  # fmt: skip
    return [
        broken,
        {"name": "Something was not undone", "matchedStatuses": ["failed", "broken"],
         "messageRegex": _containing("(NOT UNDONE|not undone)")},
        _inconclusive("The fault had no effect", (Cause.NO_EFFECT,)),
        _inconclusive("The system was not steady before", (Cause.NOT_STEADY,)),
        _inconclusive("The target was not there, or changed by others", _TARGET),
        _inconclusive("The harness fell short", _HARNESS),
        _inconclusive("Not enough evidence", _EVIDENCE),
    ]  # fmt: skip


def metrics(record: Record, judgement: Judgement) -> list[dict[str, object]]:
    """Return Allure's metrics: the worst end of each measured figure, and what users saw after the harm.

    A key names one scenario's one figure, since gates take the mean of all values of a key.
    """
    plan, start = record.plan, record.plan.wall(zero(record)).timestamp() * 1000
    found = {_key(plan, finding): _worst(finding) for finding in (*judgement.findings, *judgement.built_in)}
    for phase in phases(record):
        found |= {
            f"{plan.scenario} / {phase.name} / failed (%)": phase.failed_share,
            f"{plan.scenario} / {phase.name} / p99 (ms)": phase.p99,
        }
    return [
        {"id": f"{plan.run}-{number}", "key": key, "value": round(value, 6), "start": round(start),
         "stop": round(start + 1000 * plan.observation)}
        for number, (key, value) in enumerate(found.items()) if math.isfinite(value)
    ]  # fmt: skip


def table(rows: Sequence[Phase]) -> str:
    """Return phases as CSV: seconds from the record's clock, latencies in ms."""
    names = ["name", "start", "end", "count", "failed", "unknown", "failed_share", "p50", "p95", "p99", "worst"]
    buffer = io.StringIO()
    writer = csv.DictWriter(buffer, names, lineterminator="\n")
    writer.writeheader()
    for row in rows:
        writer.writerow({**asdict(row), "failed_share": row.failed_share})
    return buffer.getvalue()


def _containing(pattern: str) -> str:
    # Of any text that holds it, over all lines: Allure 2 reads it as Java's, and Allure 3 as JavaScript's.
    return rf"[\s\S]*{pattern}[\s\S]*"


def _inconclusive(name: str, causes: Sequence[Cause]) -> dict[str, object]:
    pattern = _containing(rf"INCONCLUSIVE \(({'|'.join(causes)})\)")
    return {"name": name, "matchedStatuses": ["broken", "failed"], "messageRegex": pattern}


def _key(plan: Plan, finding: Finding) -> str:
    return f"{plan.scenario} / {finding.claim}" + (f" ({finding.unit})" if finding.unit else "")


def _worst(finding: Finding) -> float:
    """Return the end of the figure that lies nearer to breaking the claim."""
    if finding.figure is None:
        return math.nan
    return finding.figure.low if finding.measured.side is Side.AT_LEAST else finding.figure.high
