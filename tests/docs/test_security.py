"""Each test that the page on security names is there, in the file that it names."""

import ast
import re

import pytest

from docs.rooms import ROOT

PAGE = (ROOT / "docs" / "security.md").read_text()
ROWS = [line for line in PAGE.splitlines() if re.match(r"\| (?:[CHM]\d+|low)", line)]
NAMED = re.compile(r"`(tests/[\w/]+\.py|test_\w+)`")


def defined(path: str) -> set[str]:
    return {node.name for node in ast.walk(ast.parse((ROOT / path).read_text())) if isinstance(node, ast.FunctionDef)}


def test_every_finding_has_a_row() -> None:
    heads = {row.split()[1] for row in ROWS}
    assert heads >= {*(f"C{n}" for n in (1, 2)), *(f"H{n}" for n in range(1, 9)), *(f"M{n}" for n in range(1, 19))}


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.split("|")[1].strip()[:30])
def test_what_shows_it_is_there(row: str) -> None:
    file, said = "", row.split("|")[2]
    assert NAMED.search(said) or re.search(r"[Nn]ot promised|above|tests/", said)
    for name in NAMED.findall(said):
        if name.startswith("tests/"):
            file = name
            assert (ROOT / file).is_file(), file
        else:
            assert name in defined(file), f"{file}: {name}"
