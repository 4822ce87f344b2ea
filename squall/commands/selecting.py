"""The arguments and options that several commands share."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

Command = TypeVar("Command", bound=Callable[..., Any])

json_option = click.option("--json", "as_json", is_flag=True, help="print it as JSON")
context_option = click.option("--context", help="the kubeconfig context of a cluster  [default: the current one]")
allow_option = click.option(
    "--allow-context", "allowed", multiple=True, metavar="NAME",
    help="a context whose cluster may be harmed, on the platform kubernetes; may be repeated",
)  # fmt: skip

seed_option = click.option("--seed", type=int, metavar="N", help="choose the same targets as an earlier run")
workers_option = click.option(
    "--workers", type=click.IntRange(1, 64), metavar="N", help="send the load from N processes, a core each"
)


def platform_option(default: str) -> Callable[[Command], Command]:
    """Add ``--platform``; ``default`` says what is taken without it."""
    return click.option("--platform", metavar="NAME", help=f"local, kind, kubernetes, compose  [default: {default}]")


def selection_options(command: Command) -> Command:
    """Add what chooses scenarios: paths and --promise, --tag, --name, --system."""
    for option in (
        click.option("--system", help="only scenarios about this system"),
        click.option("--name", help="only scenarios whose title holds this text"),
        click.option("--tag", help="only scenarios with these tags: 'kind and not slow'"),
        click.option("--promise", help="only scenarios with the tag @promise.ID"),
        click.argument("paths", nargs=-1),
    ):
        command = option(command)
    return command


def written(path: Path) -> str:
    """Return a path as text that can be written anywhere: a file's name need not be any."""
    return str(path).encode(errors="backslashreplace").decode()
