"""The terminal's summary of a run: what broke, what was done, why to believe it, where to look. Plain text first.

Colour is added to lines that read the same without it. ``line`` is here too, for reports that have one line.
"""

import io
import math
import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from squall.figures import amount, counted
from squall.measure.harm import onset
from squall.record.event import HarmConfirmed, HarmSent, Settled, TargetsServed
from squall.record.folder import Record
from squall.record.judgement import Judgement
from squall.record.plan import Plan
from squall.report import evidence
from squall.report.failures import failures
from squall.report.plain import blanked
from squall.report.wording import MARKS, arrivals, detail, held_against, line, verdict
from squall.verdict import Finding, Verdict
from squall.writing.redact import redacted

__all__ = ["line", "summarise"]

_STYLES = {Verdict.HELD: "green", Verdict.BROKEN: "bold red", Verdict.INCONCLUSIVE: "bold yellow"}
_LABEL = 10
# The versions that most decide how a run goes; all of them are in plan.json and report.html.
_TOLD = ("kubernetes", "kind", "kernel", "envoy", "supervisor")

_MAY_BE_THE_MACHINE = ": what runs on it may have been slow for that reason"


@dataclass(frozen=True, slots=True)
class _Line:
    text: str
    style: str = ""
    indent: int = 0
    hang: int = 0
    whole: bool = False


def summarise(record: Record, judgement: Judgement, folder: Path, width: int = 80, colour: bool = False) -> str:
    """Return the summary, wrapped to ``width`` columns; commands and paths are never broken."""
    lines = [
        *_headline(record.plan, judgement),
        *_harm(record),
        *_claims(record.plan, judgement),
        _Line("Why believe it"),
        *(_labelled(label, text, indent=2) for label, text in reasons(record)),
        *_where(record.plan, folder),
    ]
    wrapped = [(part, entry.style) for entry in lines for part in _wrapped(entry, max(width, 40))]
    return _coloured(wrapped) if colour else "\n".join(part for part, _ in wrapped) + "\n"


def reasons(record: Record) -> list[tuple[str, str]]:
    """Return what the verdict rests on, each with a short name."""
    load, probes = evidence.load_traffic(record), evidence.probe_traffic(record)
    found = [("load", _traffic(load, "arrivals")), ("probes", _traffic(probes, "probes"))]
    found += [("failures", text) for text in failures(record)]
    if load.called_good:
        text = f"{_counts(load.called_good)}: no good answers by the rule, called good by the locustfile"
        found.append(("excused", text))
    found += [("tasks", f"{counted(count, 'arrival')} failed in it: {text}") for text, count in load.in_tasks]
    if how := arrivals(record.plan):
        found.append(("arrivals", how))
    if how := evidence.connections(record):
        found.append(("users", how))
    began = onset(record)
    if began is not None and evidence.harms(record):
        text = "proven at the target" if began.error else "proven at the target, to the moment"
        found.append(("harm", f"{text}; the onset is known to {_short(began.high - began.low)}"))
    elif evidence.harms(record):
        found.append(("harm", "not proven at the target"))
    found += _shortened(record.plan)
    if (served := next(record.events(TargetsServed), None)) is not None:
        text = f"those that were harmed answered {served.requests} of {counted(served.of, 'request')} of users before"
        found.append(("exposure", text))
    if (ended := next(record.events(Settled), None)) is not None:
        planned = amount(record.plan.observation, "s")
        text = f"for {ended.after} s of {planned}: nothing could change a verdict any more"
        found.append(("observed", text))
    if (stolen := evidence.stolen(record)) is not None:
        found.append(("machine", _stolen(stolen)))
    for seen in evidence.instances(record):
        text = f"{seen.service}: {seen.wanted} wanted, {seen.fewest} ready at the fewest, {seen.last} at the end"
        found.append(("instances", text))
    return found


def _shortened(plan: Plan) -> list[tuple[str, str]]:
    """Say by how much the alert table is shortened, if it is."""
    factor = max((rule.shortened for rule in plan.alerts), default=1.0)
    text = f"durations of the alert table, and limits of claims about alerts, are divided by {factor:g}"
    return [("alerts", text)] if factor != 1 else []


def platform(plan: Plan) -> str:
    """Return the platform, its own version and the names of what was tuned, in one line; plan.json has it all."""
    names = " ".join(part for part in (plan.platform, plan.context and f"({plan.context})") if part)
    versions = [f"{name} {plan.versions[name]}" for name in _TOLD if name in plan.versions]
    tuned = f"tuned: {', '.join(sorted(plan.tuning))} (values in plan.json)" if plan.tuning else ""
    return "; ".join(part for part in (names, ", ".join(versions), tuned) if part)


def done(record: Record) -> str:
    """Return what was done to whom: ``1 of api crash (SIGKILL): api-1 on worker2``; or that it did not come to that."""
    plan = record.plan
    whom = ", ".join(f"{target.name} on {target.node}" if target.node else target.name for target in plan.targets)
    text = f"{plan.fault}: {whom}" if whom else plan.fault
    return text if next(record.events(HarmSent), None) else f"no harm was done (meant: {text})"


