"""``squall run``: pytest with this plugin, and its outcome as squall's own exit codes."""

import sys
from collections.abc import Sequence
from typing import NoReturn

import click

from squall.commands.selecting import (
    allow_option,
    context_option,
    platform_option,
    seed_option,
    selection_options,
    workers_option,
)
from squall.pytest_plugin import options


@click.command(name="run")
@selection_options
@platform_option(f"what pytest's squall_platform says, else {options.PLATFORM}")
@context_option
@allow_option
@seed_option
@click.option("--repeat", type=click.IntRange(1, 1000), metavar="N", help="run each scenario N times; the worst counts")
@click.option(
    "--to-the-end",
    is_flag=True,
    help="keep observing for the full planned time even after every claim is decided, to judge by other limits later",
)
@click.option("--weakness", metavar="NAME", help="run the twin of the system that has this weakness on purpose")
@workers_option
@click.option("--runs", default=options.RUNS, show_default=True, help="where run folders are made")
@click.option("--junit", type=click.Path(dir_okay=False), help="write JUnit XML here")
@click.option("--allure", type=click.Path(file_okay=False), help="write Allure results to this folder")
def command(paths: Sequence[str], promise: str | None, tag: str | None, name: str | None, system: str | None,
            platform: str | None, context: str | None, allowed: Sequence[str], seed: int | None, repeat: int | None,
            to_the_end: bool, weakness: str | None, workers: int | None, runs: str, junit: str | None,
            allure: str | None) -> NoReturn:  # fmt: skip
    """Run the scenarios of feature files or folders (default: features).

    Exit code: 0 all HELD, 1 some BROKEN, 2 some INCONCLUSIVE and none BROKEN, 3 something could not be undone,
    4 misuse, 5 the harness failed, 130 aborted and undone.

    \b
    Examples:
      squall run
      squall run features/quantum_rerank/crash.feature --repeat 5
      squall run --promise Q2 --platform kind --context kind-squall --weakness "one replica"
      squall run --system quantum-rerank --tag "local and not slow"
    """
    from squall.commands.features import run_features

    given = {"--squall-platform": platform, "--squall-context": context, "--squall-seed": seed,
             "--squall-weakness": weakness, "--squall-repeat": repeat, "--squall-workers": workers,
             "--squall-runs": runs, "--junitxml": junit, "--alluredir": allure}  # fmt: skip
    words = options.told(given, allowed)
    words += ["--squall-to-the-end"] if to_the_end else []
    sys.exit(run_features(paths, [*words, *options.selecting(promise, name, tag, system)]))
