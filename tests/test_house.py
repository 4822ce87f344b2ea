"""The house stays as it was built: few words in the root, names that say something. Its figures are read right."""

from pathlib import Path

import pytest

from benchmarks.house import House, Source, figures
from docs.rooms import ROOT, graph

HERE = House(ROOT)
# The words that every room uses, and the two ways in.
ROOT_WORDS = {
    "__main__", "cli", "clock", "errors", "figures", "instances", "interval", "project", "tls", "units", "verdict",
    "waiting",
}  # fmt: skip
# They say nothing of what a module is for.
EMPTY_WORDS = {"base", "common", "helper", "helpers", "manager", "managers", "misc", "tools", "util", "utils"}


def test_the_root_has_only_the_words_that_all_use() -> None:
    assert HERE.root - ROOT_WORDS == set()


def test_each_file_s_name_says_what_it_is_for() -> None:
    assert {source.name for source in HERE.sources if EMPTY_WORDS & set(source.name[:-3].split("/"))} == set()


def test_each_class_has_a_name_of_its_own() -> None:
    assert HERE.twice == {}


def test_no_folder_imports_in_a_circle() -> None:
    assert HERE.circles == []


@pytest.fixture
def house(tmp_path: Path) -> House:
    """Return a house of three rooms with one fault of each kind."""
    files = {
        "__init__.py": "",
        "word.py": '"""A word."""\nCOUNT = 1\n',
        "upper/__init__.py": "",
        "upper/utils.py": "import small.word\nfrom small.upper import other\n\nclass Place:\n    '''Here.'''\n",
        "upper/other.py": "import small.upper.utils\nimport small.lower.ground\n",
        "lower/__init__.py": "",
        "lower/ground.py": "class Place:\n    pass\n\ndef f():\n    '''Wait.'''\n    while True:\n        sleep(1)\n",
    }
    for name, text in files.items():
        path = tmp_path / "small" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    (tmp_path / "pyproject.toml").write_text(
        '[[tool.importlinter.contracts]]\ntype = "layers"\nlayers = ["small.upper", "squall.lower"]\n'
        '[[tool.importlinter.contracts]]\ntype = "forbidden"\n'
    )
    return House(tmp_path, "small")


def test_rooms_floors_and_arrows_are_read_from_the_imports(house: House) -> None:
    assert house.rooms.floors == [["lower", "word"], ["upper"]]
    assert house.rooms.arrows == [("upper", "lower"), ("upper", "word")]


def test_a_circle_is_found_within_a_folder(house: House) -> None:
    assert [set(circle) for circle in house.circles] == [{"small.upper.utils", "small.upper.other"}]


def test_a_name_of_two_classes_is_found_with_both_files(house: House) -> None:
    assert house.twice == {"Place": ["lower/ground.py", "upper/utils.py"]}


def test_every_figure_has_a_value(house: House) -> None:
    assert dict(figures(house)) == {
        "files": "7",
        "files in the package's root": "1",
        "folders": "2",
        "rooms (folders and modules of the root)": "3",
        "floors of rooms": "2",
        "arrows between rooms": "2",
        "folders in which neighbours import in a circle": "1",
        "layers of import-linter": "2",
        "class names defined twice or more": "1",
        "`while` loops that sleep": "1",
        "lines of code": "11",
        "lines of docstrings": "3",
        "lines of a file, median": "2",
        "lines of a file, most": "7 (lower/ground.py)",
        "lines of a function's body, median": "2",
        "lines of a function's body, most": "2 (lower/ground.py:f)",
    }


def test_a_comment_and_a_blank_line_are_no_code_and_a_text_of_many_lines_is() -> None:
    source = Source("a.py", '# why\n\nTEXT = """\nall\nof it"""\n\n\ndef f():\n    """Say.\n\n    More.\n    """\n')
    assert (len(source.code_lines), len(source.docstring_lines)) == (4, 4)


def test_no_other_checkout_is_measured_than_the_one_that_is_named(house: House) -> None:
    with pytest.raises(ValueError, match="another one is imported already"):
        graph(house.checkout, "benchmarks")
