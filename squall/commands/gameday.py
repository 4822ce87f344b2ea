"""``squall gameday``: a drill with people, or what it would do."""

import getpass
import sys
from collections.abc import Sequence
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import click

from squall.commands.selecting import written
from squall.errors import Misuse
from squall.pytest_plugin import options
from squall.report.plain import plain

if TYPE_CHECKING:
    from squall.gameday.drill import Drill
    from squall.gameday.log import DrillFolder
    from squall.run.scenario import Scenario

DRILLS, LISTEN = "gamedays", "127.0.0.1:8710"
_FOLDER = click.Path(path_type=Path)


@click.command(name="gameday")
@click.argument("drill", type=click.Path(path_type=Path))
@click.option("--dry-run", is_flag=True, help="print the plan, and touch nothing")
@click.option("--report", is_flag=True, help="DRILL is the folder of a drill that is over: write its report again")
@click.option("--no-page", is_flag=True, help="at the terminal alone, without the live page")
@click.option("--listen", default=LISTEN, show_default=True, metavar="HOST:PORT", help="where the page is served")
@click.option("--page-host", multiple=True, metavar="NAME", help="another name of the page; may be repeated")
@click.option("--runs", default=options.RUNS, show_default=True, type=_FOLDER, help="where run folders are made")
@click.option("--drills", default=DRILLS, show_default=True, type=_FOLDER, help="where folders of drills are made")
def command(drill: Path, dry_run: bool, report: bool, no_page: bool, listen: str, page_host: Sequence[str], runs: Path,
            drills: Path) -> NoReturn:  # fmt: skip
    """Carry out the drill of a file: scenario after scenario, each held until somebody says GO.

    It can be followed and stopped at this terminal, on its page (two addresses are printed, for those who conduct it
    and for those who respond), and by squall abort from another terminal. The drill's own abort condition is watched
    from GO on. At the end there is a report, report.html and report.md.

    Exit code: 0 all HELD, 1 some BROKEN, 2 some INCONCLUSIVE and none BROKEN, 3 something could not be undone,
    4 misuse, or a scenario that was not run, 5 the harness failed, 130 aborted and undone.

    \b
    Examples:
      squall gameday drill.yaml --dry-run
      squall gameday drill.yaml
      squall gameday gamedays/20261201T140000-a-bad-tuesday --report
    """
    from squall.gameday.log import DrillFolder

    if report:
        sys.exit(_report(DrillFolder(drill)))
    meant, scenarios = _read(drill)
    if dry_run:
        from squall.commands.drill_plan import drill_plan

        click.echo(plain("\n".join(drill_plan(meant, scenarios))))
        sys.exit(0)
    page = None if no_page else (listen, page_host)
    sys.exit(_carry_out(meant, scenarios, DrillFolder.create(drills, meant, drill, runs), runs, page))


def _read(path: Path) -> "tuple[Drill, list[Scenario]]":
    """Return the drill and its scenarios, one for each of its steps.

    Raises:
        Misuse: naming the line of each thing that is wrong.
    """
    from squall.commands.features import read_features
    from squall.gameday.drill import Drill, refuse_unfit
    from squall.run.wiring import PLATFORMS
    from squall.system.yaml_lines import line_at

    drill, lines = Drill.read(path)
    if drill.platform not in PLATFORMS:
        at = f"{path}:{line_at(lines, ('platform',))}: platform"
        raise Misuse(f"{at}: there is no platform {drill.platform!r} (known: {', '.join(PLATFORMS)})")
    scenarios: list[Scenario] = []
    for number, step in enumerate(drill.scenarios):
        at = f"{path}:{line_at(lines, ('scenarios', number))}: scenarios.{number}"
        given = {"--squall-platform": drill.platform, "--squall-context": drill.context, "--squall-seed": step.seed,
                 "--squall-weakness": step.weakness}  # fmt: skip
        try:
            read = read_features([f"{step.feature}::{step.scenario}"], options.told(given, drill.allow_contexts))
        except Misuse as error:
            raise Misuse("\n".join(f"{at}: {line}" for line in str(error).splitlines())) from error
        if len(read.scenarios) != 1:
            titles = ", ".join(f'"{scenario.title}"' for scenario in read.scenarios)
            raise Misuse(f"{at}: {len(read.scenarios)} scenarios are meant ({titles}); name one")
        scenarios += read.scenarios
    refuse_unfit(drill, scenarios, path, lines)
    return drill, scenarios


def _carry_out(drill: "Drill", scenarios: "Sequence[Scenario]", folder: "DrillFolder", runs: Path,
               page: tuple[str, Sequence[str]] | None) -> int:  # fmt: skip
    from squall.gameday.board import Board
    from squall.gameday.console import HELP, listening
    from squall.gameday.course import Course
    from squall.report.live import shown
    from squall.run.wiring import RunPlace

    board = Board(drill, folder)
    where = RunPlace(drill.platform, drill.context, drill.allow_contexts, runs)
    course = Course(drill, scenarios, where, folder, board)

    def nobody_left() -> None:
        if page is None and any(step.hold for step in drill.scenarios):
            board.breach("the terminal is closed and there is no page: nobody can say GO or ABORT")

    with ExitStack() as stack:
        if page is not None:
            from squall.gameday.page_server import serving

            stack.enter_context(serving(course, *page, _say))
        _say(HELP)
        _say(f"from another terminal: squall abort {written(folder.path)}")
        stack.enter_context(listening(board, _name(), _say, nobody_left))
        code = course.run(lambda run: shown(run, sys.stdout))
    _report(folder)
    return code


def _report(folder: "DrillFolder") -> int:
    from squall.gameday.debrief import debrief
    from squall.gameday.report import headline, write_report

    try:
        places = write_report(folder)
    except OSError as error:
        again = f"squall gameday --report {written(folder.path)}"
        raise Misuse(f"writing the report of {written(folder.path)}: {error.strerror}; {again}") from error
    for path in places:
        click.echo(written(path))
    click.echo(plain(headline(debrief(folder))))
    return 0


def _say(text: str) -> None:
    with suppress(OSError):
        click.echo(plain(text))


def _name() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError):
        return "the conductor"
