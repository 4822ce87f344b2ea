"""``squall report``: stored runs as an index for people, and as files for other tools. Nothing is judged or run."""

import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import NoReturn

import click

from squall.commands.selecting import written
from squall.errors import ExitCode, Misuse
from squall.report.plain import in_one_line


@click.command(name="report")
@click.argument("folders", metavar="FOLDER...", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--into", type=click.Path(path_type=Path, file_okay=False), default=Path("report"), show_default=True,
              help="where the report is written")  # fmt: skip
@click.option("--allure", is_flag=True, help="write allure.html, too: Allure 3's page (needs squall[allure])")
@click.option("--runbook", "runbooks", multiple=True, metavar="FILE[=URL]",
              help="a runbook: Allure's page links to its lines with <!-- squall: ID -->; may be repeated")  # fmt: skip
def command(folders: Sequence[Path], into: Path, allure: bool, runbooks: Sequence[str]) -> NoReturn:
    """Make a report over stored runs: each FOLDER is a run, or holds some.

    Writes index.html (each promise by its runs, with the trend of each figure and its bound), summary.md for a pull
    request, report.json, metrics.txt (OpenMetrics) and junit.xml. With --allure: allure.html, one file that loads
    nothing; the latest run of each scenario is a test in it, the earlier ones are its history.

    Exit code: 0 if it is written, whatever the runs came to; 4 if something could not be read.

    \b
    Examples:
      squall report runs
      squall report runs --into public --allure --runbook docs/promises.md
    """
    sys.exit(make(folders, into, runbooks, allure=allure))


def make(folders: Sequence[Path], into: Path, runbooks: Sequence[str] = (), *, allure: bool = False) -> int:
    """Write the report and say where it is; return the exit code.

    Raises:
        Misuse: a folder holds no run, the report cannot be written there, a runbook cannot be read, there is no Node.
        HarnessFailed: Allure cannot be installed, or fails.
    """
    # Here: reading records and drawing pages is not for everyone who asks for help.
    from squall.report import allure_page, document, index, junit, markdown, openmetrics
    from squall.report.runs import find, series
    from squall.writing.private import replace

    addresses = links(runbooks)
    runs, unread = find(folders)
    found = series(runs)
    files = {
        "index.html": index.index(found, into, unread).encode(),
        "summary.md": markdown.markdown(found).encode(),
        "report.json": document.written(document.document(runs, unread)),
        "metrics.txt": openmetrics.openmetrics(found),
        "junit.xml": junit.file([each.latest for each in found]),
    }
    try:
        into.mkdir(parents=True, exist_ok=True)
        for name, text in files.items():
            replace(into / name, text)
    except OSError as error:
        raise Misuse(f"--into {written(into)}: {error.strerror}; name another folder") from error
    if allure:
        allure_page.make(found, into / "allure.html", _title(found[0].latest.plan.system), addresses)
    for name in [*files, *(["allure.html"] if allure else [])]:
        click.echo(written(into / name))
    for line in unread:
        click.echo(f"squall: left out: {in_one_line(line)}", err=True)
    return ExitCode.MISUSE if unread else ExitCode.HELD


def links(runbooks: Iterable[str]) -> Mapping[str, str]:
    """Return for each promise's id the address of its line: ``FILE=URL`` is found at the URL, ``FILE`` where it is.

    Raises:
        Misuse: a file cannot be read, or holds no mark.
    """
    from squall.runbook.marks import read_runbook

    found: dict[str, str] = {}
    for given in runbooks:
        name, _, url = given.partition("=")
        marked = read_runbook(Path(name)).marked
        if not marked:
            raise Misuse(
                f"--runbook {name}: no line of it is marked; write <!-- squall: Q5 --> behind what it promises"
            )
        for each in marked:
            for promise in each.promises:
                found.setdefault(promise, f"{url or Path(name).resolve().as_uri()}#L{each.line}")
    return found


def _title(system: str) -> str:
    return in_one_line(system)
