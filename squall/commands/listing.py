"""``squall list``: what there is to use, each with the line that its own code or file says of it."""

import dataclasses
import importlib
import typing
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from pydantic import TypeAdapter

from squall.claims.registry import claims, name_of
from squall.commands.selecting import json_option
from squall.errors import Misuse
from squall.faults.registry import compositions, faults
from squall.report.plain import plain
from squall.system.system import System

if TYPE_CHECKING:
    from squall.commands.features import Read
    from squall.steps.sentence import Sentence


@dataclasses.dataclass(frozen=True, slots=True)
class Entry:
    """One thing: its name, what it is in one line, and where it is (a file, a keyword, a folder)."""

    name: str
    about: str
    where: str = ""


@click.command(name="list")
@click.argument("kinds", metavar="[KIND]...", nargs=-1)
@json_option
def command(kinds: Sequence[str], as_json: bool) -> None:
    """List systems, scenarios, faults, claims and sentences (default: all of them).

    Systems are those of scenarios/*/system.yaml here, scenarios those of features/.

    \b
    Examples:
      squall list
      squall list sentences
      squall list systems scenarios --json
    """
    for kind in kinds:
        if kind not in KINDS:
            raise Misuse(f"listing {kind!r}: there is no such kind (known: {', '.join(KINDS)})")
    # A kind that was asked for by name says why it cannot be listed; in the whole list the others go on.
    found = {kind: KINDS[kind](bool(kinds)) for kind in kinds or KINDS}
    if as_json:
        click.echo(TypeAdapter(dict[str, list[Entry]]).dump_json(found, indent=2).decode())
        return
    for number, (kind, entries) in enumerate(found.items()):
        click.echo(("\n" if number else "") + click.style(kind, bold=True))
        for entry in entries:
            click.echo(plain(f"  {entry.name}{f'  ({entry.where})' if entry.where else ''}"))
            click.echo(plain(f"      {entry.about}"))
        if not entries:
            click.echo("  none here")


def _systems(strict: bool) -> list[Entry]:
    found = []
    for path in sorted(Path().glob("scenarios/*/system.yaml")):
        try:
            system = System.read(path)
        except Misuse as error:
            if strict:
                raise
            found.append(Entry(path.parent.name, f"cannot be read: {str(error).splitlines()[0]}", str(path)))
            continue
        on = ", ".join(name for name in type(system.platforms).model_fields if getattr(system.platforms, name))
        found.append(
            Entry(system.name, f"{system.about or 'nothing is said of it'}; on {on or 'no platform'}", str(path))
        )
    return found


def _scenarios(strict: bool) -> list[Entry]:
    try:
        read = _project(Path.cwd())
    except Misuse as error:
        if strict:
            raise
        return [Entry("cannot be read", str(error).splitlines()[0])] if Path("features").exists() else []
    return [
        Entry(one.title, f"{one.system.name}: {one.fault.describe()}; {len(one.promises)} claims", " ".join(one.tags))
        for one in read.scenarios
    ]


def _faults(strict: bool) -> list[Entry]:
    found = {**faults(), **_own("when")}
    own = [Entry(name, _first_line(fault), f"needs {fault.needs.__name__}") for name, fault in found.items()]
    return [*own, *(Entry(name, _first_line(made), "made of others") for name, made in compositions().items())]


def _claims(strict: bool) -> list[Entry]:
    return [Entry(name, _first_line(claim)) for name, claim in {**claims(), **_own("then")}.items()]


def _own(keyword: str) -> dict[str, Any]:
    """Return the classes that a project's own sentences return, by the names that records call them."""
    found = {}
    for sentence in _vocabulary():
        kind = typing.get_type_hints(sentence.make).get("return")
        foreign = not sentence.make.__module__.startswith("squall.")
        if foreign and sentence.keyword == keyword and dataclasses.is_dataclass(kind) and isinstance(kind, type):
            found[name_of(kind)] = kind
    known = {*claims().values(), *faults().values()}
    return {name: kind for name, kind in sorted(found.items()) if kind not in known}


def _vocabulary() -> "Collection[Sentence]":
    from squall.steps.sentence import VOCABULARY

    importlib.import_module("squall.pytest_plugin.session")
    # A project's own sentences come with its conftest.py.
    if Path("features").exists():
        with suppress(Misuse):
            _project(Path.cwd())
    return VOCABULARY.values()


@cache
def _project(folder: Path) -> "Read":
    """Read the scenarios of a folder once: it takes a session of pytest. Raises Misuse."""
    from squall.commands.features import read_features

    return read_features(())


def _sentences(strict: bool) -> list[Entry]:
    order = {"given": 0, "when": 1, "then": 2}
    chosen = sorted(_vocabulary(), key=lambda sentence: order[sentence.keyword])
    return [Entry(f"{one.keyword.capitalize()} {one.shown}", one.about) for one in chosen]


def _first_line(thing: object) -> str:
    return " ".join((thing.__doc__ or "").strip().split("\n\n")[0].replace("``", "").split())


KINDS: Mapping[str, Callable[[bool], list[Entry]]] = {
    "systems": _systems,
    "scenarios": _scenarios,
    "faults": _faults,
    "claims": _claims,
    "sentences": _sentences,
}
