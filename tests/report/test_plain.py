"""Nothing that a system under test says steers the terminal that shows it."""

import json
from pathlib import Path

import pytest

from squall.report.plain import in_one_line, plain
from tests.commands.projects import squall

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain, with ünïcode, and\ttabs\nlines", "plain, with ünïcode, and\ttabs\nlines"),
        ("\x1b]52;c;ZXZpbA==\x07", r"\x1b]52;c;ZXZpbA==\x07"),
        ("\x1b[2K\rnothing to undo", r"\x1b[2K\rnothing to undo"),
        ("a\x00b\x9bc\u202ed", r"a\x00b\x9bc\u202ed"),
    ],
)
def test_what_steers_is_shown_as_its_escape(text: str, shown: str) -> None:
    assert plain(text) == shown
    assert plain(shown) == shown


def test_no_line_can_be_taken_for_one_of_squalls() -> None:
    assert in_one_line("cordoned\nsquall: nothing to undo") == r"cordoned\nsquall: nothing to undo"


def test_an_undo_log_of_somebody_else_reaches_no_terminal(tmp_path: Path) -> None:
    about = "\x1b]0;title\x07\nrun: all is undone"
    line = {"entry": 1, "state": "open", "kind": "\x1b[2J", "about": about, "args": {}}
    (tmp_path / "undo.jsonl").write_text(json.dumps(line) + "\n")
    done = squall(ROOT, "undo", str(tmp_path))
    assert done.code == 3
    assert "\x1b" not in done.out + done.errors
    assert len(done.out.splitlines()) == 1
