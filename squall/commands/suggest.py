"""``squall suggest``: which failures of which dependencies are promised something, and scenarios for the rest."""

from collections.abc import Sequence
from itertools import groupby
from pathlib import Path

import click

from squall.commands.selecting import platform_option
from squall.errors import Misuse
from squall.report.plain import plain
from squall.steps.suggestions import Cell
from squall.system.system import System, find_system


@click.command(name="suggest")
@click.argument("system")
@platform_option("the first that its file describes")
@click.option("--gherkin", is_flag=True, help="print the scenarios alone, as a feature file")
def command(system: str, platform: str | None, gherkin: bool) -> None:
    """Show of a system's dependencies which failures are tried, by which claims, and write scenarios for the rest.

    It reads the system file and the feature files of this project; it touches nothing. A scenario that it writes is one
    that squall plan accepts: its limits are a beginning, and yours to change.

    \b
    Examples:
      squall suggest shop
      squall suggest shop --platform kind --gherkin
    """
    from squall.commands.features import DEFAULT, read_features
    from squall.steps import suggestions

    found = find_system(system, Path.cwd())
    chosen = _platform(found, platform)
    scenarios = read_features([], [f"--squall-platform={chosen}"]).scenarios if _features(Path(DEFAULT)) else []
    cells = suggestions.cells(found, chosen, scenarios)
    text = suggestions.gherkin(found, cells)
    if gherkin:
        click.echo(plain(text), nl=False)
        return
    click.echo(plain("\n".join([*_map(cells), "", text or "Every failure has a scenario for each claim."])))


def _features(folder: Path) -> bool:
    return any(folder.rglob("*.feature"))


def _platform(system: System, platform: str | None) -> str:
    described = list(system.platforms.sections())
    if not described:
        raise Misuse(f"{system.folder / 'system.yaml'}: it does not say where the system runs; add a platform")
    if platform is None:
        return described[0]
    if platform not in described:
        listed = ", ".join(described)
        raise Misuse(
            f"{system.folder / 'system.yaml'}: it does not say how it runs on {platform!r} (it does: {listed})"
        )
    return platform


def _map(cells: Sequence[Cell]) -> list[str]:
    lines = []
    for (service, failure), of in groupby(cells, key=lambda cell: (cell.service, cell.failure)):
        listed = list(of)
        tried = sum(bool(cell.covered) for cell in listed)
        lines.append(f"{service} {failure.name}: {tried} of {len(listed)} claims")
        for cell in listed:
            by = f"by {', '.join(cell.covered)}" if cell.covered else "not tried"
            lines.append(f"  {'✓' if cell.covered else '·'} {cell.claim}  [{cell.kind}: {by}]")
    return lines
