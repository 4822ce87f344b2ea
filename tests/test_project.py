"""Which modules a name in a file may import: those of the folder we are in, and no others."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from squall.project import module


@pytest.fixture
def mine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.chdir(tmp_path)
    before = dict(sys.modules)
    yield tmp_path
    for name in sys.modules.keys() - before.keys():
        del sys.modules[name]


def write(path: Path, text: str = "HERE = True\n") -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


@pytest.mark.parametrize("place", ["mine_own.py", "mine_pack/own.py"])
def test_a_module_below_the_folder_is_imported(mine: Path, place: str) -> None:
    write(mine / place)
    path = list(sys.path)
    found = module(place.removesuffix(".py").replace("/", "."))
    assert found is not None
    assert found.HERE
    assert sys.path == path


def test_what_is_imported_already_is_taken(mine: Path) -> None:
    assert module("squall.errors") is sys.modules["squall.errors"]


@pytest.mark.parametrize("name", ["antigravity", "nowhere", "nowhere.at.all", "xml.dom.nowhere", "..up", ""])
def test_what_is_not_of_the_project_is_not_imported(mine: Path, name: str) -> None:
    sys.modules.pop(name, None)
    assert module(name) is None
    assert name not in sys.modules


def test_what_is_installed_below_the_folder_is_not_the_projects(mine: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place = mine / ".venv" / "lib" / "site-packages"
    write(place / "mine_installed.py", "raise SystemExit('imported')\n")
    monkeypatch.syspath_prepend(str(place))
    assert module("mine_installed") is None


def test_a_module_that_is_missing_in_a_package_that_is_there(mine: Path) -> None:
    write(mine / "mine_pack" / "__init__.py")
    assert module("mine_pack.gone") is None


def test_what_a_module_raises_is_raised(mine: Path) -> None:
    write(mine / "mine_broken.py", "1 / 0\n")
    with pytest.raises(ZeroDivisionError):
        module("mine_broken")
