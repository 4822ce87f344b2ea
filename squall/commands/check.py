"""``squall check``: whether a system file says what is so. It changes nothing that is there."""

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NoReturn

import click
from pydantic import TypeAdapter

from squall.commands.inspection import Problem, files, live
from squall.commands.selecting import allow_option, context_option, json_option, platform_option
from squall.errors import Misuse
from squall.report.plain import plain
from squall.system.system import System

_WRONG = 1


@click.command(name="check")
@click.argument("systems", metavar="[SYSTEM]...", nargs=-1)
@platform_option("each that the file names")
@context_option
@allow_option
@json_option
def command(systems: Sequence[str], platform: str | None, context: str | None, allowed: Sequence[str],
            as_json: bool) -> NoReturn:  # fmt: skip
    """Check system files against the live platform: services, workloads, paths, gauges, objectives; each with its line.

    SYSTEM is a system's name, its folder or its file (default: all of scenarios/*/system.yaml). What does not run in a
    cluster is said as a problem too: bring it up first. On local the system is started for the check and then ended.

    Exit code: 0 all is as the file says, 1 something is not, 4 a file cannot be read.

    \b
    Examples:
      squall check
      squall check quantum-rerank --platform kind --context kind-squall
      squall check scenarios/quantum_rerank/system.yaml --json
    """
    chosen = [(path, System.read(path)) for path in _files(systems)]
    found = [problem for path, system in chosen for problem in _problems(path, system, platform, context, allowed)]
    if as_json:
        click.echo(TypeAdapter(list[Problem]).dump_json(found, indent=2).decode())
    else:
        for problem in found:
            click.echo(plain(str(problem)))
        if not found:
            click.echo("\n".join(f"{path}: all is as it says" for path, _ in chosen))
    sys.exit(_WRONG if found else 0)


def _problems(
    path: Path, system: System, platform: str | None, context: str | None, allowed: Sequence[str]
) -> Iterator[Problem]:
    described = [name for name in type(system.platforms).model_fields if getattr(system.platforms, name) is not None]
    if platform is not None and platform not in described:
        raise Misuse(f"checking {path}: it does not say how it runs on {platform!r} (it does: {', '.join(described)})")
    yield from files(path, system)
    for name in [platform] if platform is not None else described:
        # A context is a cluster's; local has none.
        yield from live(path, system, name, context if name in system.platforms.clusters() else None, allowed)


def _files(systems: Sequence[str]) -> list[Path]:
    there = sorted(Path().glob("scenarios/*/system.yaml"))
    if not systems:
        if not there:
            raise Misuse("there is no scenarios/*/system.yaml here: name a file, or make one with squall init")
        return there
    return [_file(system, there) for system in systems]


def _file(system: str, there: Sequence[Path]) -> Path:
    for path in (Path(system), Path(system) / "system.yaml"):
        try:
            if path.is_file():
                return path
        except (OSError, ValueError) as error:
            raise Misuse(f"checking {system!r}: {error}") from error
    named = [(path, _name(path)) for path in there]
    for path, name in named:
        if system in {name, path.parent.name}:
            return path
    known = ", ".join(sorted(name for _, name in named)) or "no scenarios/*/system.yaml here"
    raise Misuse(f"checking {system!r}: there is no such system and no such file (known: {known})")


def _name(path: Path) -> str:
    try:
        return System.read(path).name
    except Misuse:
        return path.parent.name
