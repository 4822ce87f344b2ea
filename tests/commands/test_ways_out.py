"""Every way out of a run comes to one verdict: in the exit code, JUnit, Allure and the page."""

import io
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest

from squall.commands.output import outliving
from tests.commands.projects import WITHOUT, squall

pytestmark = pytest.mark.slow
WEAK = '{"replicas": 1, "restart": 6}'


@pytest.fixture
def mine(shop: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(shop, tmp_path / "shop"))


def shell(folder: Path, line: str, **more: str) -> int:
    """Run a line of bash in which $SQUALL is the command; return the exit code of the command in it."""
    environment = {**os.environ, "PYTHONPATH": "", "SQUALL": f"{sys.executable} -m squall", **WITHOUT, **more}
    environment.pop("PYTEST_XDIST_WORKER", None)
    words = ["bash", "-c", f"{line}; echo ${{PIPESTATUS[0]}} >code"]
    subprocess.run(words, cwd=folder, env=environment, timeout=100, check=True, capture_output=True)
    return int((folder / "code").read_text())


@pytest.mark.parametrize("after", ["0.01", "8"])
def test_an_interrupted_run_passed_nowhere(mine: Path, after: str) -> None:
    done = squall(mine, "run", "--tag", "not twin", "--allure", "results", "--junit", "junit.xml", INTERRUPT=after)
    assert done.code == 130, done
    (result,) = (json.loads(path.read_text()) for path in (mine / "results").glob("*-result.json"))
    assert result["status"] == "broken"
    assert result["statusDetails"]["message"].startswith("INCONCLUSIVE (aborted): ")
    (case,) = ElementTree.parse(mine / "junit.xml").iter("testcase")  # noqa: S314 - ours
    (failure,) = case.iter("failure")
    assert str(failure.get("message")).startswith("INCONCLUSIVE (aborted): ")
    pages = [folder / "report.html" for folder in (mine / "runs").iterdir() if (folder / "plan.json").exists()]
    assert all("INCONCLUSIVE" in page.read_text() for page in pages)


@pytest.mark.parametrize(("weakness", "code"), [("{}", 0), (WEAK, 1), ('{"immune": true}', 2)])
def test_a_reader_that_goes_changes_nothing(mine: Path, weakness: str, code: int) -> None:
    assert shell(mine, "$SQUALL run --tag 'not twin' | head -1", WEAKNESS=weakness) == code
    (folder,) = (mine / "runs").iterdir()
    assert (folder / "findings.json").exists()
    assert (folder / "report.html").exists()


def test_a_full_disk_below_the_output_changes_nothing(mine: Path) -> None:
    assert shell(mine, "$SQUALL run --tag 'not twin' >/dev/full 2>&1", WEAKNESS=WEAK) == 1
    assert shell(mine, "$SQUALL list >/dev/full") == 0


def test_what_is_lost_is_lost_once_and_without_a_word(tmp_path: Path) -> None:
    with Path("/dev/full").open("w", encoding="ascii") as full:
        out = outliving(full)
        for _ in range(3):
            out.write("ü" * 10_000)
            out.flush()
    path = tmp_path / "said"
    with path.open("w", encoding="ascii") as kept:
        out = outliving(kept)
        out.write("ü\n")
        out.flush()
    assert path.read_text() == "\\xfc\n"


def test_a_stream_of_memory_stays_what_it_is() -> None:
    memory = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    assert outliving(memory) is memory
