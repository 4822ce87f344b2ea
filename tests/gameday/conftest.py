from pathlib import Path

import pytest

from tests.gameday.drills import Table


@pytest.fixture
def table(tmp_path: Path) -> Table:
    """Return a drill whose first scenario waits for GO, with nothing that bars it."""
    table = Table(tmp_path)
    table.board.begin(1, "One crashes")
    table.board.ask()
    table.board.bars = lambda: ""
    return table
