"""``squall doctor``: what this machine has of what squall can use, what each is for, and how to get it."""

import json
from collections.abc import Sequence
from dataclasses import asdict

import click

from squall.commands.environment import Requirement, parts
from squall.commands.selecting import json_option


@click.command(name="doctor")
@json_option
def command(as_json: bool) -> None:
    """Show what is here and what is missing, what each is needed for and how to get it.

    Nothing is needed for everything, so the exit code is 0 whatever is missing.

    \b
    Examples:
      squall doctor
      squall doctor --json
    """
    found = parts()
    if as_json:
        click.echo(json.dumps([{**asdict(part), "there": part.there} for part in found], indent=2))
        return
    for part in found:
        mark = click.style("✓", fg="green") if part.there else click.style("-", fg="yellow")
        click.echo(f"{mark} {part.name:<20}{part.found or part.missing}")
        if not part.there:
            click.echo(f"  {'':<20}for {part.needed_for}; {part.get}")
    click.echo("")
    for name in ("local", "kind", "compose"):
        click.echo(_usable(name, found))


def _usable(name: str, found: Sequence[Requirement]) -> str:
    lacking = [part.name for part in found if name in part.platforms and not part.there]
    said = f"lacks {', '.join(lacking)}" if lacking else "has all it needs"
    return f"The platform {name} {said}."
