"""``squall judge``: stored runs, judged again."""

from collections.abc import Sequence
from pathlib import Path

import click
from pydantic import JsonValue as Json
from pydantic import TypeAdapter

from squall.errors import Misuse
from squall.judge import judge
from squall.record import Judgement, Record, RunFolder
from squall.report.summary import summarise
from squall.verdict import Verdict, worst

_EXIT = {Verdict.HELD: 0, Verdict.BROKEN: 1, Verdict.INCONCLUSIVE: 2}


def judge_again(folders: Sequence[Path], changes: Sequence[str], as_json: bool) -> int:
    """Print the judgement of each run under other limits, and return the exit code of the worst.

    Raises:
        Misuse: a folder is no run, or a change names what the run does not have.
    """
    records = [(folder, RunFolder(folder).load()) for folder in folders]
    wanted = [parse(change) for change in changes]
    judgements = [(folder, record, judge(record, _limits(record, folder, wanted))) for folder, record in records]
    if as_json:
        found = {str(folder): judgement for folder, _, judgement in judgements}
        click.echo(TypeAdapter(dict[str, Judgement]).dump_json(found, indent=2).decode())
    else:
        for folder, record, judgement in judgements:
            click.echo(summarise(record, judgement, folder))
    return _EXIT[worst(f for _, _, judgement in judgements for f in (*judgement.findings, *judgement.built_in))]


def parse(change: str) -> tuple[str, str, Json]:
    """Read ``CLAIM.FIELD=VALUE``.

    Raises:
        Misuse: it is not of that form.
    """
    left, equals, value = change.rpartition("=")
    claim, dot, field = left.rpartition(".")
    if not (equals and dot and claim and field):
        raise Misuse(f"--set {change!r}: write CLAIM.FIELD=VALUE, for instance FailingTime.limit=2")
    try:
        return claim, field, float(value)
    except ValueError:
        return claim, field, value


def _limits(record: Record, folder: Path, wanted: Sequence[tuple[str, str, Json]]) -> dict[str, dict[str, Json]]:
    limits: dict[str, dict[str, Json]] = {}
    known = {name for claim in record.plan.claims for name in (claim.text, claim.name)}
    for claim, field, value in wanted:
        if claim not in known:
            names = ", ".join(sorted({claim.name for claim in record.plan.claims}))
            raise Misuse(f"--set {claim}.{field}: {folder} has no such claim (it has: {names})")
        fields = {name for plan in record.plan.claims if claim in {plan.text, plan.name} for name in plan.fields}
        if field not in fields:
            raise Misuse(f"--set {claim}.{field}: the claim has no such field (it has: {', '.join(sorted(fields))})")
        limits.setdefault(claim, {})[field] = value
    return limits
