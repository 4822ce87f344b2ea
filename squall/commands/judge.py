"""``squall judge``: stored runs, judged again."""

import math
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

import click
from pydantic import JsonValue as Json
from pydantic import TypeAdapter

from squall.claims.judge import judge
from squall.commands.outcome import worst_of
from squall.commands.selecting import json_option, written
from squall.errors import Misuse
from squall.record.folder import Record, RunFolder
from squall.record.judgement import JUDGEMENT, Judgement
from squall.record.plan import ClaimPlan
from squall.report.summary import summarise
from squall.units import percent, seconds

# Limits of latency; all other times are in seconds.
_MILLISECONDS = {
    ("LatencyBelow", "limit"), ("LatencyBack", "below"), ("LatencyMeanwhile", "limit"), ("AnsweredWithin", "limit"),
}  # fmt: skip


@click.command(name="judge")
@click.argument("folders", metavar="RUN...", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--set", "changes", multiple=True, metavar="CLAIM.FIELD=VALUE", help="another limit; may be repeated")
@click.option(
    "--report", type=click.Path(path_type=Path), metavar="FOLDER",
    help="write findings.json, report.html and figure.svg of each run to FOLDER/RUN",
)  # fmt: skip
@json_option
def command(folders: Sequence[Path], changes: Sequence[str], report: Path | None, as_json: bool) -> NoReturn:
    """Judge stored runs again, with other limits if asked. Needs no cluster and leaves the runs as they are.

    CLAIM is the name of a claim as in plan.json (HealsWithin) or its sentence.

    \b
    Examples:
      squall judge runs/20261121T093000-one-pod-crashes
      squall judge runs/* --set FailingTime.limit=2 --set SuccessShare.limit=99.9
      squall judge runs/* --set FailingTime.limit=2 --report stricter
    """
    sys.exit(judge_again(folders, changes, report, as_json))


def judge_again(folders: Sequence[Path], changes: Sequence[str], report: Path | None, as_json: bool) -> int:
    """Print the judgement of each run under other limits, and return the exit code of the worst.

    What a run left behind is worse than any finding, as it was when the run ended.

    Raises:
        Misuse: a folder is no run, a change names what the run does not have, or the report cannot be written there.
    """
    places = _places(folders, report) if report is not None else []
    records = [(folder, RunFolder(folder).load()) for folder in folders]
    wanted = [parse(change) for change in changes]
    judgements = [(folder, record, judge(record, _limits(record, folder, wanted))) for folder, record in records]
    for place, (_, record, judgement) in zip(places, judgements, strict=False):
        _report(record, judgement, place, changes)
    if as_json:
        found = {written(folder): judgement for folder, _, judgement in judgements}
        click.echo(TypeAdapter(dict[str, Judgement]).dump_json(found, indent=2).decode())
    else:
        for folder, record, judgement in judgements:
            click.echo(summarise(record, judgement, folder))
    return worst_of(judgement for _, _, judgement in judgements)


def _places(folders: Sequence[Path], report: Path) -> list[Path]:
    """Return where the reports of the runs go; nothing is written yet."""
    names = [folder.resolve().name for folder in folders]
    if twice := [name for name in names if names.count(name) > 1]:
        raise Misuse(f"--report {written(report)}: two of the runs are called {twice[0]}; judge them one after another")
    for folder, name in zip(folders, names, strict=True):
        if folder.resolve() == (report / name).resolve():
            raise Misuse(f"--report {written(report)}: {written(folder)} would be overwritten; name another folder")
    return [report / name for name in names]


def _report(record: Record, judgement: Judgement, place: Path, changes: Sequence[str]) -> None:
    from squall.report.write import write  # Draws, which takes a second to import.

    try:
        place.mkdir(parents=True, exist_ok=True)
        (place / "findings.json").write_bytes(JUDGEMENT.dump_json(judgement, indent=2))
        write(record, judgement, place, changes)
    except OSError as error:
        raise Misuse(f"--report: writing {written(place)}: {error.strerror}; name another folder") from error


def parse(change: str) -> tuple[str, str, str]:
    """Read ``CLAIM.FIELD=VALUE``.

    Raises:
        Misuse: it is not of that form.
    """
    left, equals, value = change.rpartition("=")
    claim, dot, field = left.rpartition(".")
    if not (equals and dot and claim and field):
        raise Misuse(f"--set {change!r}: write CLAIM.FIELD=VALUE, for instance FailingTime.limit=2")
    return claim, field, value


def _limits(record: Record, folder: Path, wanted: Sequence[tuple[str, str, str]]) -> dict[str, dict[str, Json]]:
    limits: dict[str, dict[str, Json]] = {}
    known = {name for claim in record.plan.claims for name in _names(claim)}
    for claim, field, value in wanted:
        if claim not in known:
            names = ", ".join(sorted({claim.name for claim in record.plan.claims}))
            raise Misuse(f"--set {claim}.{field}: {folder} has no such claim (it has: {names})")
        meant = [plan for plan in record.plan.claims if claim in _names(plan)]
        fields = {name for plan in meant for name in plan.fields}
        if field not in fields:
            raise Misuse(f"--set {claim}.{field}: the claim has no such field (it has: {', '.join(sorted(fields))})")
        was = next(plan.fields[field] for plan in meant if field in plan.fields)
        changed: Json = value if isinstance(was, str) else limit(meant[0].name, field, value)
        for plan in meant:
            limits.setdefault(plan.text, {})[field] = changed
    return limits


def _names(plan: ClaimPlan) -> set[str]:
    """Return what a claim may be called: its sentence, its class, and that of a project's own with its module."""
    return {plan.text, plan.name, plan.name.rpartition(".")[2]}


def limit(claim: str, field: str, value: str) -> float:
    """Read a limit as sentences write it, or as a plain number of the field's own unit.

    Raises:
        Misuse: it is none.
    """
    try:
        return _number(claim, field, value)
    except ValueError as error:
        raise Misuse(f"--set {claim}.{field}={value}: no limit; write a number, 200ms or 99.5%") from error


def _number(claim: str, field: str, value: str) -> float:
    if value.endswith("%"):
        return percent(value)
    if value.endswith(("s", "m", "h")):
        return seconds(value) * (1000 if (claim, field) in _MILLISECONDS else 1)
    if not math.isfinite(number := float(value)):
        raise ValueError(value)
    return number
