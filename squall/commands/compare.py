"""``squall compare``: whether figures changed by more than their bounds and than chance makes them."""

import sys
from pathlib import Path
from typing import NoReturn

import click
from pydantic import TypeAdapter

from squall.commands.output import complain
from squall.commands.selecting import json_option
from squall.errors import ExitCode, Misuse
from squall.figures import counted
from squall.gate.baseline import Baseline, kept, read_baseline, write_baseline
from squall.gate.change import ChangeKind, FigureChange, changes
from squall.gate.evidence import read_runs, run_folders
from squall.report.plain import plain

_CHANGES: TypeAdapter[list[FigureChange]] = TypeAdapter(list[FigureChange])


@click.command(name="compare")
@click.argument("before", metavar="A", type=click.Path(path_type=Path))
@click.argument("now", metavar="[B]", required=False, type=click.Path(path_type=Path))
@click.option("--save", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE",
              help="keep the figures of the runs of A in a file, beside those that it has")  # fmt: skip
@json_option
def command(before: Path, now: Path | None, save: Path | None, as_json: bool) -> NoReturn:
    """Compare the figures of runs: A is what was, B what is. Either is a run, a folder of runs, or a file of --save.

    A difference counts only beyond the bounds of both sides and the noise that repeated runs of A show (three at the
    least, made on the same kind of machine). Of all differences that are named, one in a hundred comparisons has one
    that is chance.

    Exit code: 0 nothing got worse, 1 something did, 2 nothing could be compared, 4 misuse.

    \b
    Examples:
      squall compare runs-main runs
      squall compare baseline.json runs/20261121T093000-one-pod-crashes
      squall compare runs --save baseline.json
    """
    if now is None and save is None:
        raise Misuse("squall compare needs B, what A is compared with, or --save FILE, where A is kept")
    first = baseline_of(before)
    if save is not None:
        there = read_baseline(save) if save.exists() else Baseline(())
        write_baseline(save, there.with_more(first.runs))
        click.echo(f"{save}: {counted(len(first.runs), 'run')} kept", err=as_json)
    if now is None:
        sys.exit(ExitCode.HELD)
    found = changes(first, baseline_of(now))
    if as_json:
        click.echo(_CHANGES.dump_json(found, indent=2).decode())
    else:
        click.echo(plain("\n".join([*map(str, found), _sum(found)])))
    sys.exit(_code(found))


def baseline_of(place: Path) -> Baseline:
    """Return the runs of a run folder, of a folder of runs, or of a file of ``--save``.

    Raises:
        Misuse: it is none of these, or no run in it is judged.
    """
    if place.is_file():
        return read_baseline(place)
    runs, problems = read_runs(run_folders(place))
    if not runs:
        raise Misuse("\n".join(problems) or f"there is no run in {place}")
    for problem in problems:
        complain(f"left out: {problem}")
    return Baseline(tuple(kept(run) for run in runs))


def _sum(found: list[FigureChange]) -> str:
    counts = {kind: sum(each.kind is kind for each in found) for kind in ChangeKind}
    return ", ".join(f"{number} {kind}" for kind, number in counts.items() if number)


def _code(found: list[FigureChange]) -> ExitCode:
    if any(each.kind is ChangeKind.WORSE for each in found):
        return ExitCode.BROKEN
    compared = any(each.kind is not ChangeKind.UNKNOWN for each in found)
    return ExitCode.HELD if compared else ExitCode.INCONCLUSIVE
