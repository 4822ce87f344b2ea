"""Which modules a name in a file may import: those that the project's conftest.py registers, and no others."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from squall.project import module, project_folder, registered


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


def register(folder: Path, *names: str) -> None:
    write(folder / "conftest.py", f"pytest_plugins = {names!r}\n")


@pytest.mark.parametrize("place", ["mine_own.py", "mine_pack/own.py", "mine_pack/own/__init__.py"])
def test_a_registered_module_is_imported(mine: Path, place: str) -> None:
    write(mine / place)
    write(mine / "mine_pack" / "__init__.py")
    name = place.removesuffix("/__init__.py").removesuffix(".py").replace("/", ".")
    register(mine, name)
    path = list(sys.path)
    found = module(name)
    assert found is not None
    assert found.HERE
    assert sys.path == path


def test_what_a_registered_module_imports_is_the_projects_too(mine: Path) -> None:
    write(mine / "mine_steps.py", "import mine_claims\n")
    write(mine / "mine_claims.py")
    register(mine, "mine_steps")
    assert module("mine_claims") is not None


def test_what_is_imported_already_is_taken(mine: Path) -> None:
    assert module("squall.errors") is sys.modules["squall.errors"]


@pytest.mark.parametrize(
    "name", ["mine_own", "antigravity", "nowhere", "nowhere.at.all", "xml.dom.nowhere", "..up", ""]
)
def test_what_is_not_registered_is_not_imported(mine: Path, name: str) -> None:
    write(mine / "mine_own.py", "raise SystemExit('imported')\n")
    register(mine, "mine_other", "antigravity")
    sys.modules.pop(name, None)
    assert module(name) is None
    assert name not in sys.modules


def test_the_namespace_of_a_run_folder_is_no_package(mine: Path) -> None:
    """runs/ without __init__.py is a namespace package: a received folder with a module in it would be run."""
    write(mine / "runs" / "received" / "note.py", "raise SystemExit('imported')\n")
    register(mine, "runs.received.note")
    assert module("runs.received.note") is None


@pytest.mark.parametrize("left", ["plan.json", "undo.jsonl", "harness.json"])
def test_a_run_folder_is_no_project(mine: Path, left: str) -> None:
    write(mine / "note.py", "raise SystemExit('imported')\n")
    register(mine, "note")
    write(mine / left, "")
    assert module("note") is None


def test_what_is_installed_is_not_the_projects(mine: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place = mine / ".venv" / "lib" / "site-packages"
    write(place / "mine_installed.py", "raise SystemExit('imported')\n")
    monkeypatch.syspath_prepend(str(place))
    register(mine, "mine_installed")
    assert module("mine_installed") is None


def test_what_a_module_raises_is_raised(mine: Path) -> None:
    write(mine / "mine_broken.py", "1 / 0\n")
    register(mine, "mine_broken")
    with pytest.raises(ZeroDivisionError):
        module("mine_broken")


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ('pytest_plugins = ["a", "b"]', {"a", "b"}),
        ('pytest_plugins: tuple[str, ...] = ("a",)', {"a"}),
        ('pytest_plugins = "a"', {"a"}),
        ("pytest_plugins = [name() for name in made]", set()),
        ("pytest_plugins: tuple[str, ...]", set()),
        ("pytest_plugins = 3\nother = ['a']", set()),
        ("not python at all", set()),
    ],
)
def test_the_list_is_read_as_text(tmp_path: Path, text: str, names: set[str]) -> None:
    write(tmp_path / "conftest.py", text)
    assert registered(tmp_path) == names


def test_without_a_conftest_nothing_is_registered(tmp_path: Path) -> None:
    assert registered(tmp_path) == frozenset()


def test_a_folder_of_the_project_is_in_it(mine: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(mine / "mine_deep.py")
    register(mine, "mine_deep")
    (mine / "features" / "shop").mkdir(parents=True)
    monkeypatch.chdir(mine / "features" / "shop")
    assert project_folder(Path.cwd()) == mine
    assert module("mine_deep") is not None


def test_who_is_in_a_run_folder_is_in_no_project(mine: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A received archive may hold a run and a conftest.py above it."""
    write(mine / "mine_sent.py", "raise SystemExit('imported')\n")
    register(mine, "mine_sent")
    write(mine / "runs" / "received" / "plan.json", "{}")
    (mine / "runs" / "received" / "deep").mkdir()
    for folder in ("", "deep"):
        monkeypatch.chdir(mine / "runs" / "received" / folder)
        assert project_folder(Path.cwd()) == Path.cwd()
        assert module("mine_sent") is None
