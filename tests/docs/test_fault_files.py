"""A fault is one file, its sentence, and one for each way to carry it out: counted by the guide's own list."""

import re
from pathlib import Path

import pytest

from tests.docs.blocks import ROOT, Block, of, shown

PAGE = ROOT / "docs" / "how-to" / "adding-a-fault.md"
NAMED = re.compile(r"\b(?:CrashLoop|crash_loop)\b")


def listed(page: str) -> list[str]:
    """Return the files of the package that the guide's table lists."""
    return re.findall(r"^\| `(squall/\S+\.py)` \|", page, re.MULTILINE)


def naming(root: Path) -> list[str]:
    """Return the files of the package that name the fault; a path with its name in it does, too."""
    files = (path.relative_to(root).as_posix() for path in (root / "squall").rglob("*.py"))
    return sorted(file for file in files if NAMED.search(f"{file}\n{(root / file).read_text('utf-8')}"))


def test_the_files_that_name_the_fault_are_those_of_the_guide() -> None:
    assert sorted(listed(PAGE.read_text("utf-8"))) == naming(ROOT)


def test_they_are_a_fault_a_sentence_and_one_for_all_platforms() -> None:
    assert [file.split("/")[1] for file in naming(ROOT)] == ["agent", "faults", "steps"]


def test_another_file_that_names_it_would_be_counted(tmp_path: Path) -> None:
    (tmp_path / "squall").mkdir()
    (tmp_path / "squall" / "a.py").write_text("if isinstance(fault, CrashLoop): ...")
    (tmp_path / "squall" / "b.py").write_text("CrashLoopBackOff is the kubelet's word")
    assert naming(tmp_path) == ["squall/a.py"]


@pytest.mark.parametrize("block", [block for block in of(PAGE) if (ROOT / (block.file or "none")).exists()], ids=str)
def test_what_the_guide_shows_of_a_file_is_in_it(block: Block) -> None:
    assert shown(block)
