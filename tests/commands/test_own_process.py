"""Commands in interpreters of their own: each imports what it needs. Elsewhere they are forked from one that has it."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.commands.projects import WITHIN

pytestmark = pytest.mark.slow


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["--help"], 0),
        (["list", "faults"], 0),
        (["plan"], 0),
        (["run", "--tag", "not twin"], 0),
        (["check", "nobody"], 4),
        (["judge", "RUN"], 0),
        (["show", "--why", "RUN"], 0),
        (["undo", "RUN"], 0),
        (["rbac", "--tag", "nobody"], 4),
        (["alerts", "RUN"], 4),
    ],
    ids=lambda value: value[0] if isinstance(value, list) else "",
)
def test_a_command_imports_what_it_needs(
    shop: Path, runs: dict[str, Path], tmp_path: Path, words: list[str], code: int
) -> None:
    project = shutil.copytree(shop, tmp_path / "shop")
    done = subprocess.run(
        [sys.executable, "-m", "squall", *(str(runs["held"]) if word == "RUN" else word for word in words)],
        cwd=project, capture_output=True, text=True, timeout=WITHIN, check=False,
    )  # fmt: skip
    assert (done.returncode, "Traceback" in done.stderr) == (code, False), done
