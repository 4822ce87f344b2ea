"""``squall undo --context``: what runs left in a cluster is found, shown, and undone if that is agreed to."""

import sys
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

import click

import squall.platforms.undos  # noqa: F401 - registers how each kind is undone
from squall.clock import SYSTEM
from squall.commands.outcome import Outcome
from squall.errors import Misuse, SquallError
from squall.platforms.kind.proof import prove
from squall.platforms.kubernetes.leftovers import Leftover, leftovers_in
from squall.report.plain import in_one_line
from squall.safety.undo_log import perform
from squall.system.system import System

_HELD = "its run renews its lease; left alone (--force undoes it all the same)"


def undone_in(context: str, allowed: Collection[str], force: bool, agreed: bool) -> list[Outcome]:
    """Show what runs left in a cluster, ask unless it is agreed to, undo it and return what became of it.

    Raises:
        Misuse: there is no such context, or the cluster may not be touched; HarnessFailed: it does not answer.
    """
    there, unread = leftovers_in(context, allowed, _images(), SYSTEM, prove)
    for line in unread:
        click.echo(f"squall: not looked at: {in_one_line(line)}", err=True)
    if not any(_can(each, force) for each in there):
        return [_left(each) for each in there]
    for each in there:
        click.echo(in_one_line(f"{each.run}: {each.about}" if _can(each, force) else str(_left(each))), err=True)
    if not (agreed or _asked(context)):
        return [_left(each, "shown only: --yes undoes it") for each in there]
    return list(_carried_out(there, force))


def _images() -> Mapping[str, str]:
    """Return the images of the agent that the system files here name, by the namespace of the system."""
    found = dict[str, str]()
    for path in sorted(Path().glob("scenarios/*/system.yaml")):
        with suppress(Misuse):
            for section in System.read(path).platforms.clusters().values():
                found[section.namespace] = section.agent
    return found


def _can(each: Leftover, force: bool) -> bool:
    return each.undo is not None and (force or not each.alive)


def _asked(context: str) -> bool:
    if not sys.stdin.isatty():
        return False
    return click.confirm(f"undo this in {context}?", err=True)


def _carried_out(there: Sequence[Leftover], force: bool) -> Iterator[Outcome]:
    for each in there:
        if each.undo is None or not _can(each, force):
            yield _left(each)
            continue
        try:
            yield Outcome(each.run, each.about, "undone", perform(each.undo))
        except SquallError as error:
            yield Outcome(each.run, each.about, "not undone", str(error))


def _left(each: Leftover, why: str = "") -> Outcome:
    if each.alive and each.undo is not None:
        return Outcome(each.run, each.about, "held", _HELD)
    return Outcome(each.run or "unknown", each.about, "not undone", each.why or why)
