"""``report.html``: one run on one page that needs nothing else, neither a network nor scripts.

Its one script, inline, zooms the figure and tells what was seen in each second; without it the page is complete.
"""

import base64
import hashlib
import json
import math
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from squall.figures import amount, signed
from squall.measure.harm import onset
from squall.measure.percentiles import percentile
from squall.record.columns import latency
from squall.record.event import Event, HarmSent
from squall.record.folder import Record
from squall.record.judgement import Judgement
from squall.record.line import details
from squall.report import evidence, summary
from squall.report.explanation import Explanation, explanations, rows
from squall.report.failures import failures
from squall.report.figure import LEFT, RIGHT, bounds, draw
from squall.report.gauges import lines
from squall.report.plain import plain
from squall.report.story import MOST, moments, said, states, story
from squall.report.wording import MARKS, detail, held_against, line, verdict
from squall.verdict import Finding
from squall.writing.redact import redacted

if TYPE_CHECKING:
    from markupsafe import Markup

HERE = Path(__file__).parent
# What comes every second: its figures have a table of their own.
# A page with tens of thousands of lines helps nobody; the timeline file holds them all.
_MOST_EVENTS = 400
_QUIET = frozenset({"heartbeat", "gauge"})


def page(record: Record, judgement: Judgement, figure: bytes | None = None, changes: Sequence[str] = ()) -> str:
    """Return the page as HTML, with the ``figure`` that was drawn already, if it was (SVG).

    ``changes`` are the limits by which the run was judged again, which its sentences do not show.
    """
    found = [*judgement.findings, *judgement.built_in]
    headline = judgement.headline if found else None
    events = [event for event in record.events(Event) if event.kind not in _QUIET]
    told, zero, script = story(record), evidence.zero(record), _read("timeline.js")
    return rendered(
        HERE / "page.html",
        script=markup(script),
        script_hash=hash_of(script),
        seen=markup(_seen(record)),
        plan=record.plan,
        verdict=judgement.verdict.name,
        heading=verdict(headline) if headline else judgement.verdict.name,
        headline=line(headline, record.plan.observation).partition(": ")[2] if headline else "nothing was judged",
        not_undone=judgement.not_undone,
        changes=", ".join(changes),
        began=record.plan.wall(zero),
        origin="the harm" if evidence.harms(record) and onset(record) is not None else "the first moment observed",
        claims=list(_claims(record, judgement)),
        figure=_inline(figure or draw(record, judgement), record),
        story=[{"when": signed(each.at, 2), "text": each.text, "harm": each.harm} for each in told[:MOST]],
        story_left_out=max(0, len(told) - MOST),
        failures=failures(record),
        moments=[name for name, _ in moments(record)],
        states=states(record),
        said=[f"{signed(each.at, 2):>8} s  {each.text}" for each in said(record)[:MOST]],
        phases=[_phase(phase, zero) for phase in evidence.phases(record)],
        done=summary.done(record),
        proofs=summary.proofs(record),
        onset=_onset(record),
        reasons=[each for each in summary.reasons(record) if each[0] != "failures"],
        gauges=list(lines(record)),
        answered=sorted(evidence.answered(record).items()),
        events=[_event(event, zero) for event in events[:_MOST_EVENTS]],
        left_out=max(0, len(events) - _MOST_EVENTS),
    )


def rendered(template: Path, **given: object) -> str:
    """Return a page with what it is given; texts are escaped, and freed of secrets and of control."""
    from jinja2 import Environment, StrictUndefined

    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True,
                              finalize=_clean)  # fmt: skip
    return environment.from_string(template.read_text(encoding="utf-8")).render(look=markup(_read("look.css")), **given)


def hash_of(script: str) -> str:
    """Return what a content security policy names an inline script by."""
    return f"sha256-{base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()}"


def _read(name: str) -> str:
    return (HERE / name).read_text(encoding="utf-8")


def _clean(value: object) -> object:
    """Take secrets out of text, and show what would steer its reader; what is markup was cleaned when it was drawn."""
    return plain(redacted(value)) if type(value) is str else value


def _claims(record: Record, judgement: Judgement) -> Iterator[Mapping[str, object]]:
    found = [*judgement.findings, *judgement.built_in]
    for number, (finding, why) in enumerate(zip(found, explanations(record, judgement), strict=True)):
        yield {**_claim(finding, why, record.plan.observation), "built_in": number >= len(judgement.findings)}


