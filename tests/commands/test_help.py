"""What the help says can be typed."""

import os
import pty
import re
import shlex
import subprocess
import sys
from pathlib import Path

import click
import pytest

from squall.cli import COMMANDS, cli
from tests.commands.projects import ROOT, invoked, squall


def of(name: str) -> click.Command:
    command = cli.get_command(click.Context(cli), name)
    assert command is not None
    return command


def examples(name: str) -> list[str]:
    return re.findall(r"^\s+(squall .*)$", of(name).help or "", re.MULTILINE)


@pytest.mark.parametrize("name", COMMANDS)
def test_each_command_has_examples_that_parse(name: str) -> None:
    found = examples(name)
    assert len(found) >= 2
    for example in found:
        words = shlex.split(example)
        assert words[:2] == ["squall", name]
        of(name).make_context(name, words[2:])


@pytest.mark.parametrize("name", COMMANDS)
def test_each_command_has_help_for_all_it_takes(name: str) -> None:
    result = invoked(name, "--help")
    assert result.exit_code == 0
    # As shown, not as written: each example on a line of its own.
    assert set(examples(name)) <= {line.strip() for line in result.output.splitlines()}
    for option in of(name).params:
        if isinstance(option, click.Option):
            assert option.help, option.name


def test_the_list_of_commands_says_what_each_does() -> None:
    result = invoked("--help")
    assert result.exit_code == 0
    for name in COMMANDS:
        begins = re.escape((of(name).help or "").split()[0])
        assert re.search(rf"^  {name} +{begins}", result.output, re.MULTILINE), name


def test_the_list_of_commands_imports_none_of_them() -> None:
    code = "import sys; from squall.cli import cli; cli(['--help'], standalone_mode=False); print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    imported = done.stdout.splitlines()[-1].split()
    assert "squall.commands.output" in imported
    assert not {f"squall.commands.{module}" for module in COMMANDS.values()} & set(imported)
    assert "pydantic" not in imported


def test_the_module_is_the_command() -> None:
    done = squall(ROOT, "--version")
    assert (done.code, done.errors) == (0, "")
    assert done.out.startswith("squall, version ")


@pytest.mark.parametrize(
    "words", [["nope"], ["--nope"], ["run", "--repeat", "0"], ["show"], ["judge"], ["init", "a", "b"]]
)
def test_a_mistyped_command_is_misuse_in_one_line(words: list[str]) -> None:
    done = squall(ROOT, *words)
    assert done.code == 4
    assert len(done.complaints()) == 1
    assert done.errors.startswith("squall: ")
    assert done.out == ""


def test_no_command_shows_the_help_and_is_misuse() -> None:
    done = squall(ROOT)
    assert done.code == 4
    assert "Commands:" in done.errors


@pytest.mark.parametrize("name", ["show", "judge", "undo", "plan", "list", "check", "doctor"])
def test_what_programs_read_can_be_json(name: str) -> None:
    assert "--json" in {word for param in of(name).params for word in param.opts}


def on_a_terminal(**environment: str) -> str:
    controller, terminal = pty.openpty()
    command = [sys.executable, "-m", "squall", "list", "systems"]
    inherited = {name: value for name, value in os.environ.items() if name != "NO_COLOR"}
    subprocess.run(command, cwd=ROOT, env=inherited | environment, stdout=terminal, check=True)
    os.close(terminal)
    said = os.read(controller, 1000).decode()
    os.close(controller)
    return said


def test_colour_is_for_terminals_unless_it_is_not_wanted() -> None:
    assert "\x1b[1m" in on_a_terminal(TERM="xterm")
    assert "\x1b" not in on_a_terminal(TERM="xterm", NO_COLOR="1")
    assert "\x1b" not in squall(ROOT, "list", "systems").out


def test_names_that_are_no_text_are_no_traceback(tmp_path: Path) -> None:
    for words in (["init", "\udcff"], ["init", "\udcff"], ["undo", "\udcfe"], ["show", "\udcff"], ["check", "\udcff"],
                  ["run", "\udcfe"], ["plan", "\udcfe"], ["judge", "--json", "\udcff"]):  # fmt: skip
        done = squall(tmp_path, *words)
        assert "Traceback" not in done.errors, words
        assert done.code in {0, 4}, words


def test_a_terminal_without_these_characters_is_no_traceback(tmp_path: Path) -> None:
    done = squall(tmp_path, "doctor", PYTHONIOENCODING="ascii")
    assert (done.code, done.errors) == (0, "")
