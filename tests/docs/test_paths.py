"""Each file, folder and module that a page names is there, and so is each function that it names in one."""

import importlib
import re
from importlib.util import find_spec
from pathlib import Path

import pytest

from tests.docs.blocks import PAGES, ROOT, WRITTEN, of

OURS = {path.name for path in ROOT.iterdir() if path.is_dir() and not path.name.startswith(".")} - {"runs"}
ROOMS = {path.stem for path in (ROOT / "squall").iterdir()}
# What the guides' readers make: their own system, and the files of which a block says that it is one.
THEIRS = (
    "features/shop/",
    "features/demo.feature",
    *{block.file for page in WRITTEN for block in of(page) if block.file},
)
_CODE = re.compile(r"(?<!`)`([^`\n]+)`(?!`)")
_FENCED = re.compile(r"^ *```.*?^ *```$", re.MULTILINE | re.DOTALL)
_PATH = re.compile(r"[\w.*/-]+/[\w.*/-]*")
_MODULE = re.compile(r"squall(\.\w+)+")
_IN_FILE = re.compile(r"`(squall/[\w/]+\.py)`, `(\w+)`")


def words(page: Path) -> list[str]:
    """Return the code in the lines of a page."""
    return _CODE.findall(_FENCED.sub("", page.read_text()))


def named(page: Path) -> list[str]:
    paths = (word for word in words(page) if _PATH.fullmatch(word) and word.partition("/")[0] in OURS)
    return [path for path in paths if not path.startswith(THEIRS)]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_a_path_leads_somewhere(page: Path, my_system: Path) -> None:
    assert [
        path for path in named(page) if not any(list(root.glob(path.rstrip("/"))) for root in (ROOT, my_system))
    ] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_a_module_or_a_name_in_one_is_there(page: Path) -> None:
    wanted = [word for word in words(page) if _MODULE.fullmatch(word) and word.split(".")[1] in ROOMS]
    assert [name for name in wanted if not is_there(name)] == []


def is_there(name: str) -> bool:
    place, _, last = name.rpartition(".")
    try:
        module = importlib.import_module(place)
    except ModuleNotFoundError:
        return False
    return hasattr(module, last) or (hasattr(module, "__path__") and find_spec(name) is not None)


def test_a_function_is_in_the_file_that_it_is_said_to_be_in() -> None:
    found = [pair for page in PAGES for pair in _IN_FILE.findall(page.read_text())]
    assert len(found) >= 2
    for file, name in found:
        assert re.search(rf"^ *(def|class) {name}\b|^{name}\b", (ROOT / file).read_text(), re.MULTILINE), (file, name)


def test_many_are_named_and_one_that_is_not_there_would_be_found() -> None:
    assert len({path for page in PAGES for path in named(page)}) > 60
    assert not list(ROOT.glob("squall/nothing.py"))
    assert not is_there("squall.nothing")
    assert not is_there("squall.measure.nothing")
