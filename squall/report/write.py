"""Writes every file that people read of a judged run. The one place that does, whoever ran or judged it."""

from collections.abc import Sequence
from pathlib import Path

from squall.record.folder import Record
from squall.record.judgement import Judgement
from squall.report.figure import draw
from squall.report.page import page
from squall.writing.private import replace

FIGURE, PAGE = "figure.svg", "report.html"


def write(record: Record, judgement: Judgement, into: Path, changes: Sequence[str] = ()) -> None:
    """Write the figure and the page of a judged run into a folder that is there.

    ``changes`` are the limits by which it was judged again, as CLAIM.FIELD=VALUE; the page says so.
    """
    figure = draw(record, judgement)
    replace(into / FIGURE, figure)
    replace(into / PAGE, page(record, judgement, figure, changes).encode())
