"""Stored runs as results of Allure: one test a run, named by its verdict, with its figure, errors, metrics and links.

Written from records alone, so nothing of a test runner shows in them: no fixtures, no traceback, each error once.
"""

import base64
import hashlib
import json
import uuid
from collections.abc import Mapping, Sequence
from pathlib import Path

from squall.record.folder import Record, RunFolder
from squall.report import allure_files
from squall.report.document import headline
from squall.report.failures import failures
from squall.report.page import markup
from squall.report.runs import Series, StoredRun
from squall.report.summary import done
from squall.report.wording import MARKS, held_against, verdict
from squall.report.write import FIGURE, PAGE
from squall.verdict import Finding, Verdict
from squall.writing.redact import redacted

# Attached where they are: what Allure may show inline, and what can be downloaded.
_ATTACHED = ((FIGURE, "image/svg+xml"), (PAGE, "text/html"), ("plan.json", "application/json"),
             ("findings.json", "application/json"), ("timeline.jsonl", "text/plain"))  # fmt: skip

Runbook = Mapping[str, str]


def write(found: Sequence[Series], into: Path, runbook: Runbook) -> None:
    """Write the latest run of each series, with what lies beside results, into a folder that is there.

    ``runbook`` has for a promise's id the address of its line.
    """
    files = allure_files.ResultFiles(into)
    for each in found:
        run = each.latest
        record = RunFolder(run.folder).load()
        files.write(record, run.judgement)
        (into / f"{run.plan.run}-result.json").write_text(
            json.dumps(result(run, record, _attached(run, into), runbook), ensure_ascii=False), encoding="utf-8"
        )


def result(
    run: StoredRun, record: Record, attachments: Sequence[Mapping[str, str]], runbook: Runbook
) -> Mapping[str, object]:
    """Return one result. ``start`` and ``stop`` are ms since 1970."""
    plan, began = run.plan, round(1000 * run.when)
    times = [event.t for event in record.timeline]
    lasted = round(1000 * (max(times) - min(times))) if times else 0
    return {
        "uuid": str(uuid.uuid5(uuid.NAMESPACE_URL, f"squall:{plan.run}")),
        "historyId": history_id(run),
        "testCaseId": _digest(plan.system, plan.feature, plan.scenario),
        "fullName": redacted(f"{plan.feature}: {plan.scenario}"),
        "name": redacted(f"{run.word}: {plan.scenario}"),
        "status": status(run),
        "statusDetails": _details(run, record),
        "stage": "finished",
        "start": began,
        "stop": began + lasted,
        "descriptionHtml": _description(run, record),
        "labels": [{"name": name, "value": redacted(value)} for name, value in _labels(run)],
        "links": [{"name": f"{name} in the runbook", "url": runbook[name], "type": "tms"}
                  for name in run.promises if name in runbook],
        "parameters": _parameters(run),
        "steps": list(_steps(run, record)),
        "attachments": list(attachments),
    }  # fmt: skip


def status(run: StoredRun) -> str:
    """Return Allure's word: passed as meant, failed for BROKEN or what is left behind, broken for INCONCLUSIVE.

    A twin that was BROKEN passed, one that HELD failed: its weakness was not found.
    """
    if run.as_meant:
        return "passed"
    undecided = run.judgement.verdict is Verdict.INCONCLUSIVE and not run.judgement.not_undone
    return "broken" if undecided else "failed"


def history_id(run: StoredRun) -> str:
    """Return by what Allure knows a run's predecessors."""
    return _digest(*run.key)


def message(run: StoredRun) -> str:
    """Return why a run is not as it was meant to be, in one line; empty: it is."""
    if run.as_meant:
        return ""
    left = "".join(f"NOT UNDONE: {text}; " for text in run.judgement.not_undone)
    return redacted(f"{left}{run.word}: {headline(run.judgement, run.plan.observation)}")


def _details(run: StoredRun, record: Record) -> Mapping[str, str]:
    text = message(run)
    return {"message": text, "trace": "\n".join(map(redacted, failures(record)))} if text else {}


