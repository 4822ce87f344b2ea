"""Every Python example runs: what says which file it is, as that file with its tests; the rest by itself."""

import inspect
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from squall.claims.registry import claims
from squall.commands.listing import KINDS
from tests.docs.blocks import ROOT, Block, blocks, of, shown
from tests.docs.modules import Modules

GUIDES = ["adding-a-claim", "adding-a-fault"]
LOOSE = [block for block in blocks("python") if not block.file]


@pytest.fixture(params=GUIDES)
def guide(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Mapping[str, ModuleType]]:
    page = ROOT / "docs" / "how-to" / f"{request.param}.md"
    with Modules(tmp_path) as modules:
        yield {block.file: modules.add(block) for block in of(page) if block.language == "python" and not shown(block)}


def cases(function: Callable[..., object]) -> Iterator[Mapping[str, Any]]:
    """Yield the arguments of each case of a test."""
    marks = [mark for mark in getattr(function, "pytestmark", ()) if mark.name == "parametrize"]
    if not marks:
        yield {}
    for mark in marks:
        names, rows = mark.args
        yield from (dict(zip(names, row, strict=True)) for row in rows)


def test_the_tests_of_a_guide_pass(guide: Mapping[str, ModuleType], tmp_path: Path) -> None:
    count = 0
    for file, module in guide.items():
        for name, function in vars(module).items():
            if not (file.startswith("tests/") and name.startswith("test_")):
                continue
            for case in cases(function):
                given = dict(case)
                if "tmp_path" in inspect.signature(function).parameters:
                    given["tmp_path"] = tmp_path / f"{name}-{count}"
                    given["tmp_path"].mkdir()
                function(**given)
                count += 1
    assert count


def test_what_a_guide_adds_is_found_by_being_there(guide: Mapping[str, ModuleType]) -> None:
    added = {"squall/claims/few_failures.py": "FewFailures"}
    for file, name in added.items():
        listed = {entry.name for kind in ("claims", "faults") for entry in KINDS[kind](False)}
        assert (name in listed) == (file in guide)
    assert ("FewFailures" in claims()) == ("squall/claims/few_failures.py" in guide)


def test_nothing_of_it_stays() -> None:
    assert "FewFailures" not in claims()
    assert "squall.claims.few_failures" not in sys.modules


@pytest.mark.parametrize("block", LOOSE, ids=str)
def test_the_others_run(block: Block) -> None:
    # In a process of its own: Locust changes the one that imports it.
    told = ""
    if "OpenLoopUser" in block.text:
        told = "\nfound = [v for v in list(globals().values()) if isinstance(v, type) and issubclass(v, OpenLoopUser)]"
        told += "\nassert [user for user in found if user is not OpenLoopUser and user.tasks]"
    subprocess.run([sys.executable, "-c", block.text + told], cwd=ROOT, check=True, timeout=60)
