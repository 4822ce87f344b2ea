"""``squall runbook``: a runbook in Markdown, held against what was proven, the system file and the cluster."""

import sys
from collections.abc import Collection, Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import click

from squall.commands.selecting import allow_option, context_option, platform_option, written
from squall.errors import ExitCode, HarnessFailed, Misuse
from squall.pytest_plugin import options
from squall.report.plain import in_one_line

if TYPE_CHECKING:
    from squall.run.scenario import Scenario
    from squall.runbook.marks import Runbook
    from squall.runbook.proofs import PromiseState
    from squall.system.system import System


@click.command(name="runbook")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--system", required=True, metavar="NAME", help="the system that the runbook is about")
@click.option("--features", default="features", show_default=True, help="where its scenarios are")
@click.option(
    "--runs", default=options.RUNS, show_default=True, type=click.Path(path_type=Path), help="where run folders are"
)
@platform_option("none: what the commands name is not looked up")
@context_option
@allow_option
def command(file: Path, system: str, features: str, runs: Path, platform: str | None, context: str | None,
            allowed: Sequence[str]) -> NoReturn:  # fmt: skip
    """Say which marked promises of a runbook are proven, where its numbers drift, and what its commands name in vain.

    A mark ties a line to a promise: <!-- squall: Q5 -->. A line's durations and shares have to be said by the system
    file or by a scenario with the tag @promise.Q5, too; a key in the mark, <!-- squall: Q5 objectives.success -->,
    holds the line against that one value. With --platform, the workloads, namespaces and labels in its kubectl commands
    are looked up in the cluster. Nothing in it is run.

    Exit code: 0 all is proven and agrees, 1 something drifts or is not there, 2 something is not proven, 4 misuse,
    5 the cluster does not answer.

    \b
    Examples:
      squall runbook docs/runbook.md --system quantum-rerank
      squall runbook docs/runbook.md --system quantum-rerank --platform kind --context kind-squall
    """
    from squall.commands.features import read_features
    from squall.runbook.marks import read_runbook
    from squall.runbook.proofs import states

    book = read_runbook(file)
    if not book.marked:
        raise Misuse(f"{written(file)}: no line of it is marked; write <!-- squall: Q5 --> behind what it promises")
    words = options.told({"--squall-platform": platform, "--squall-context": context}, allowed)
    scenarios = read_features([features], [*words, *options.selecting(None, None, None, system)]).scenarios
    promises = list(dict.fromkeys(promise for marked in book.marked for promise in marked.promises))
    found = states(promises, scenarios, runs)
    for said in _proofs(book, found):
        click.echo(in_one_line(said))
    wrong = [f"{written(file)}:{line}: {text}" for line, text in _drift(book, scenarios)]
    if platform is not None:
        wrong += [
            f"{written(file)}:{line}: {text}"
            for line, text in _unfound(book, scenarios[0].system, platform, context, allowed)
        ]
        for line, text in book.unread:
            click.echo(in_one_line(f"{written(file)}:{line}: not looked up: {text}"))
    for text in wrong:
        click.echo(in_one_line(text), err=True)
    sys.exit(ExitCode.BROKEN if wrong else 0 if all(each.proven for each in found) else ExitCode.INCONCLUSIVE)


def _proofs(book: "Runbook", found: "Sequence[PromiseState]") -> Iterator[str]:
    for each in found:
        lines = ", ".join(str(marked.line) for marked in book.marked if each.promise in marked.promises)
        yield f"{each.promise} (line {lines}): {'proven' if each.proven else 'NOT PROVEN'}"
        yield from (f"  {text}" for text in each.lines())


def _drift(book: "Runbook", scenarios: "Sequence[Scenario]") -> Iterator[tuple[int, str]]:
    from squall.runbook.drift import drift

    for marked in book.marked:
        for text in drift(marked, scenarios[0].system, scenarios):
            yield marked.line, f"{', '.join(marked.promises)}: {text}"


def _unfound(book: "Runbook", system: "System", name: str, context: str | None,
             allowed: Collection[str]) -> Iterator[tuple[int, str]]:  # fmt: skip
    from squall.platforms.capability import LooksUpObjects
    from squall.run.wiring import platform

    with closing(platform(name, system, context, allowed)) as on:
        if not isinstance(on, LooksUpObjects):
            raise Misuse(f"--platform {name}: what kubectl names can be looked up on kind and kubernetes")
        on.check()
        for each in book.named:
            try:
                missing = on.missing_object(each.kind, each.name, each.selector, each.namespace)
            except HarnessFailed as error:
                raise HarnessFailed(f"looking up {each}: {error}") from error
            if missing:
                yield each.line, missing
