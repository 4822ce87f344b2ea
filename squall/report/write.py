"""Writes every file that people read of a judged run. The one place that does, whoever ran or judged it."""

from pathlib import Path

from squall.record.folder import Record
from squall.record.judgement import Judgement
from squall.report.figure import draw
from squall.report.page import page

FIGURE, PAGE = "figure.svg", "report.html"


def write(record: Record, judgement: Judgement, into: Path) -> None:
    """Write the figure and the page of a judged run into a folder that is there."""
    figure = draw(record, judgement)
    (into / FIGURE).write_bytes(figure)
    (into / PAGE).write_text(page(record, judgement, figure), encoding="utf-8")
