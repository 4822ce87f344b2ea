"""What a gate writes: lines, Markdown for a job's page, JSON, JUnit, a result for Allure. All say the same."""

import json
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from xml.etree import ElementTree

from squall.figures import counted
from squall.gate.decision import Decision, GateEntry
from squall.report.junit import properties
from squall.report.markdown import escaped
from squall.report.plain import in_one_line, plain
from squall.verdict import Verdict
from squall.writing.redact import redacted

GATE = "the gate"
# GitHub shows no more than 1 MiB of a step's summary; a row is cut long before.
_LONGEST = 600
_ROWS = 200


def headline(decision: Decision) -> str:
    """Say in one line what it came to."""
    if decision.open:
        proven = sum(entry.proves for entry in decision.entries)
        return f"GATE OPEN: {proven} of {counted(len(decision.entries), 'scenario')} HELD, and nothing closes it"
    return f"GATE CLOSED (exit code {int(decision.exit_code)}): {decision.closed_by[0]}"


def lines(decision: Decision) -> Iterator[str]:
    """Yield it for a terminal, the headline last: it is what is above the prompt."""
    for entry in decision.entries:
        yield f"{_mark(entry)} {entry.scenario.title}: {entry.counts}; {entry.reason}"
    yield from (f"note: {note}" for note in decision.notes)
    yield from (f"closed by: {reason}" for reason in decision.closed_by)
    yield headline(decision)


def terminal(decision: Decision) -> str:
    """Return the lines as text that steers no terminal."""
    return "\n".join(plain(redacted(" ".join(line.split()))) for line in lines(decision))


def markdown(decision: Decision) -> str:
    """Return a section of Markdown: the verdict, why, and a row for each scenario."""
    said = [f"## {_cell(headline(decision))}", ""]
    said += [f"- {_cell(reason)}" for reason in decision.closed_by[:_ROWS]]
    said += ["", "| promise | scenario | runs | at the gate | why |", "|---|---|---|---|---|"]
    for entry in decision.entries[:_ROWS]:
        promises, state = ", ".join(entry.scenario.promises) or "-", "open" if _lets_through(entry) else "**closed**"
        cells = (promises, entry.scenario.title, entry.counts, state, entry.reason)
        said.append("| " + " | ".join(cell if cell == state else _cell(cell) for cell in cells) + " |")
    if (more := len(decision.entries) - _ROWS) > 0:
        said.append(f"\nand {counted(more, 'scenario')} more")
    said += ["", *(f"- {_cell(note)}" for note in decision.notes)]
    return "\n".join(said).rstrip() + "\n"


def as_json(decision: Decision) -> str:
    """Return it as JSON."""
    said = {
        "open": decision.open,
        "exit_code": int(decision.exit_code),
        "closed_by": decision.closed_by,
        "scenarios": [
            {"feature": entry.scenario.feature, "title": entry.scenario.title, "promises": entry.scenario.promises,
             "lets_through": _lets_through(entry), "verdict": entry.verdict.name, "reason": redacted(entry.reason),
             "runs": [{"folder": str(run.folder), "verdict": run.verdict.name} for run in entry.runs]}
            for entry in decision.entries
        ],
        "regressions": list(decision.regressions),
        "notes": list(decision.notes),
    }  # fmt: skip
    return json.dumps(said, indent=2) + "\n"


def junit(decision: Decision) -> bytes:
    """Return JUnit XML: a case for each scenario and one for the gate, which fails whenever it is closed."""
    cases = [_case(entry) for entry in decision.entries]
    gate = ElementTree.Element("testcase", classname="squall", name=GATE, time="0")
    if not decision.open:
        _fail(gate, headline(decision), "\n".join(decision.closed_by))
    failures = sum(case.find("failure") is not None for case in (*cases, gate))
    totals = {"tests": str(len(cases) + 1), "failures": str(failures), "errors": "0", "skipped": "0"}
    suites = ElementTree.Element("testsuites", name="squall gate")
    suite = ElementTree.SubElement(suites, "testsuite", {"name": "squall gate", **totals})
    suite.extend([*cases, gate])
    return b"<?xml version='1.0' encoding='us-ascii'?>\n" + ElementTree.tostring(suites)


def allure(decision: Decision) -> str:
    """Return a result of Allure for the gate itself: passed only if it is open."""
    status = "passed" if decision.open else "broken" if decision.exit_code not in {1, 3} else "failed"
    said: dict[str, object] = {
        "uuid": str(uuid.uuid4()), "historyId": "squall.gate", "fullName": "squall.gate", "name": GATE,
        "stage": "finished", "status": status, "statusDetails": {},
        "labels": [{"name": "suite", "value": "gate"}, {"name": "severity", "value": "blocker"}],
    }  # fmt: skip
    if not decision.open:
        trace = redacted("\n".join(decision.closed_by))
        said["statusDetails"] = {"message": _safe(redacted(headline(decision))), "trace": _safe(trace, "\n")}
    return json.dumps(said)


def written(decision: Decision, to: Mapping[Path, Callable[[Decision], bytes]]) -> list[str]:
    """Write each file, and return a line for each that could not be written."""
    problems = []
    for path, content in to.items():
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content(decision))
        except OSError as error:
            problems.append(f"writing {path}: {error.strerror or error}")
            remove(path)
    return problems


def remove(path: Path) -> None:
    """Take a file away, if there is one: half of it, or an earlier gate's, is not to be taken for this one's."""
    with suppress(OSError):
        # Never a device or a pipe.
        if path.is_file():
            path.unlink()


def _case(entry: GateEntry) -> ElementTree.Element:
    name = _safe(entry.scenario.title)
    case = ElementTree.Element("testcase", classname=_safe(entry.scenario.feature) or "squall", name=name, time="0")
    held = ElementTree.SubElement(case, "properties")
    told = [("squall.gate", "open" if _lets_through(entry) else "closed"), ("squall.gate.reason", entry.reason)]
    told += [each for run in entry.runs for each in properties(run.judgement, run.plan, run.folder)]
    for key, value in told:
        ElementTree.SubElement(held, "property", name=key, value=_safe(redacted(value)))
    if not _lets_through(entry):
        _fail(case, f"{entry.verdict.name}: {entry.reason}", entry.counts)
    return case


def _fail(case: ElementTree.Element, message: str, text: str) -> None:
    ElementTree.SubElement(case, "failure", message=_safe(redacted(message))).text = _safe(redacted(text), "\n")


def _lets_through(entry: GateEntry) -> bool:
    return entry.verdict is Verdict.HELD


def _mark(entry: GateEntry) -> str:
    return "open  " if _lets_through(entry) else "closed"


def _safe(text: str, keep: str = "") -> str:
    return plain(text, keep=keep) if keep else in_one_line(" ".join(text.split()))


def _cell(text: str) -> str:
    return escaped(text, _LONGEST)
