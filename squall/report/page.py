"""``report.html``: one run on one page that needs nothing else, neither a network nor scripts."""

import math
from collections.abc import Iterator, Sequence
from pathlib import Path

from squall.figures import amount, signed
from squall.measure.harm import onset
from squall.record.event import Event, HarmSent
from squall.record.folder import Record
from squall.record.judgement import Judgement
from squall.record.line import details
from squall.report import evidence, summary
from squall.report.figure import draw
from squall.report.gauges import lines
from squall.report.plain import plain
from squall.report.wording import MARKS, detail, held_against, line, verdict
from squall.verdict import Finding
from squall.writing.redact import redacted

_TEMPLATE = Path(__file__).with_name("page.html")
# What comes every second: its figures stand in a table of their own.
# A page with tens of thousands of lines helps nobody; the timeline file holds them all.
_MOST_EVENTS = 400
_QUIET = frozenset({"heartbeat", "gauge"})


def page(record: Record, judgement: Judgement, figure: bytes | None = None, changes: Sequence[str] = ()) -> str:
    """Return the page as HTML, with the ``figure`` that was drawn already, if it was (SVG).

    ``changes`` are the limits by which the run was judged again, which its sentences do not show.
    """
    from jinja2 import Environment, StrictUndefined

    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True,
                              finalize=_clean)  # fmt: skip
    found = [*judgement.findings, *judgement.built_in]
    headline = judgement.headline if found else None
    events = [event for event in record.events(Event) if event.kind not in _QUIET]
    zero = evidence.zero(record)
    return environment.from_string(_TEMPLATE.read_text(encoding="utf-8")).render(
        plan=record.plan,
        verdict=judgement.verdict.name,
        heading=verdict(headline) if headline else judgement.verdict.name,
        headline=line(headline, record.plan.observation).partition(": ")[2] if headline else "nothing was judged",
        not_undone=judgement.not_undone,
        changes=", ".join(changes),
        began=record.plan.wall(zero),
        claims=[_claim(finding, record.plan.observation) for finding in judgement.findings],
        built_in=[_claim(finding, record.plan.observation) for finding in judgement.built_in],
        figure=_inline(figure or draw(record, judgement)),
        phases=[_phase(phase, zero) for phase in evidence.phases(record)],
        done=summary.done(record),
        proofs=summary.proofs(record),
        onset=_onset(record),
        reasons=summary.reasons(record),
        gauges=list(lines(record)),
        answered=sorted(evidence.answered(record).items()),
        events=[_event(event, zero) for event in events[:_MOST_EVENTS]],
        left_out=max(0, len(events) - _MOST_EVENTS),
    )


def _clean(value: object) -> object:
    """Take secrets out of text, and show what would steer its reader; what is markup was cleaned when it was drawn."""
    return plain(redacted(value)) if type(value) is str else value


def _claim(finding: Finding, observation: float) -> dict[str, str]:
    return {
        "verdict": finding.verdict.name,
        "mark": f"{MARKS[finding.verdict]} {verdict(finding)}",
        "claim": finding.claim,
        "figure": held_against(finding, observation),
        "detail": "; ".join([*filter(None, [detail(finding)]), *(f"meanwhile {text}" for text in finding.platform)]),
        "samples": str(finding.samples or ""),
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


def _inline(svg: bytes) -> object:
    from markupsafe import Markup

    text = svg.decode()
    # Inside HTML an SVG has no XML declaration and no document type, which would name a foreign host.
    return Markup(text[text.index("<svg") :])  # noqa: S704 - drawn here, its texts escaped by matplotlib
