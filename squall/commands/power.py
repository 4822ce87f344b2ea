"""``squall power``: each scenario on the healthy system and on its twins, and how many weaknesses were found."""

import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import click

from squall.commands.selecting import allow_option, context_option, platform_option, selection_options
from squall.errors import ExitCode, Misuse, NotOffered
from squall.pytest_plugin import options
from squall.report.plain import plain

if TYPE_CHECKING:
    from squall.record.trial import TrialResult
    from squall.run.power import Trial
    from squall.run.wiring import RunPlace


def _share(_context: click.Context, _option: click.Parameter, text: str) -> tuple[int, int]:
    number, _, of = text.partition("/")
    if not (number.isdecimal() and of.isdecimal() and 1 <= int(number) <= int(of)):
        raise click.BadParameter("write i/n, for instance 1/4: the first of four shares")
    return int(number), int(of)


@click.command(name="power")
@selection_options
@platform_option(f"what pytest's squall_platform says, else {options.PLATFORM}")
@context_option
@allow_option
@click.option("--seed", type=int, metavar="N", help="choose the same targets as an earlier time")
@click.option("--shard", default="1/1", callback=_share, metavar="i/n", help="run the i-th of n shares of the trials")
@click.option("--runs", default=options.RUNS, show_default=True, help="where run folders are made")
@click.option(
    "--results", default="runs/power.jsonl", show_default=True, type=click.Path(dir_okay=False, path_type=Path),
    help="where each trial is added; those of this commit that are there already are not run again",
)  # fmt: skip
@click.option("--again", is_flag=True, help="run also what the results hold already")
@click.option("--show", "only_show", is_flag=True, help="run nothing: show what the results hold")
def command(paths: Sequence[str], promise: str | None, tag: str | None, name: str | None, system: str | None,
            platform: str | None, context: str | None, allowed: Sequence[str], seed: int | None,
            shard: tuple[int, int], runs: str, results: Path, again: bool, only_show: bool) -> NoReturn:  # fmt: skip
    """Run scenarios and their twins, and tell how many of the weaknesses put in on purpose are found.

    A twin is the same scenario on the system with one weakness (twins, in the system file): it has to be BROKEN by
    the claim that the weakness attacks. What was run already at this commit is not run again, so that a long proof
    can be cut off and taken up.

    Exit code: 0 all is as promised, 1 a scenario was BROKEN or a weakness was not found, 2 something proved nothing
    and the rest is as promised, 3 something could not be undone, 4 misuse, 5 the harness failed, 130 aborted and
    undone.

    \b
    Examples:
      squall power features/quantum_rerank --platform kind --context kind-squall
      squall power --promise Q2 --again
      squall power --shard 1/4 --results runs/power-1.jsonl
    """
    from squall.record.trial import latest, read_results
    from squall.run.power import shard as share_of
    from squall.run.power import strays, trials

    known = latest(read_results(results))
    if only_show:
        _end(known)
    from squall.commands.features import read_features
    from squall.run.wiring import RunPlace

    given = {"--squall-platform": platform, "--squall-context": context, "--squall-seed": seed}
    words = options.told(given, allowed)
    read = read_features(paths, [*words, *options.selecting(promise, name, tag, system)])
    if not (promise or tag or name or system):
        for stray in strays(read.scenarios):
            click.echo(plain(f"squall: {stray}"), err=True)
    wanted = share_of(trials(read.scenarios, read.platform), *shard)
    where, commit = RunPlace(read.platform, context, allowed, Path(runs)), _commit()
    done = {} if again else {each.key: each for each in known if each.commit == commit}
    _end(list(_all(wanted, where, done, results, commit)))


def _all(wanted: "Sequence[Trial]", where: "RunPlace", done: "dict[tuple[str, str, str, str], TrialResult]",
         results: Path, commit: str) -> "Iterator[TrialResult]":  # fmt: skip
    for number, trial in enumerate(wanted, start=1):
        on = f' with "{trial.weakness}"' if trial.weakness else ""
        click.echo(plain(f"[{number}/{len(wanted)}] {trial.scenario.title}{on}"))
        if (key := trial.key(where.platform)) in done:
            click.echo(f"  {done[key].verdict.name} at this commit already ({done[key].run})")
            yield done[key]
            continue
        try:
            result = _carried_out(trial, where, commit)
        except NotOffered as error:
            click.echo(plain(f"  skipped: {error}"))
            continue
        _add(results, result)
        yield result


def _carried_out(trial: "Trial", where: "RunPlace", commit: str) -> "TrialResult":
    from squall.report.live import shown
    from squall.report.write import write
    from squall.run.wiring import carry_out

    began = time.monotonic()
    finished = carry_out(trial.scenario, where, lambda folder: shown(folder, sys.stdout))
    write(finished.folder.load(), finished.judgement, finished.folder.path)
    if finished.cut_off is not None:
        raise finished.cut_off
    now, folder, judgement = datetime.now(UTC).isoformat(timespec="seconds"), finished.folder.path, finished.judgement
    result = trial.result(judgement, where.platform, str(folder), time.monotonic() - began, date=now, commit=commit)
    click.echo(plain(f"  {result.verdict.name}: {result.reason} ({folder})"))
    if judgement.not_undone:
        click.echo(plain("  NOT UNDONE: " + "; ".join(judgement.not_undone)), err=True)
        sys.exit(ExitCode.NOT_UNDONE)
    return result


def _add(results: Path, result: "TrialResult") -> None:
    try:
        results.parent.mkdir(parents=True, exist_ok=True)
        with results.open("a", encoding="utf-8") as file:
            file.write(f"{result.line()}\n")
    except OSError as error:
        raise Misuse(f"writing {results}: {error.strerror}") from error


def _end(found: "Sequence[TrialResult]") -> NoReturn:
    from squall.report.power import numbers, table
    from squall.verdict import Verdict

    if not found:
        raise Misuse("there is no trial: no scenario was run, and the results hold none")
    click.echo(plain(f"\n{table(found)}\n"))
    click.echo("\n".join(numbers(found)))
    odd = [each.verdict for each in found if not each.as_promised]
    if not odd:
        sys.exit(ExitCode.HELD)
    sys.exit(ExitCode.INCONCLUSIVE if set(odd) == {Verdict.INCONCLUSIVE} else ExitCode.BROKEN)


def _commit() -> str:
    """Return the short commit of this checkout, with a plus if files differ from it; empty if there is none."""
    try:
        commit, changes = _git("rev-parse", "--short", "HEAD"), _git("status", "--porcelain", "--untracked-files=no")
    except (OSError, subprocess.CalledProcessError):
        return ""
    return f"{commit}+" if changes else commit


def _git(*words: str) -> str:
    return subprocess.run(["git", *words], capture_output=True, text=True, check=True).stdout.strip()
