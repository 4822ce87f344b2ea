"""``squall undo``: replays the undo logs of runs that no living harness holds."""

import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

import click
from pydantic import TypeAdapter

import squall.platforms.undos  # noqa: F401 - registers how each kind is undone
from squall import options
from squall.commands.exits import NOT_UNDONE
from squall.commands.selecting import json_option, written
from squall.errors import Misuse, NotUndone, SquallError
from squall.holder import alive
from squall.undo import UndoLog

_MARKS = ("undo.jsonl", "plan.json", "harness.json")


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one thing that stood: ``state`` is undone, standing or held (by a living harness)."""

    run: str
    about: str
    state: str
    proof: str

    def __str__(self) -> str:
        return f"{self.run}: {self.about}: {self.proof}" if self.about else f"{self.run}: {self.proof}"


@click.command(name="undo")
@click.argument("folders", metavar="[RUN]...", nargs=-1, type=click.Path(path_type=Path))
@click.option("--runs", type=click.Path(path_type=Path), help=f"where run folders are  [default: {options.RUNS}]")
@click.option("--force", is_flag=True, help="also undo runs whose harness is still alive")
@json_option
def command(folders: Sequence[Path], runs: Path | None, force: bool, as_json: bool) -> NoReturn:
    """Undo whatever runs left standing, from their undo logs (default: all run folders).

    Exit code: 0 nothing stands any more, 3 something could not be undone.

    \b
    Examples:
      squall undo
      squall undo runs/20261121T093000-one-pod-crashes
      squall undo --runs /var/tmp/game-day --force
    """
    outcomes = [outcome for folder in _chosen(folders, runs) for outcome in undone(folder, force)]
    if as_json:
        click.echo(TypeAdapter(list[Outcome]).dump_json(outcomes, indent=2).decode())
    else:
        click.echo("\n".join(str(outcome) for outcome in outcomes) or "nothing to undo")
    sys.exit(NOT_UNDONE if any(outcome.state == "standing" for outcome in outcomes) else 0)


def undone(folder: Path, force: bool) -> Iterator[Outcome]:
    """Undo what stands in a run folder and yield what became of it."""
    log, name = UndoLog(folder / "undo.jsonl"), written(folder)
    try:
        standing = log.standing()
    except (NotUndone, OSError) as error:
        yield Outcome(name, "", "standing", str(error))
        return
    if standing and not force and alive(folder):
        yield Outcome(name, "", "held", "its harness is alive; left alone (--force undoes it all the same)")
        return
    for undo, outcome in log.replay():
        state = "standing" if isinstance(outcome, SquallError) else "undone"
        yield Outcome(name, undo.about, state, str(outcome))


def _chosen(folders: Sequence[Path], runs: Path | None) -> Sequence[Path]:
    for folder in folders:
        if not folder.is_dir():
            raise Misuse(f"undoing {folder}: there is no such run folder")
        if not any((folder / mark).exists() for mark in _MARKS):
            raise Misuse(f"undoing {folder}: it is no run folder (it has none of {', '.join(_MARKS)})")
    if runs is not None and not runs.is_dir():
        raise Misuse(f"undoing what is in {runs}: there is no such folder")
    base = runs or Path(options.RUNS)
    # Runs that belong together may share a folder, as those of the demo do.
    return folders or sorted({*base.glob("*/"), *(log.parent for log in base.rglob("undo.jsonl"))})
