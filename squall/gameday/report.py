"""``report.html`` and ``report.md`` of a drill: the same facts, for the browser and for a wiki. Judges nothing."""

import os
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from squall.figures import written
from squall.gameday.debrief import ByPerson, Debrief, ScenarioDebrief, debrief
from squall.gameday.log import SAID, DrillEntry, DrillFolder
from squall.report.page import rendered
from squall.report.plain import in_one_line
from squall.verdict import Verdict
from squall.writing.private import replace
from squall.writing.redact import redacted

PAGE, TEXT = "report.html", "report.md"
_TEMPLATE = Path(__file__).with_name("report.html")
_SPECIAL = re.compile(r"([\\`*_{}\[\]()<>#|~!&])")
_WORDS = {"go": "said GO", "no-go": "said NO-GO", "abort": "aborted", "note": "noted", "noticed": "noticed it",
          "mitigated": "mitigated it", "remedy": "carried out"}  # fmt: skip
_BEFORE = {"begun": "the drill begins", "scenario": "begins", "breach": "abort condition met", "finished": "finished",
           "over": "the drill is over", "refused": "not run"}  # fmt: skip


def write_report(folder: DrillFolder) -> tuple[Path, Path]:
    """Write both reports into the folder of a drill, and return where they are.

    Raises:
        Misuse: the folder is not that of a drill.
        OSError: there is no room.
    """
    told = debrief(folder)
    replace(folder.path / PAGE, _page(told, folder.path).encode())
    replace(folder.path / TEXT, _text(told, folder.path).encode())
    return folder.path / PAGE, folder.path / TEXT


def headline(told: Debrief) -> str:
    """Say in one line what the drill came to."""
    verdict = "nothing was run" if told.verdict is None else told.verdict.name
    return f"ABORTED by {told.abort} ({verdict})" if told.abort else verdict


def people(said: Sequence[ByPerson], what: str) -> str:
    """Say who did something first, and how long after the harm; that it is what people said."""
    if not said:
        return f"nobody said that they {what} it"
    first = min(said, key=lambda each: each.after)
    more = f" ({first.text})" if first.text else ""
    return f"{first.who} after {first.after:.0f} s{more}"


def abort_times(of: ScenarioDebrief) -> str:
    """Say how long an abort took; empty: there was none."""
    if (times := of.aborted) is None:
        return ""
    if times.left:
        return f"NOT everything was undone: {'; '.join(times.left)}"
    if times.everything is None:
        return "nothing had to be undone"
    harm = f"the harm was undone {times.harm:.1f} s after ABORT, " if times.harm is not None else ""
    return f"{harm}everything (deployment and lease too) {times.everything:.1f} s after it"


def budget(told: Debrief) -> str:
    """Say which part of a month's error budget the drill has cost."""
    if (spent := told.budget) is None:
        if any(each.harmed for each in told.scenarios):
            return "not known: what was harmed was undone before its requests could be counted"
        return "nothing was harmed, so nothing of it was spent"
    failed = sum(each.failed for each in told.scenarios)
    total = sum(each.requests for each in told.scenarios)
    return f"{written(spent, '%')} of a month's ({failed} of {total} requests failed between harm and clean-up)"


def _event(told: Debrief, entry: DrillEntry) -> tuple[str, str, str]:
    """Return when, who, what."""
    at = f"{told.beginning.wall(entry.t):%H:%M:%S}"
    if entry.kind in SAID:
        return at, entry.who, f"{_WORDS[entry.kind]}{f': {entry.text}' if entry.text else ''}"
    before = _BEFORE.get(entry.kind, "")
    return at, "squall", ": ".join(part for part in (before, entry.text) if part)


def _page(told: Debrief, folder: Path) -> str:
    return rendered(
        _TEMPLATE,
        told=told,
        drill=told.drill,
        began=told.beginning.wall(told.beginning.anchor.monotonic),
        headline=headline(told),
        verdict="INCONCLUSIVE" if told.abort or told.verdict is None else told.verdict.name,
        budget=budget(told),
        events=[_event(told, entry) for entry in told.entries],
        people=people,
        abort_times=abort_times,
        link=lambda run: os.path.relpath(run / "report.html", folder),
        broken=Verdict.BROKEN,
    )


def _text(told: Debrief, folder: Path) -> str:
    return "\n".join(_lines(told, folder)) + "\n"


def _lines(told: Debrief, folder: Path) -> Iterator[str]:
    drill = told.drill
    yield f"# {_md(drill.name)}\n"
    began = told.beginning.wall(told.beginning.anchor.monotonic)
    yield f"{_md(headline(told))}. Began {began:%Y-%m-%d %H:%M} UTC on {drill.platform}.\n"
    if drill.about:
        yield f"{_md(drill.about)}\n"
    yield f"Error budget: {_md(budget(told))}.\n"
    for each in told.scenarios:
        yield from _of_scenario(each, folder)
    yield "## Open questions\n"
    yield from (f"- {_md(text)}" for text in told.questions or ["none that the drill knows of"])
    yield "\n## What happened (UTC)\n"
    for at, who, what in (_event(told, entry) for entry in told.entries):
        yield f"- {at} {_md(who)}: {_md(what)}"


def _of_scenario(each: ScenarioDebrief, folder: Path) -> Iterator[str]:
    yield f"## {each.number}. {_md(each.title)}\n"
    if each.judgement is None:
        yield f"Not run: {_md(each.why)}.\n"
        return
    yield f"{_md(each.done)}\n"
    yield from (f"- {_md(text)}" for text in each.findings)
    if took := abort_times(each):
        yield f"- {_md(took)}"
    if each.budget is not None:
        yield "\n| | people | machine |\n|---|---|---|"
        yield f"| noticed | {_md(people(each.noticed, 'noticed'))} | {_md(each.readiness)} |"
        yield f"| mitigated | {_md(people(each.mitigated, 'mitigated'))} | {_md(each.recovery)} |\n"
        yield from _alerts(each)
    if each.run is not None:
        yield f"\nRecord: `{os.path.relpath(each.run, folder)}`\n"


def _alerts(each: ScenarioDebrief) -> Iterator[str]:
    if not each.alerts:
        yield "The system file has no alert table, so what would have alerted is not known."
    for alert in each.alerts:
        yield f"- alert {_md(alert.name)} ({_md(alert.severity)}): {alert.fired or 'did not fire'}"


def _md(text: str) -> str:
    return _SPECIAL.sub(r"\\\1", in_one_line(redacted(text)))
