"""The picture of a run: latency, failures and instances over one time axis that counts from the harm, as SVG.

The only module that imports matplotlib, and only when it draws. The same record gives the same bytes.
"""

import io
import textwrap
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from squall.measure.harm import onset
from squall.record.folder import Record
from squall.record.judgement import Judgement
from squall.report import evidence, lanes, panels, scatter
from squall.report.wording import line, verdict
from squall.writing.redact import redacted

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

# Narrow, so that it can still be read when a phone shrinks it to its width.
WIDTH = 7.8
# Where the panels begin and end, in shares of the width.
LEFT, RIGHT = 0.1, 0.985
# Inches: the head with its title, the gap between panels, the panels, and what each promise adds.
_HEAD, _GAP = 1.34, 0.27
_HEIGHTS = {"latency": 2.9, "failures": 1.25, "instances": 1.0}
_PER_PROMISE = 0.44
# The width of a phase's name, in shares of the axis.
_WIDTH_OF_A_MARK = 0.1
_SETTINGS: dict[Any, object] = {
    "svg.fonttype": "none",
    "svg.hashsalt": "squall",
    "font.family": "sans-serif",
    "font.size": 11,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "grid.color": "#e6e6e6",
    "axes.axisbelow": True,
    "path.simplify": True,
    "text.parse_math": False,
}


def draw(record: Record, judgement: Judgement) -> bytes:
    """Return the figure as SVG, its text as text."""
    with _settings():
        figure, axes = _canvas(record, judgement)
        scatter.latency(axes["latency"], record)
        panels.failures(axes["failures"], record)
        panels.instances(axes["instances"], record)
        lanes.draw(axes, record)
        if "promises" in axes:
            panels.promises(axes["promises"], record, judgement)
        panels.notes(axes["instances"], axes["notes"], record)
        _frame(axes, record)
        _title(figure, record, judgement)
        buffer = io.BytesIO()
        figure.savefig(buffer, format="svg", metadata={"Date": None, "Creator": None}, facecolor="white")
    return buffer.getvalue()


def bounds(record: Record) -> tuple[float, float]:
    """Return the first and the last moment of the figure's axis, in seconds from its zero."""
    zero, span = evidence.zero(record), evidence.span(record)
    low = (record.phase("steady") or span.low) - zero
    return low - 0.2, max(span.high - zero, low + 1) + 0.2


@contextmanager
def _settings() -> Iterator[None]:
    import matplotlib as mpl

    with mpl.rc_context():
        mpl.rcdefaults()
        mpl.rcParams.update(_SETTINGS)
        yield


def _canvas(record: Record, judgement: Judgement) -> tuple["Figure", dict[str, "Axes"]]:
    from matplotlib.backends.backend_svg import FigureCanvasSVG
    from matplotlib.figure import Figure

    promised = len(panels.timed(judgement))
    heights = {**_HEIGHTS, **lanes.heights(record)}
    if promised:
        heights["promises"] = 0.12 + _PER_PROMISE * promised
    heights["notes"] = panels.notes_height(record)
    height = sum(heights.values()) + _HEAD + _GAP * (len(heights) - 1)
    figure = Figure(figsize=(WIDTH, height))
    FigureCanvasSVG(figure)
    axes: dict[str, Axes] = {}
    top = 1 - _HEAD / height
    for name, tall in heights.items():
        share = tall / height
        shared = axes["latency"] if axes and name != "notes" else None
        axes[name] = figure.add_axes((LEFT, top - share, RIGHT - LEFT, share), sharex=shared)
        top -= share + _GAP / height
    return figure, axes


def _frame(axes: dict[str, "Axes"], record: Record) -> None:
    """Draw what goes through all panels: the harm, how long it was active, the phases; and the one axis of time."""
    shown = [ax for name, ax in axes.items() if name != "notes"]
    zero = evidence.zero(record)
    shown[0].set_xlim(*bounds(record))
    harmed = onset(record) is not None and evidence.harms(record)
    active = evidence.lasting(record)
    for ax in shown:
        ax.tick_params(labelbottom=ax is shown[-1], length=3)
        if active is not None:
            ax.axvspan(active.low - zero, active.high - zero, color=panels.BAD, alpha=0.1, lw=0)
        if harmed:
            ax.axvline(0, color=panels.BAD, lw=1.5)
        if (undo := record.phase("undo")) is not None:
            ax.axvline(undo - zero, color="#555555", lw=0.9, ls=":")
    origin = "the harm" if harmed else "the first moment observed"
    shown[-1].set_xlabel(f"seconds after {origin}", labelpad=2)
    _phases(shown[0], record, zero, harmed)


def _phases(ax: "Axes", record: Record, zero: float, harmed: bool) -> None:
    moments = {"steady": record.phase("steady"), "clean-up": record.phase("undo")}
    low, high = ax.get_xlim()
    marks = [(max(t - zero, low), text) for text, t in moments.items() if t is not None]
    stood = evidence.lasting(record)
    if harmed:
        marks.append((0.0, "harm" if stood is None else f"harm, {stood.high - stood.low:.0f} s"))
    for x, text in marks:
        strong = text.startswith("harm")
        # What would run into the next one is left out: the harm is what counts.
        if any(0 < other - x < _WIDTH_OF_A_MARK * (high - low) for other, _ in marks) and not strong:
            continue
        ax.annotate(text, (x, 1.0), xycoords=("data", "axes fraction"), xytext=(2, 3), textcoords="offset points",
                    color=panels.BAD if strong else "#555555", fontweight="bold" if strong else "normal", fontsize=10.5,
                    annotation_clip=True)  # fmt: skip


def _title(figure: "Figure", record: Record, judgement: Judgement) -> None:
    found = [*judgement.findings, *judgement.built_in]
    headline = judgement.headline if found else None
    name = verdict(headline) if headline else judgement.verdict.name
    top, height = 1 - 0.12 / figure.get_figheight(), figure.get_figheight()
    figure.text(0.012, top, name, va="top", fontsize=16, fontweight="bold", color=panels.COLOURS[judgement.verdict])
    figure.text(0.012, top - 0.29 / height, _fitted(record.plan.scenario, 76), va="top", fontsize=12.5)
    if headline is not None:
        text = line(headline, record.plan.observation).partition(": ")[2]
        figure.text(0.012, top - 0.52 / height, _fitted(text, 88), va="top", fontsize=11, color="#444444")


def _fitted(text: str, most: int) -> str:
    return textwrap.shorten(panels.printable(redacted(text)), most, placeholder=" …")
