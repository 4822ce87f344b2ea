"""``squall abort``: ends a run or a drill of another terminal, and waits until what it did is undone."""

import getpass
import sys
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import NoReturn

import click

from squall.clock import SYSTEM
from squall.commands.gameday import DRILLS
from squall.commands.selecting import written
from squall.errors import ExitCode, HarnessFailed, Misuse
from squall.process.identity import NAME, Owner, owner
from squall.pytest_plugin import options
from squall.run.abort import request_abort
from squall.safety.undo_log import Undo, UndoLog
from squall.waiting import poll

# The run itself tries an undo again for 45 s, and there may be several; its judgement and pages take some, too (s).
WITHIN = 600.0


@click.command(name="abort")
@click.argument("folder", required=False, type=click.Path(path_type=Path))
@click.option("--why", default="", metavar="TEXT", help="the reason, for the report")
@click.option(
    "--runs", default=options.RUNS, show_default=True, type=click.Path(path_type=Path), help="where run folders are"
)
@click.option(
    "--drills",
    default=DRILLS,
    show_default=True,
    type=click.Path(path_type=Path),
    help="where the folders of drills are",
)
@click.option(
    "--page", metavar="URL", help="the drill's page, from another machine; asks for the token, or takes SQUALL_TOKEN"
)
def command(folder: Path | None, why: str, runs: Path, drills: Path, page: str | None) -> NoReturn:
    """Abort the drill or run of FOLDER (default: the one that is under way here): it undoes, judges and reports.

    On this machine it sends the signal that Ctrl-C sends, and waits until that process has ended. From another machine
    it tells the drill's page, with the token of its address; a tunnel leads there: ssh -L 8710:127.0.0.1:8710 HOST.

    Exit code: 0 aborted and undone, 3 something could not be undone, 4 misuse, 5 it did not end in time.

    \b
    Examples:
      squall abort
      squall abort gamedays/20261201T140000-the-shop-on-a-bad-tuesday --why "customers call"
      squall abort --page http://127.0.0.1:8710
    """
    if page is not None:
        from squall.commands.abort_page import abort_page

        sys.exit(abort_page(page, _name(), why))
    sys.exit(_abort(folder or _only(runs, drills), why, runs))


def _abort(folder: Path, why: str, runs: Path) -> int:
    began = SYSTEM.now()
    request_abort(folder, _name(), why)
    click.echo(f"aborting {written(folder)}")
    if not poll(lambda: owner(folder) is not Owner.ALIVE, within=WITHIN):
        raise HarnessFailed(
            f"aborting {folder}: it is still under way after {WITHIN:.0f} s; squall undo --force undoes it"
        )
    left = [entry.about for each in (folder, *_runs(runs)) for entry in _open(each)]
    for text in left:
        click.echo(f"not undone: {text}", err=True)
    click.echo(f"ended after {SYSTEM.now() - began:.1f} s" + ("" if left else ", and nothing is left"))
    return ExitCode.NOT_UNDONE if left else 0


def _open(folder: Path) -> Sequence[Undo]:
    log = folder / "undo.jsonl"
    return [*UndoLog(log).open_entries().values()] if log.is_file() and owner(folder) is not Owner.ALIVE else []


def _only(runs: Path, drills: Path) -> Path:
    """Return what is under way: a drill, whose run is ended with it, or else a run."""
    for found in (list(_alive(drills)), list(_alive(runs))):
        if len(found) > 1:
            raise Misuse(f"more than one is under way: {', '.join(map(written, found))}; name the one")
        if found:
            return found[0]
    raise Misuse(f"nothing is under way in {written(drills)} and {written(runs)}; name its folder, or use --page")


def _runs(base: Path) -> Iterator[Path]:
    with suppress(OSError):
        yield from sorted(path.parent for path in base.glob(f"*/{NAME}"))


def _alive(base: Path) -> Iterator[Path]:
    yield from (path for path in _runs(base) if owner(path) is Owner.ALIVE)


def _name() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError):
        return "somebody"
