"""The command. Each command says what it does in its help; errors go to stderr as one line each.

Exit codes: 0 all HELD, 1 some BROKEN, 2 some INCONCLUSIVE and none BROKEN, 3 something could not be undone,
4 misuse, 5 the harness failed, 130 aborted and undone.
"""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

import click

from squall import __version__, options
from squall.errors import Misuse

MISUSE, HARNESS_FAILED, ABORTED = 4, 5, 130


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="squall")
def cli() -> None:
    """Prove that a system keeps the promises of its runbook."""


@cli.command()
@click.argument("paths", nargs=-1)
@click.option("--platform", default=options.PLATFORM, show_default=True, help="where the system runs")
@click.option("--context", help="the kubeconfig context  [default: the current one]")
@click.option("--promise", help="only scenarios with the tag @promise.ID")
@click.option("--tag", help="only scenarios with this tag (an expression: kind and not slow)")
@click.option("--name", help="only scenarios whose title holds this text")
@click.option("--seed", type=int, help="chooses the same targets as an earlier run")
@click.option("--runs", default=options.RUNS, show_default=True, help="where run folders are made")
@click.option("--junit", type=click.Path(dir_okay=False), help="write JUnit XML here")
@click.option("--allure", type=click.Path(file_okay=False), help="write Allure results to this folder")
def run(paths: Sequence[str], junit: str | None, allure: str | None, tag: str | None, name: str | None,
        platform: str, context: str | None, promise: str | None, seed: int | None, runs: str) -> NoReturn:  # fmt: skip
    r"""Run the scenarios of feature files or folders (default: features).

    \b
    Examples:
      squall run
      squall run features/quantum_rerank/crash.feature
      squall run --promise Q2 --context kind-squall
    """
    from squall.running import run_features

    arguments = [*(paths or ("features",)), "--squall-platform", platform, "--squall-runs", runs]
    for option, value in (("--squall-context", context), ("--squall-promise", promise), ("-m", tag), ("-k", name),
                          ("--squall-seed", seed), ("--junitxml", junit), ("--alluredir", allure)):  # fmt: skip
        arguments += [option, str(value)] if value is not None else []
    sys.exit(run_features(arguments))


@cli.command()
@click.argument("folders", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--set", "changes", multiple=True, metavar="CLAIM.FIELD=VALUE", help="another limit; may be repeated")
@click.option("--json", "as_json", is_flag=True, help="print the findings as JSON")
def judge(folders: Sequence[Path], changes: Sequence[str], as_json: bool) -> NoReturn:
    r"""Judge stored runs again, with other limits if asked. Needs no cluster and changes nothing.

    CLAIM is the name of a claim as in plan.json (HealsWithin) or its sentence.

    \b
    Examples:
      squall judge runs/20261121T093000-one-pod-crashes
      squall judge runs/* --set FailingTime.limit=2 --set SuccessShare.limit=99.9
    """
    from squall.judging import judge_again

    sys.exit(judge_again(folders, changes, as_json))


@cli.command()
@click.argument("folders", nargs=-1, type=click.Path(path_type=Path))
@click.option("--runs", default=options.RUNS, show_default=True, type=click.Path(path_type=Path))
@click.option("--force", is_flag=True, help="also undo runs whose harness is still alive")
def undo(folders: Sequence[Path], runs: Path, force: bool) -> NoReturn:
    r"""Undo whatever runs left standing, from their undo logs (default: all run folders).

    \b
    Examples:
      squall undo
      squall undo runs/20261121T093000-one-pod-crashes
    """
    from squall.undoing import undo_runs

    sys.exit(undo_runs(folders or sorted(runs.glob("*/")), force))


def main() -> NoReturn:
    """Run the command; whatever goes wrong is one line on stderr, and an exit code that says whose fault it is."""
    try:
        cli.main(prog_name="squall", standalone_mode=False)
    except click.exceptions.Exit as error:
        sys.exit(error.exit_code)
    except click.Abort:
        sys.exit(ABORTED)
    except click.ClickException as error:
        click.echo(f"squall: {error.format_message()}", err=True)
        sys.exit(MISUSE)
    except Misuse as error:
        for line in str(error).splitlines():
            click.echo(f"squall: {line}", err=True)
        sys.exit(MISUSE)
    except KeyboardInterrupt:
        sys.exit(ABORTED)
    sys.exit(0)
