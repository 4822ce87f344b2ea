"""The index over several runs, one page: each promise by its runs, its verdict, and each figure's trend with its bound.

Links lead to the pages of the runs, relative to where the index is written; nothing else is loaded.
"""

import math
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from urllib.parse import quote

from squall.figures import counted
from squall.report.document import headline
from squall.report.page import HERE, markup, rendered
from squall.report.runs import Series, StoredRun
from squall.report.wording import MARKS, held_against, verdict
from squall.verdict import Finding

# Runs of one scenario that are shown, the newest.
MOST = 40
# The trend's picture, in its own units: width, height, and how far its marks stay from the edge.
_WIDTH, _HEIGHT, _EDGE = 180.0, 40.0, 5.0


def index(found: Sequence[Series], into: Path, unread: Sequence[str] = ()) -> str:
    """Return the page as HTML, to be written into the folder ``into``; ``unread`` are lines on what is left out."""
    runs = [run for each in found for run in each.runs]
    times = sorted((run.when, run) for run in runs)
    twins = [each for each in found if each.latest.twin]
    healthy = [each for each in found if not each.latest.twin]
    return rendered(
        HERE / "index.html",
        title=_title(found),
        summary=_summary(healthy, twins),
        count=counted(len(runs), "run"),
        first=_day(times[0][1]) if times else "-",
        last=_day(times[-1][1]) if times else "-",
        not_undone=[f"{run.plan.run}: {text}" for run in runs for text in run.judgement.not_undone],
        unread=unread,
        parts=[
            {"name": name, "series": [_one(each, into) for each in some]}
            for name, some in (("Promises", healthy), ("Twins: meant to be BROKEN", twins))
            if some
        ],
    )


def _title(found: Sequence[Series]) -> str:
    systems = list(dict.fromkeys(each.latest.plan.system for each in found))
    return ", ".join(systems[:3]) + (f" and {len(systems) - 3} more" if len(systems) > 3 else "")


def _summary(healthy: Sequence[Series], twins: Sequence[Series]) -> str:
    held = sum(each.latest.as_meant for each in healthy)
    parts = [f"{held} of {counted(len(healthy), 'scenario')} HELD in the last run"] if healthy else []
    if twins:
        parts.append(f"{sum(each.latest.as_meant for each in twins)} of {counted(len(twins), 'twin')} broken, as meant")
    return "; ".join(parts) or "nothing was run"


def _day(run: StoredRun) -> str:
    return f"{run.plan.wall(run.plan.anchor.monotonic):%Y-%m-%d %H:%M} UTC"


def _one(each: Series, into: Path) -> Mapping[str, object]:
    run, plan = each.latest, each.latest.plan
    names = [", ".join(run.promises), plan.scenario, *([f"({', '.join(plan.weaknesses)})"] if run.twin else [])]
    findings = [*run.judgement.findings, *run.judgement.built_in]
    return {
        "word": f"{MARKS[run.judgement.verdict]} {run.word}",
        "tone": "HELD" if run.as_meant else run.judgement.verdict.name if not run.twin else "BROKEN",
        "name": " · ".join(filter(None, names)),
        "headline": headline(run.judgement, plan.observation),
        "where": f"{plan.feature} · {plan.system} on {plan.platform} · {_day(run)}",
        "runs": [_run(older, into) for older in each.runs[-MOST:]],
        "left_out": max(0, len(each.runs) - MOST),
        "claims": [_claim(finding, each) for finding in findings],
    }


def _run(run: StoredRun, into: Path) -> Mapping[str, str]:
    page = run.folder / "report.html"
    link = quote(os.path.relpath(page.resolve(), into.resolve())) if page.is_file() else ""
    return {
        "verdict": run.judgement.verdict.name,
        "mark": MARKS[run.judgement.verdict],
        "label": f"{run.word}, {_day(run)}",
        "link": link,
    }


def _claim(finding: Finding, each: Series) -> Mapping[str, object]:
    return {
        "name": finding.claim,
        "verdict": finding.verdict.name,
        "mark": f"{MARKS[finding.verdict]} {verdict(finding)}",
        "figure": held_against(finding, each.latest.plan.observation),
        "trend": _trend([_same(run, finding.claim) for run in each.runs[-MOST:]], finding),
    }


def _same(run: StoredRun, claim: str) -> Finding | None:
    return next((one for one in [*run.judgement.findings, *run.judgement.built_in] if one.claim == claim), None)


def _trend(history: Sequence[Finding | None], last: Finding) -> object:
    """Draw the range of each run's figure beside the limit; one figure is no trend."""
    shown = [(number, one) for number, one in enumerate(history) if one is not None and one.figure is not None]
    if len(shown) < 2:
        return ""
    ends = [end for _, one in shown if one.figure for end in (one.figure.low, one.figure.high) if math.isfinite(end)]
    ends += [last.limit] if last.limit is not None else []
    low, high = min(ends, default=0.0), max(ends, default=1.0)

    def y(value: float) -> float:
        share = 1.0 if value == math.inf else (value - low) / (high - low) if high > low else 0.5
        return _HEIGHT - _EDGE - share * (_HEIGHT - 2 * _EDGE)

    step = (_WIDTH - 2 * _EDGE) / max(1, len(history) - 1)
    parts = [_line("limit", 0, _WIDTH, y(last.limit), y(last.limit))] if last.limit is not None else []
    for number, one in shown:
        if one.figure is not None:
            x, top, bottom = _EDGE + number * step, y(one.figure.high), y(one.figure.low)
            # A figure without an error still has to be seen.
            parts.append(_line(f"range {one.verdict.name}", x, x, top - 1.5, bottom + 1.5))
    texts = [held_against(one) for _, one in shown]
    name = f"{len(texts)} runs, the oldest first: {'; '.join(texts[-6:])}"
    return markup('<svg class="trend" role="img" viewBox="0 0 {} {}" preserveAspectRatio="none" aria-label="{}">',
                  _WIDTH, _HEIGHT, name) + markup("".join(parts)) + markup("</svg>")  # fmt: skip


def _line(name: str, x1: float, x2: float, y1: float, y2: float) -> str:
    return f'<line class="{name}" x1="{x1:.1f}" x2="{x2:.1f}" y1="{y1:.1f}" y2="{y2:.1f}"/>'
