"""``squall show``: what a stored run came to, what happened in it, and why its verdicts can be believed."""

import os
import shutil
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import click
from pydantic import JsonValue as Json
from pydantic import TypeAdapter

from squall.claims.judge import judge
from squall.commands.selecting import json_option
from squall.record.event import Event
from squall.record.folder import Record, RunFolder
from squall.record.judgement import Judgement
from squall.record.line import details
from squall.record.plan import Plan
from squall.report.evidence import zero
from squall.report.explanation import Explanation, explanations, lines
from squall.report.plain import blanked, plain
from squall.report.summary import summarise
from squall.writing.redact import redacted

# They come every second: that the clocks went on, and figures that report.html has as a table.
_DULL = {"heartbeat", "gauge"}


@click.command(name="show")
@click.argument("folder", metavar="RUN", type=click.Path(path_type=Path))
@click.option("--why", is_flag=True, help="for each claim: what it rests on, and what would have changed its verdict")
@json_option
def command(folder: Path, why: bool, as_json: bool) -> None:
    """Show the findings and the timeline of a stored run; it is not judged again.

    \b
    Examples:
      squall show runs/20261121T093000-one-pod-crashes
      squall show --why runs/20261121T093000-one-pod-crashes
      squall show --json runs/20261121T093000-one-pod-crashes
    """
    run = RunFolder(folder)
    record, judged = run.load(), run.judged
    judgement = run.judgement() if judged else judge(record)
    found = explanations(record, judgement) if why else []
    if as_json:
        click.echo(_json(record, judgement, found))
        return
    if not judged:
        click.echo(f"squall: {folder} was never judged (the run was cut off); judged now, written nowhere", err=True)
    click.echo(summarise(record, judgement, folder, shutil.get_terminal_size().columns, _colour()))
    click.echo(plain("\n".join(lines(record, found) if why else timeline(record))))


def timeline(record: Record) -> Iterator[str]:
    """Yield a line for each event, by its distance from the onset."""
    start = zero(record)
    yield f"Timeline (seconds from {record.plan.wall(start):%H:%M:%S.%f} UTC)"
    for event in sorted(record.timeline, key=lambda event: event.t):
        if event.kind not in _DULL:
            told = redacted(f"{event.kind:<15} {event.who:<14} {_what(details(event))}").rstrip()
            yield f"  {event.t - start:+10.3f}  {blanked(told)}"


def _what(what: Mapping[str, Json]) -> str:
    return ", ".join(f"{key} {_value(value)}" for key, value in what.items())


def _value(value: object) -> str:
    if isinstance(value, list):
        return "; ".join(_value(item) for item in value)
    if isinstance(value, dict):
        return " ".join(f"{key}={_value(item)}" for key, item in value.items())
    return f"{value:.3f}" if isinstance(value, float) else str(value)


def _json(record: Record, judgement: Judgement, found: Sequence[Explanation]) -> str:
    parts: dict[str, Json] = {
        "plan": TypeAdapter(Plan).dump_python(record.plan, mode="json"),
        "verdict": judgement.verdict.name,
        "judgement": TypeAdapter(Judgement).dump_python(judgement, mode="json"),
        "timeline": [_said(event) for event in record.timeline],
    }
    if found:
        parts["explanations"] = TypeAdapter(list[Explanation]).dump_python(list(found), mode="json")
    return TypeAdapter(dict[str, Json]).dump_json(parts, indent=2).decode()


def _said(event: Event) -> Json:
    return {"t": event.t, "kind": event.kind, "who": event.who, "what": details(event)}


def _colour() -> bool:
    return sys.stdout.isatty() and not os.environ.get("NO_COLOR")
