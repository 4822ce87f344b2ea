"""Writes every file that a run folder holds for people. The one place that does, whoever ran or judged the run."""

from squall.record.folder import RunFolder
from squall.record.judgement import Judgement
from squall.report.figure import draw
from squall.report.page import page


def write(folder: RunFolder, judgement: Judgement) -> None:
    """Write the figure and the page of a judged run into its folder."""
    record = folder.load()
    figure = draw(record, judgement)
    folder.figure.write_bytes(figure)
    (folder.path / "report.html").write_text(page(record, judgement, figure))