def _claim(finding: Finding, why: Explanation, observation: float) -> dict[str, object]:
    return {
        "verdict": finding.verdict.name,
        "mark": f"{MARKS[finding.verdict]} {verdict(finding)}",
        "claim": finding.claim,
        "figure": held_against(finding, observation),
        "detail": detail(finding),
        "why": list(rows(why)),
    }


def _phase(phase: evidence.Phase, zero: float) -> Sequence[str]:
    known = (phase.p50, phase.p95, phase.p99, phase.worst)
    return [
        phase.name,
        str(phase.count),
        "" if math.isnan(phase.failed_share) else f"{phase.failed_share:.2f}%",
        *("" if math.isnan(value) else f"{value:.1f}" for value in known),
        f"{signed(phase.start - zero)} to {signed(phase.end - zero)}",
    ]


def _onset(record: Record) -> str:
    began = onset(record)
    if began is None or not evidence.harms(record):
        return ""
    sent = next((event.t for event in record.events(HarmSent)), began.low)
    low, high = (1000 * (moment - sent) for moment in (began.low, began.high))
    return f"between {amount(round(low, 2), 'ms')} and {amount(round(high, 2), 'ms')} after it was sent"


def _event(event: Event, zero: float) -> Sequence[str]:
    return [signed(event.t - zero, 3), event.kind, event.who, ", ".join(_facts(event))]


def _facts(event: Event) -> Iterator[str]:
    for key, value in details(event).items():
        if key == "instances" and isinstance(value, list):
            listed = (item for item in value if isinstance(item, dict))
            yield ", ".join(f"{item.get('name')} {'ready' if item.get('ready') else 'not ready'}" for item in listed)
        elif value not in ("", None):
            yield f"{key}: {f'{value:.3f}' if isinstance(value, float) else value}"


def _inline(svg: bytes, record: Record) -> object:
    text = svg.decode()
    # Inside HTML an SVG has no XML declaration and no document type, which would name a foreign host.
    name = _clean(f"{record.plan.scenario}: latency, failures and instances over time")
    return markup(text[text.index("<svg") :].replace("<svg", f'<svg role="img" aria-label="{_escaped(name)}"', 1))


def _seen(record: Record) -> str:
    """Return what the page's script tells of each bin of the figure, as JSON that no text can end."""
    start, length, (low, high) = evidence.zero(record), evidence.bin_length(record), bounds(record)
    bins = list(_bins(record, start, length))
    seen = {
        "left": LEFT, "right": RIGHT, "low": low, "high": high, "length": length, "bins": bins,
        "harm": next((number for number, each in enumerate(bins) if each["t"] == 0), 0),
        "story": [{"t": each.at, "text": _clean(each.text)} for each in story(record)[:MOST]],
    }  # fmt: skip
    return json.dumps(seen, ensure_ascii=False).replace("<", "\\u003c")


def _bins(record: Record, start: float, length: float) -> Iterator[Mapping[str, float | None]]:
    """Yield for each bin from the first to the last sample: when it begins, how many there are, and how they fared."""
    both = record.requests, record.probes
    at = np.concatenate([each.intended for each in both]) - start
    failed = np.concatenate([each.failed for each in both])
    took = 1000 * np.concatenate([np.where(each.known & each.ok, latency(each), math.nan) for each in both])
    if not len(at):
        return
    places = np.floor(at / length).astype(np.int64)
    order = np.argsort(places, kind="stable")
    places, failed, took = places[order], failed[order], took[order]
    for place in range(int(places[0]), int(places[-1]) + 1):
        low, high = np.searchsorted(places, (place, place + 1))
        good = took[low:high][~np.isnan(took[low:high])]
        slow = round(percentile(good, 95), 1) if len(good) else None
        yield {"t": place * length, "count": int(high - low), "failed": int(failed[low:high].sum()), "p95": slow}


def markup(text: str, *given: object) -> "Markup":
    """Return text that is markup already, with what it is given in its braces as text."""
    from markupsafe import Markup

    # Of this folder, or drawn and written here: all that others wrote is given, and escaped.
    return Markup(text).format(*map(_clean, given)) if given else Markup(text)  # noqa: S704


def _escaped(text: object) -> str:
    from markupsafe import escape

    return str(escape(text))
