"""Every command in the documentation is one: it is parsed, not run."""

import argparse
import dataclasses
import re
import shlex
import tomllib
from collections.abc import Sequence
from pathlib import Path

import click
import pytest

from squall.claims.registry import claims
from squall.cli import COMMANDS, cli
from squall.commands.judge import parse
from squall.commands.listing import KINDS
from squall.pytest_plugin.selection import has
from squall.run.wiring import PLATFORMS
from tests.docs.blocks import ROOT, Command, commands

WRITTEN = commands()
# What others make: of these only the name is known here.
STRANGERS = {".", "cd", "docker", "kind", "npx", "test"}
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]


def of_squall(words: Sequence[str], project: Path, prose: bool) -> None:
    if words[0] == "COMMAND":
        return
    name = words[0]
    assert name in COMMANDS
    command = cli.get_command(click.Context(cli), name)
    assert command is not None
    try:
        given = command.make_context(name, [*words[1:]]).params
    except click.MissingParameter:
        assert prose
        return
    if given.get("platform"):
        assert given["platform"] in PLATFORMS
    if given.get("tag"):
        has(given["tag"], ())
    for path in given.get("paths") or ():
        assert (ROOT / path).exists() or (project / path).exists() or path.startswith("features/shop/"), path
    for kind in given.get("kinds") or ():
        assert kind in KINDS
    for change in given.get("changes") or ():
        of_set(change)


def of_set(change: str) -> None:
    if change == "CLAIM.FIELD=VALUE":
        return
    claim, field, _ = parse(change)
    assert field in {one.name for one in dataclasses.fields(claims()[claim])}  # type: ignore[arg-type]


def of_pip(words: Sequence[str]) -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("command", choices=["install", "wheel"])
    parser.add_argument("--no-deps", action="store_true")
    parser.add_argument("--wheel-dir")
    parser.add_argument("what")
    what = parser.parse_args(words).what
    for extras in re.findall(r"\[(.*?)\]", what):
        assert set(extras.split(",")) <= PROJECT["optional-dependencies"].keys()
    if version := re.search(r"squall-([\d.]+)-", what):
        assert f'"{version[1]}"' in (ROOT / "squall" / "__init__.py").read_text()


def of_make(words: Sequence[str]) -> None:
    assert re.search(rf"^{re.escape(words[0])}:.*##", (ROOT / "Makefile").read_text(), re.MULTILINE), words


def of_pytest(words: Sequence[str], config: pytest.Config) -> None:
    config._parser.parse(words)
    for word in words:
        if word.startswith("--"):
            assert word.partition("=")[0] in {name for group in config._parser._groups for o in group.options
                                              for name in o.names()}, word  # fmt: skip


@pytest.mark.parametrize("command", WRITTEN, ids=str)
def test_it_can_be_typed(command: Command, my_system: Path, pytestconfig: pytest.Config) -> None:
    for part in re.split(r" (?:\|\||&&|;) ", command.text):
        words = shlex.split(part, comments=True)
        if words[:1] == ["squall"]:
            of_squall(words[1:], my_system, command.prose)
        elif words[:1] == ["pip"]:
            of_pip(words[1:])
        elif words[:1] == ["make"]:
            for target in words[1:]:
                of_make([target])
        elif words[:1] == ["pytest"]:
            of_pytest(words[1:], pytestconfig)
        else:
            known = (["python3", "-m", "venv"], ["python", "-m", "squall"], ["python", "-m", "docs.generate"])
            assert words[:3] in known or words[0] in STRANGERS, f"no test knows the command {words[0]!r}"


def test_there_are_many() -> None:
    of_ours = {shlex.split(command.text)[1] for command in WRITTEN if command.text.startswith("squall ")}
    assert of_ours >= COMMANDS.keys()
