"""``squall undo``: replays the undo logs of runs that no living harness holds."""

from collections.abc import Sequence
from pathlib import Path

import click

import squall.platforms.undos  # noqa: F401 - registers how each kind is undone
from squall.errors import Misuse, SquallError
from squall.holder import alive
from squall.undo import UndoLog

NOT_UNDONE = 3


def undo_runs(folders: Sequence[Path], force: bool) -> int:
    """Undo what stands in these run folders, say what was done, and return the exit code.

    Raises:
        Misuse: a folder that is no run.
    """
    found, left = 0, 0
    for folder in folders:
        if not folder.is_dir():
            raise Misuse(f"undoing {folder}: there is no such run folder")
        log = UndoLog(folder / "undo.jsonl")
        if not log.standing():
            continue
        if not force and alive(folder):
            click.echo(f"{folder}: its harness is alive; left alone (--force undoes it all the same)")
            continue
        for undo, outcome in log.replay():
            found += 1
            left += isinstance(outcome, SquallError)
            click.echo(f"{folder}: {undo.about}: {outcome}")
    if not found:
        click.echo("nothing to undo")
    return NOT_UNDONE if left else 0