def _labels(run: StoredRun) -> Sequence[tuple[str, str]]:
    plan = run.plan
    found = [("epic", plan.system), ("feature", plan.feature), ("suite", plan.feature), ("parentSuite", plan.system)]
    found += [("story", promise) for promise in run.promises]
    found += [("subSuite", f"twin: {', '.join(plan.weaknesses)}")] if run.twin else []
    for tag in plan.tags:
        key, colon, value = tag.partition(":")
        if colon and (key != "severity" or value in allure_files.SEVERITIES):
            found.append((key, value))
        elif not tag.startswith("promise."):
            found.append(("tag", tag))
    return [*found, ("tag", "twin" if run.twin else "healthy"), ("framework", "squall"), ("language", "gherkin")]


def _parameters(run: StoredRun) -> Sequence[Mapping[str, object]]:
    # Only what makes it another test takes part in its history.
    told = {"platform": run.plan.platform, "weakness": ", ".join(run.plan.weaknesses)}
    also = {"seed": str(run.plan.seed), "run": run.plan.run, "replay": redacted(run.plan.command)}
    return [*({"name": name, "value": value} for name, value in told.items() if value),
            *({"name": name, "value": value, "excluded": True} for name, value in also.items())]  # fmt: skip


def _steps(run: StoredRun, record: Record) -> Sequence[Mapping[str, object]]:
    """Return what was done, and each claim with its figure in its name: it is read without being opened."""
    began = round(1000 * run.when)
    steps = [("passed", f"When {done(record)}")]
    plans = {claim.text: claim.keyword for claim in run.plan.claims}
    for finding in [*run.judgement.findings, *run.judgement.built_in]:
        word = plans.get(finding.claim, "And")
        figure = held_against(finding, run.plan.observation)
        name = f"{MARKS[finding.verdict]} {verdict(finding)}: {figure}. {word} {finding.claim}"
        steps.append((_step_status(run, finding), name))
    return [{"name": redacted(name), "status": state, "stage": "finished", "start": began, "stop": began}
            for state, name in steps]  # fmt: skip


def _step_status(run: StoredRun, finding: Finding) -> str:
    if finding.verdict is Verdict.HELD or run.as_meant:
        return "passed"
    return "failed" if finding.verdict is Verdict.BROKEN else "broken"


def _description(run: StoredRun, record: Record) -> str:
    """Return what stands on the test's own page, as HTML: what decides, the claims, the errors, and the figure."""
    plan = run.plan
    parts = [markup("<p><strong>{}</strong>: {}</p>", run.word, headline(run.judgement, plan.observation))]
    parts.append(markup("<table><thead><tr><th>Verdict</th><th>Claim</th><th>Measured</th></tr></thead><tbody>"))
    for finding in [*run.judgement.findings, *run.judgement.built_in]:
        cells = f"{MARKS[finding.verdict]} {verdict(finding)}", finding.claim, held_against(finding, plan.observation)
        parts.append(markup("<tr><td>{}</td><td>{}</td><td>{}</td></tr>", *cells))
    parts.append(markup("</tbody></table>"))
    if why := failures(record):
        parts.append(markup("<p>Why requests failed:</p><ul>"))
        parts += [markup("<li>{}</li>", text) for text in why] + [markup("</ul>")]
    if picture := _picture(run):
        parts.append(markup(f'<p><img alt="The run over time" width="750" src="{picture}"></p>'))
    return "".join(parts)


def _picture(run: StoredRun) -> str:
    """Return the figure as an address that holds it; empty without one."""
    path = run.folder / FIGURE
    return f"data:image/svg+xml;base64,{base64.b64encode(path.read_bytes()).decode()}" if path.is_file() else ""


def _attached(run: StoredRun, into: Path) -> list[Mapping[str, str]]:
    found: list[Mapping[str, str]] = []
    for name, kind in _ATTACHED:
        path, source = run.folder / name, f"{_digest(run.plan.run, name)}-attachment{Path(name).suffix}"
        if path.is_file():
            text = path.read_text(encoding="utf-8")
            (into / source).write_text(text if name in {FIGURE, PAGE} else redacted(text), encoding="utf-8")
            found.append({"name": name, "source": source, "type": kind})
    return found


def _digest(*parts: str) -> str:
    return hashlib.md5("\0".join(parts).encode(), usedforsecurity=False).hexdigest()
