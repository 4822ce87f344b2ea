"""The figure's panel of latencies: every request and probe at the moment it was meant, thinned where there are many."""

import math
from typing import TYPE_CHECKING

import numpy as np

from squall.record.columns import Samples
from squall.record.columns import latency as latency_of
from squall.record.folder import Record
from squall.report.evidence import zero
from squall.report.panels import BAD, BEHIND, LOOKS, printable

if TYPE_CHECKING:
    from matplotlib.axes import Axes

# Above this an SVG of single marks grows too heavy; the marks that say least are left out.
MOST_POINTS = 5000
FEWEST_POINTS = 1000
# Failed requests are drawn on a line of their own at the top of the panel: they have no latency worth comparing.
_FAILED_AT = 0.955


def latency(ax: "Axes", record: Record) -> None:
    """Draw each request and probe at its intended moment; the failed ones on a line at the top."""
    from matplotlib.ticker import FuncFormatter, LogLocator, NullLocator

    start, lanes = zero(record), _lanes(record)
    share = MOST_POINTS / max(1, len(record.requests) + len(record.probes))
    for (lane, samples), look in zip(lanes.items(), LOOKS * len(lanes), strict=False):
        _scatter(ax, lane, samples, start, look, max(FEWEST_POINTS, math.ceil(share * len(samples))))
    ax.set_yscale("log")
    limit = record.plan.objective.latency
    ax.axhline(limit, color="#333333", lw=1, ls="--")
    both = record.requests, record.probes
    failed = np.concatenate([each.intended[each.failed] for each in both]) - start
    if len(failed):
        ax.annotate("failed", (1, _FAILED_AT), xycoords="axes fraction", va="top", ha="right", xytext=(-2, -5),
                    textcoords="offset points", fontsize=10, color=BAD, bbox=BEHIND)  # fmt: skip
    took = np.concatenate([latency_of(each)[each.known & each.ok] for each in both]) * 1000
    good = took[took > 0]
    ends = [float(good.min()), float(good.max())] if len(good) else []
    low, high = min([*ends, limit]), max([*ends, limit])
    ax.set_ylim(low / 1.5, high * (high / low) ** 0.22 * 1.6)
    ax.annotate(f"limit {limit:g} ms", (0, limit), xycoords=("axes fraction", "data"), xytext=(4, 3),
                textcoords="offset points", fontsize=10, bbox=BEHIND)  # fmt: skip
    ax.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    ax.yaxis.set_major_formatter(FuncFormatter(lambda value, _position: f"{value:g}"))
    ax.yaxis.set_minor_locator(NullLocator())
    ax.set_ylabel("latency, ms", labelpad=2)
    if lanes:
        ax.legend(loc="lower right", bbox_to_anchor=(1.0, 1.075), ncols=5, frameon=False, fontsize=10, borderpad=0,
                  handletextpad=0.1, columnspacing=1.0, markerscale=1.5, borderaxespad=0.2)  # fmt: skip
    else:
        ax.text(0.5, 0.5, "no requests were recorded", transform=ax.transAxes, ha="center", color="#555555")


def thinned(samples: Samples, most: int) -> Samples:
    """Return about ``most`` of them, evenly chosen, and from each stretch of ten of those the slowest as well."""
    if len(samples) <= most:
        return samples
    step = math.ceil(len(samples) / most)
    took = latency_of(samples)
    starts = np.arange(0, len(samples), 10 * step)
    slowest = [int(at) + int(np.argmax(took[at : at + 10 * step])) for at in starts]
    return samples.chosen(np.unique(np.r_[np.arange(0, len(samples), step), slowest]))


def _lanes(record: Record) -> dict[str, Samples]:
    lanes: dict[str, Samples] = {}
    for kind, samples in (("load", record.requests), ("probes", record.probes)):
        for lane in samples.lane.counts():
            name = kind if lane in {"", kind} else f"{kind}, {lane}"
            lanes[name] = samples.chosen(samples.lane.equal(lane))
    return lanes


def _scatter(ax: "Axes", lane: str, samples: Samples, start: float, look: tuple[str, str], most: int) -> None:
    good = samples.chosen(samples.known & samples.ok)
    failed = samples.intended[samples.failed] - start
    shown, (colour, marker) = thinned(good, most), look
    label = lane if len(shown) == len(good) else f"{lane} (1 in {round(len(good) / len(shown))} shown)"
    size, opacity = (6, 0.5) if marker == "o" else (15, 0.9)
    ax.scatter(shown.intended - start, latency_of(shown) * 1000, s=size, c=colour, marker=marker,
               alpha=opacity, lw=0, label=printable(label))  # fmt: skip
    if len(failed):
        marks = ax.scatter(failed, np.full(len(failed), _FAILED_AT), s=22, c=BAD, marker="|",
                           lw=0.9, transform=ax.get_xaxis_transform(), zorder=4)  # fmt: skip
        marks.set_rasterized(len(failed) > MOST_POINTS)
