"""The command. Each command says what it does in its help; errors go to stderr as one line each.

Exit codes: 0 all HELD, 1 some BROKEN, 2 some INCONCLUSIVE and none BROKEN, 3 something could not be undone,
4 misuse, 5 the harness failed, 130 aborted and undone.
"""

import ast
import io
import os
import sys
import traceback
from importlib import import_module, resources
from typing import NoReturn

import click

from squall import __version__
from squall.commands.output import outliving
from squall.errors import ExitCode, HarnessFailed, Misuse
from squall.report.plain import in_one_line

# In the order in which a newcomer meets them; the module of ``list`` cannot have its name without hiding Python's.
COMMANDS = {
    "init": "init", "doctor": "doctor", "check": "check", "list": "listing", "plan": "plan", "run": "run",
    "gate": "gate", "compare": "compare", "suggest": "suggest", "report": "report",
    "power": "power", "show": "show", "judge": "judge", "alerts": "alerts", "undo": "undo", "rbac": "rbac",
    "gameday": "gameday", "abort": "abort", "runbook": "runbook",
}  # fmt: skip


class _Commands(click.Group):
    """Imports a command when it is asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return all names."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return one command; None: there is none of that name."""
        if (module := COMMANDS.get(cmd_name)) is None:
            return None
        command: click.Command = import_module(f"squall.commands.{module}").command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write each command's name and what it does, and import none."""
        room = formatter.width - 6 - max(map(len, COMMANDS))
        rows = [
            (name, click.Command(name, help=_about(module)).get_short_help_str(room))
            for name, module in COMMANDS.items()
        ]
        with formatter.section("Commands"):
            formatter.write_dl(rows)


def _about(module: str) -> str:
    """Return the help of a command as its module's source has it: to import all of them takes more than a second."""
    source = resources.files("squall.commands").joinpath(f"{module}.py").read_text("utf-8")
    found = (node for node in ast.parse(source).body if isinstance(node, ast.FunctionDef) and node.name == "command")
    return next((ast.get_docstring(each) or "" for each in found), "")


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="squall")
def cli() -> None:
    """Prove that a system keeps the promises of its runbook."""


def main() -> NoReturn:
    """Run the command; whatever goes wrong is one line on stderr, and an exit code that says whose fault it is."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout = outliving(sys.stdout)
    if isinstance(sys.stderr, io.TextIOWrapper):
        sys.stderr = outliving(sys.stderr)
    try:
        plain = False if os.environ.get("NO_COLOR") else None
        sys.exit(cli.main(prog_name="squall", standalone_mode=False, color=plain) or 0)
    except click.exceptions.NoArgsIsHelpError as error:
        click.echo(error.format_message(), err=True)
        sys.exit(ExitCode.MISUSE)
    except click.exceptions.Exit as error:
        sys.exit(error.exit_code)
    except (click.Abort, KeyboardInterrupt):
        sys.exit(ExitCode.ABORTED)
    except click.ClickException as error:
        _end(error.format_message(), ExitCode.MISUSE)
    except Misuse as error:
        _end(str(error), ExitCode.MISUSE)
    except HarnessFailed as error:
        _end(str(error), ExitCode.HARNESS_FAILED)
    except Exception as error:  # noqa: BLE001 - Python would end with 1, which says that a promise is broken
        traceback.print_exc()
        _end(f"the harness failed: {type(error).__name__}: {error}", ExitCode.HARNESS_FAILED)


def _end(text: str, code: ExitCode) -> NoReturn:
    for line in text.split("\n"):
        click.echo(f"squall: {in_one_line(line)}", err=True)
    sys.exit(code)
