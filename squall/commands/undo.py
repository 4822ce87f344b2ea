"""``squall undo``: replays the undo logs of runs that no living harness holds."""

import json
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NoReturn

import click
from pydantic import TypeAdapter

import squall.platforms.undos  # noqa: F401 - registers how each kind is undone
from squall.commands.outcome import Outcome
from squall.commands.selecting import allow_option, json_option, written
from squall.errors import ExitCode, Misuse, SquallError
from squall.process.identity import Owner, owner
from squall.pytest_plugin import options
from squall.report.plain import in_one_line
from squall.safety.undo_log import Undo, UndoLog

_MARKS = ("undo.jsonl", "plan.json", "harness.json")


@click.command(name="undo")
@click.argument("folders", metavar="[RUN]...", nargs=-1, type=click.Path(path_type=Path))
@click.option("--runs", type=click.Path(path_type=Path), help=f"where run folders are  [default: {options.RUNS}]")
@click.option("--force", is_flag=True, help="also undo runs whose harness is still alive")
@click.option("--trust", is_flag=True, help="also undo entries that you did not write on this machine; shown first")
@click.option("--context", help="undo what runs left in this cluster, without any run folder")
@allow_option
@click.option("--yes", is_flag=True, help="with --context or --trust: do not ask")
@json_option
def command(folders: Sequence[Path], runs: Path | None, force: bool, trust: bool, context: str | None,
            allowed: Sequence[str], yes: bool, as_json: bool) -> NoReturn:  # fmt: skip
    """Undo whatever runs left behind, from their undo logs (default: all run folders).

    With --context no folder is needed: what runs left in the cluster is found by its marks, shown, and
    undone when you have agreed. What belongs to a run that lives is left alone, and so are namespaces that may not be
    touched.

    Entries of an undo log are signed with a key of yours and bound to this machine and to the run's folder. What
    somebody else wrote is reported and left alone; --trust shows it, asks, and undoes it.

    Exit code: 0 nothing is left, 3 something could not be undone.

    \b
    Examples:
      squall undo
      squall undo runs/20261121T093000-one-pod-crashes
      squall undo --runs /var/tmp/game-day --force
      squall undo --context staging --allow-context staging
    """
    if context is not None and (folders or runs is not None):
        raise Misuse("undoing: --context looks into a cluster, run folders are not needed with it; name one of the two")
    if context is not None:
        from squall.commands.undo_cluster import undone_in

        outcomes = undone_in(context, allowed, force, yes)
    else:
        chosen = _chosen(folders, runs)
        trust = trust and _agreed(chosen, yes)
        outcomes = [outcome for folder in chosen for outcome in undone(folder, force, trust)]
    if as_json:
        click.echo(TypeAdapter(list[Outcome]).dump_json(outcomes, indent=2).decode())
    else:
        click.echo("\n".join(in_one_line(str(outcome)) for outcome in outcomes) or "nothing to undo")
    sys.exit(ExitCode.NOT_UNDONE if any(outcome.state == "not undone" for outcome in outcomes) else 0)


def undone(folder: Path, force: bool, trust: bool = False) -> Iterator[Outcome]:
    """Undo what the log of a run folder has open, and yield what became of it."""
    log, name = UndoLog(folder / "undo.jsonl"), written(folder)
    try:
        contents = log.contents()
        holder = Owner.NOBODY if force else owner(folder)
        if holder is not Owner.NOBODY and (contents.open or (trust and contents.foreign)):
            # Nobody here can say that the other one is going to undo it.
            state = "held" if holder is Owner.ALIVE else "not undone"
            yield Outcome(name, "", state, f"{holder}; left alone (--force undoes it all the same)")
            return
        for undo, outcome in log.replay(trust=trust):
            state = "not undone" if isinstance(outcome, SquallError) else "undone"
            yield Outcome(name, undo.about, state, str(outcome))
    except (SquallError, OSError) as error:
        # One folder that cannot be read keeps none of the others from being undone.
        yield Outcome(name, "", "not undone", f"undoing {name}: {error}")


def _agreed(folders: Sequence[Path], yes: bool) -> bool:
    """Show what others wrote, whole, and ask; without anything to show there is nothing to ask."""
    foreign = [(folder, undo) for folder in folders for undo in _foreign(folder)]
    for folder, undo in foreign:
        args = json.dumps(undo.args, ensure_ascii=True)
        click.echo(
            f"{in_one_line(written(folder))}: {json.dumps(undo.about)} by {json.dumps(undo.kind)} with {args}", err=True
        )
    return bool(foreign) and (yes or click.confirm(f"undo these {len(foreign)} as if you had written them?", err=True))


def _foreign(folder: Path) -> Sequence[Undo]:
    try:
        return list(UndoLog(folder / "undo.jsonl").contents().foreign.values())
    except (SquallError, OSError):
        return ()


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
