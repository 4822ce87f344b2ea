"""The files that Allure reads beside the results: environment, categories, metrics, and a table as CSV."""

import csv
import io
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path

from squall.measure.harm import onset
from squall.measure.instances import withdrawn
from squall.measure.outages import outages
from squall.measure.witness import witness
from squall.record.folder import Record
from squall.record.judgement import Judgement
from squall.record.plan import Plan
from squall.report.evidence import Phase, phases, span, zero
from squall.verdict import Cause, Finding, Side
from squall.writing.redact import redacted

_HARNESS = (Cause.HARNESS_ERROR, Cause.ABORTED, Cause.INCOMPLETE)
_SLOW = (Cause.PROBER_LATE, Cause.LOAD_SHORT, Cause.CLOCK_JUMP, Cause.MACHINE_SLOW)
_EVIDENCE = (Cause.TOO_FEW_SAMPLES, Cause.TOO_CLOSE, Cause.GAUGE_MISSING)
_TARGET = (Cause.NO_TARGET, Cause.ENDED_EARLY, Cause.CHANGED_BY_OTHERS)
SEVERITIES = frozenset({"blocker", "critical", "normal", "minor", "trivial"})
_UNDECIDED = ("broken", "failed")


def _undecided(*causes: Cause) -> str:
    return rf"INCONCLUSIVE \(({'|'.join(causes)})\)"


# Name, Allure's statuses, and what the message holds, as both Java and JavaScript read it; the first that fits counts.
_CATEGORIES: tuple[tuple[str, tuple[str, ...], str], ...] = (
    ("Not undone", ("failed", "broken"), "(NOT UNDONE|not undone)"),
    ("A weakness was not found", ("failed", "broken"), r"\(was to break\)"),
    ("A promise is broken", ("failed",), "BROKEN"),
    ("The fault did not bite", _UNDECIDED, _undecided(Cause.NO_EFFECT)),
    ("The system was not steady before", _UNDECIDED, _undecided(Cause.NOT_STEADY)),
    ("The target was not there, or changed by others", _UNDECIDED, _undecided(*_TARGET)),
    ("The harness was too slow", _UNDECIDED, _undecided(*_SLOW)),
    ("Infrastructure: harness or record", _UNDECIDED, _undecided(*_HARNESS)),
    ("Not enough evidence", _UNDECIDED, _undecided(*_EVIDENCE)),
)


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
        self._put("allurerc.mjs", configuration(record.plan.system))
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
    """Return Allure 2's classes of failure; only the first of them says that the system failed."""
    return [
        {"name": name, "matchedStatuses": list(statuses), "messageRegex": rf"[\s\S]*{pattern}[\s\S]*"}
        for name, statuses, pattern in _CATEGORIES
    ]


def configuration(name: str) -> str:
    """Return ``allurerc.mjs`` of Allure 3, which reads its classes of failure from there and nowhere else."""
    rules = ",\n".join(
        f"    {{ name: {json.dumps(label)}, matchers: [{{ statuses: {json.dumps(statuses)}, message: /{pattern}/ }}] }}"
        for label, statuses, pattern in _CATEGORIES
    )
    options = json.dumps({"reportName": name, "singleFile": True, "groupBy": ["epic", "feature"], "theme": "auto"})
    return f"""export default {{
  name: {json.dumps(name)},
  historyPath: "./history.jsonl",
  appendHistory: false,
  categories: {{ rules: [
{rules}
  ] }},
  plugins: {{ awesome: {{ options: {options} }} }}
}};
"""


def metrics(record: Record, judgement: Judgement) -> list[dict[str, object]]:
    """Return Allure's metrics: the worst end of each measured figure, and what users saw after the harm.

    A key names one scenario's one figure, since gates take the mean of all values of a key.
    """
    plan, start = record.plan, record.plan.wall(zero(record)).timestamp() * 1000
    found = {_key(plan, finding): _worst(finding) for finding in (*judgement.findings, *judgement.built_in)}
    found |= {f"{plan.scenario} / {name}": value for name, value in outage(record).items()}
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


def outage(record: Record) -> dict[str, float]:
    """Return how long it took, in s, until the platform noticed and until users were served again, and their downtime.

    From the harm to the clean-up, the worst ends; NaN where it is not known. The budget is how many times the failures
    that the objective allows happened.
    """
    began = onset(record)
    if began is None:
        return {}
    end = record.phase("undo") or span(record).high
    services = dict.fromkeys(target.service for target in record.plan.targets)
    noticed = [t for service in services if (t := withdrawn(record, service, began.low)) is not None]
    seen, allowed = witness(record.requests, began.low, end), 1 - record.plan.objective.success / 100
    found = outages(seen, allowed, record.plan.hold)
    after = record.requests.between(began.low, end)
    share = int(after.failed.sum()) / int(after.known.sum()) if after.known.any() else math.nan
    return {
        "detection (s)": min(noticed) - began.low if noticed else math.nan,
        "recovery (s)": found[-1].late - began.low if found else 0.0,
        "downtime (s)": sum(each.late - each.early for each in found),
        "budget (times what is allowed)": share / allowed if allowed > 0 else math.nan,
    }


def table(rows: Sequence[Phase]) -> str:
    """Return phases as CSV: seconds from the record's clock, latencies in ms."""
    names = ["name", "start", "end", "count", "failed", "unknown", "failed_share", "p50", "p95", "p99", "worst"]
    buffer = io.StringIO()
    writer = csv.DictWriter(buffer, names, lineterminator="\n")
    writer.writeheader()
    for row in rows:
        writer.writerow({**asdict(row), "failed_share": row.failed_share})
    return buffer.getvalue()


def _key(plan: Plan, finding: Finding) -> str:
    return f"{plan.scenario} / {finding.claim}" + (f" ({finding.unit})" if finding.unit else "")


def _worst(finding: Finding) -> float:
    """Return the end of the figure that lies nearer to breaking the claim."""
    if finding.figure is None:
        return math.nan
    return finding.figure.low if finding.measured.side is Side.AT_LEAST else finding.figure.high
