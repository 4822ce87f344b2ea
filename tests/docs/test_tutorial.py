"""The tutorial, typed as it stands: its files, its commands and their exit codes, on a platform that is simulated."""

import json
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from tests.commands.projects import SIMULATED, invoked, squall
from tests.docs.blocks import ROOT, Block, of
from tests.docs.test_yaml import merged

PAGE = list(of(ROOT / "docs" / "tutorial.md"))
SLOW_START = json.dumps({"restart": 15})
# Each command with the weakness of the simulated system and the exit code that the text says; None: not run here.
TYPED: dict[str, tuple[str, int] | None] = {
    "squall doctor": ("{}", 0),
    "squall init my-system": None,  # done by the fixture
    "squall plan": ("{}", 0),
    "squall run": None,  # the simulated system has no twins
    'squall run --tag "not twin"': ("{}", 0),
    "squall show --why RUN": ("{}", 0),
    "squall judge RUN --set HealsWithin.limit=2": ("{}", 1),
    "squall check": ("{}", 0),
    "squall plan --promise E2": ("{}", 0),
    "squall run --promise E2": ("{}", 2),  # the simulated load has no requests of that name
    'squall run --name "One of three crashes" --weakness "slow start"': (SLOW_START, 1),
    "squall power": None,  # the simulated system has one weakness whatever is deployed
    'squall run --platform kind --context kind-squall --tag "not twin"': None,  # needs a cluster
}


def edits() -> Iterator[Block]:
    """Yield the parts of the files that the reader is told to write, except those for a service of her own."""
    for block in PAGE:
        if "gunicorn" not in block.text and "kustomize" not in block.text and "@promise.E1" not in block.text:
            yield block


def edited(project: Path) -> Path:
    """Return the project after all edits of the tutorial."""
    system = project / "scenarios" / "my-system" / "system.yaml"
    feature = project / "features" / "my-system" / "crash.feature"
    for block in edits():
        if block.language == "yaml":
            found = merged(yaml.safe_load(system.read_text()), yaml.safe_load(block.text))
            # ``squall check`` asks the real server: what a busy machine makes of it is not what is tried here.
            found["objectives"]["latency"]["limit"] = "20s"
            found["probe"]["timeout"] = found["load"]["timeout"] = "30s"
            system.write_text(yaml.safe_dump(found))
        elif block.language == "gherkin":
            feature.write_text(f"{feature.read_text()}\n{block.text}")
        elif "OpenLoopUser" in block.text:
            (project / "load" / "my_system.py").write_text(block.text)
        elif block.language == "python":
            server = project / "scenarios" / "my-system" / "server.py"
            changed = server.read_text().replace("WARM_UP = 3.0\n", f"{block.text.splitlines()[-1]}\n")
            server.write_text(changed.replace("import argparse\n", "import argparse\nimport os\n"))
            assert "os.environ" in server.read_text()
    return project


def typed() -> list[str]:
    lines = [
        line.removeprefix("$ ") for block in PAGE if block.language == "console" for line in block.text.split("\n")
    ]
    return [" ".join("RUN" if word.startswith("runs/2") else word for word in line.split(" "))
            for line in lines if line.startswith("squall ")]  # fmt: skip


def test_every_command_of_it_is_known_here() -> None:
    assert set(typed()) == set(TYPED)


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("typed") / "my-system"
    assert invoked("init", str(folder)).exit_code == 0
    (folder / "conftest.py").write_text(SIMULATED)
    return folder


def run_of(project: Path) -> str:
    return str(next((project / "runs").glob("*-one-of-three-*")))


@pytest.mark.slow
@pytest.mark.timeout(600)  # Nine commands, each of which may take a hundred seconds on a busy machine.
def test_it_can_be_followed(project: Path) -> None:
    for line in typed():
        if (step := TYPED[line]) is None:
            continue
        if line == "squall check":  # what stands above it was done to the files as they were made
            edited(project)
        weakness, code = step
        words = shlex.split(line)
        done = squall(project, *(run_of(project) if word == "RUN" else word for word in words[1:]), WEAKNESS=weakness)
        assert done.code == code, (line, done)
        assert "Traceback" not in done.errors
        if "slow start" in line:
            assert '✗ BROKEN: "api" heals by itself within 10s' in done.out
            assert "✓ at least 99% of requests succeed in the 20s after" in done.out