def proofs(record: Record) -> list[str]:
    """Return how the harm was proven or not at each target, and when; nothing for a run that harms nobody."""
    sent = next((event.t for event in record.events(HarmSent)), None)
    found = []
    for event in evidence.proofs(record) if evidence.harms(record) else []:
        moment = f"{record.plan.wall(event.t):%H:%M:%S} UTC"
        if isinstance(event, HarmConfirmed):
            found.append(f"confirmed {moment}: {event.how}")
        elif not event.proven:
            found.append(f"NOT PROVEN {moment}: {event.how}")
        else:
            after = "" if sent is None else f", {_short(event.high - sent)} after it was sent"
            found.append(f"proven {moment}{after}: {event.how}")
    return found


def _headline(plan: Plan, judgement: Judgement) -> Iterator[_Line]:
    decides = judgement.headline if judgement.findings or judgement.built_in else None
    name = verdict(decides) if decides else f"{judgement.verdict.name} (nothing was judged)"
    yield _Line(f"{name}: {plan.scenario}", _STYLES[judgement.verdict], hang=2)
    if decides and decides.verdict is not Verdict.HELD:
        yield _Line(line(decides, plan.observation).partition(": ")[2], indent=2)
    for text in judgement.not_undone:
        yield _Line(f"NOT UNDONE: {text}", "bold red", hang=2)
    yield _Line("")


def _harm(record: Record) -> Iterator[_Line]:
    yield _labelled("Done", done(record))
    yield from (_labelled("", text) for text in proofs(record))
    if record.plan.weaknesses:
        yield _labelled("Weakness", ", ".join(record.plan.weaknesses))


def _claims(plan: Plan, judgement: Judgement) -> Iterator[_Line]:
    yield _Line("Claims")
    for finding in judgement.findings:
        yield from _finding(finding, plan)
    if judgement.built_in:
        yield _Line("In every run")
    for finding in judgement.built_in:
        yield from _finding(finding, plan)


def _finding(finding: Finding, plan: Plan) -> Iterator[_Line]:
    word = "" if finding.verdict is Verdict.HELD else f"{verdict(finding)}: "
    yield _Line(f"{MARKS[finding.verdict]} {word}{finding.claim}", _STYLES[finding.verdict], indent=2, hang=2)
    samples = counted(finding.samples, "sample") if finding.samples else ""
    parts = (held_against(finding, plan.observation), detail(finding), samples)
    yield _Line("; ".join(filter(None, parts)), indent=4)
    yield from (_Line(f"meanwhile {redacted(text)}", indent=4, hang=2) for text in finding.platform)


def _where(plan: Plan, folder: Path) -> Iterator[_Line]:
    yield _labelled("Platform", platform(plan))
    yield _labelled("Record", str(folder), whole=True)
    yield _labelled("Replay", plan.command, whole=True)
    yield _labelled("Judge", f"squall judge {folder}", whole=True)
    yield _labelled("Why", f"squall show --why {folder}", whole=True)


def _traffic(traffic: evidence.ScheduleKept, what: str) -> str:
    if not traffic.sent and not traffic.dropped:
        return f"no {what} were recorded"
    total = traffic.due if traffic.due is not None else traffic.sent + traffic.dropped
    parts = [f"{traffic.sent} of {total} {what} sent"]
    if not math.isnan(traffic.late_p99):
        parts.append(f"late by {_short(traffic.late_p99)} at p99, {_short(traffic.late_max)} at most")
    lost = {"dropped": traffic.dropped, "cut off": traffic.unfinished}
    parts += [f"{count} {name}" for name, count in lost.items() if count]
    parts.append(f"{traffic.failed} failed")
    if len(traffic.lanes) > 1:
        parts.append("lanes " + ", ".join(f"{lane} {count}" for lane, count in traffic.lanes))
    return "; ".join(parts)


def _counts(counts: Sequence[tuple[str, int]]) -> str:
    return ", ".join(f"{count} {name}" for name, count in counts)


def _stolen(stolen: evidence.Stolen) -> str:
    text = f"{stolen.share:.0f} % of this machine's processor time was taken by its host, {stolen.worst:.0f} % at most"
    return f"{text} in a second" + (_MAY_BE_THE_MACHINE if stolen.much else "")


def _short(seconds: float) -> str:
    """Write a small duration with two figures."""
    value, unit = (seconds * 1000, "ms") if abs(seconds) < 1 else (seconds, "s")
    return amount(float(f"{value:.2g}"), unit)


def _labelled(label: str, text: str, indent: int = 0, whole: bool = False) -> _Line:
    return _Line(f"{label:<{_LABEL}}{text}", indent=indent, hang=_LABEL, whole=whole)


def _wrapped(entry: _Line, width: int) -> Sequence[str]:
    text = blanked(redacted(entry.text))
    first, later = " " * entry.indent, " " * (entry.indent + entry.hang)
    if not text.strip() or entry.whole:
        return [(first + text).rstrip()]
    return textwrap.wrap(text, width, initial_indent=first, subsequent_indent=later, break_on_hyphens=False,
                         break_long_words=False, drop_whitespace=True)  # fmt: skip


def _coloured(lines: Sequence[tuple[str, str]]) -> str:
    from rich.console import Console
    from rich.text import Text

    console = Console(file=io.StringIO(), force_terminal=True, color_system="standard", width=10_000, highlight=False)
    with console.capture() as capture:
        for text, style in lines:
            console.print(Text(text, style=style), soft_wrap=True)
    return capture.get()
