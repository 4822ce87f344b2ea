"""The panels of the figure, each drawn into axes that it is given; time is in seconds from the record's zero.

Colours are those of Okabe and Ito, told apart with any colour vision; shape and words say the same as colour.
"""

import textwrap
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np

from squall.claims.replicas_reach import ReplicasReach
from squall.claims.replicas_within import ReplicasWithin
from squall.figures import signed, written
from squall.measure.harm import onset
from squall.measure.instances import ready_over_time
from squall.measure.outages import FailingStretch, outages
from squall.measure.witness import witness
from squall.record.event import Noted, ReleaserEnded
from squall.record.folder import Record
from squall.record.judgement import Judgement
from squall.report.evidence import bin_length, span, zero
from squall.report.plain import blanked
from squall.report.wording import held_against
from squall.verdict import Finding, Verdict
from squall.writing.redact import redacted

if TYPE_CHECKING:
    from matplotlib.axes import Axes

BAD, OUTAGE = "#c23b00", "#e69f00"
COLOURS = {Verdict.HELD: "#00705a", Verdict.BROKEN: BAD, Verdict.INCONCLUSIVE: "#8a5a00"}
LOOKS = (("#0072b2", "o"), ("#a0307a", "^"), ("#222222", "v"), ("#56b4e9", "s"))
MOST_NOTES = 6
_OF_REPLICAS = frozenset({ReplicasReach.__name__, ReplicasWithin.__name__})
# White behind a text, so that lines and points do not run through it.
BEHIND = {"boxstyle": "square,pad=0.1", "fc": "white", "ec": "none", "alpha": 0.8}
MOST_PROMISES = 5
# Characters of a line above a panel.
_ROOM = 75


def failures(ax: "Axes", record: Record) -> None:
    """Draw the share of failed requests and probes for each second or half second, and the outages found in them."""
    start, length = zero(record), bin_length(record)
    both = record.requests, record.probes
    places = np.concatenate([np.floor((each.intended - start) / length).astype(np.int64) for each in both])
    bins, back, total = np.unique(places, return_inverse=True, return_counts=True)
    failed = np.bincount(back, np.concatenate([each.failed for each in both]), len(bins))
    unknown = np.bincount(back, np.concatenate([~each.known for each in both]), len(bins))
    shown = (failed + unknown) > 0
    left = (bins[shown] * length).tolist()
    share = (100 * failed[shown] / total[shown]).tolist()
    rest = (100 * unknown[shown] / total[shown]).tolist()
    ax.bar(left, share, length, align="edge", color=BAD, lw=0)
    ax.bar(left, rest, length, bottom=share, align="edge", color="#bbbbbb", lw=0)
    ax.set_ylim(0, 100 if max([0.0, *share]) > 45 else 50)
    ax.set_ylabel("failed, %", labelpad=2)
    if not left:
        text = "none failed" if len(places) else ""
        ax.text(0.5, 0.5, text, transform=ax.transAxes, ha="center", va="center", color="#555555")
    _outages(ax, record, start)


def instances(ax: "Axes", record: Record) -> None:
    """Draw how many instances were ready, of the services harmed, against how many are wanted."""
    from matplotlib.ticker import MaxNLocator

    start, end = zero(record), span(record).high
    chosen = _services(record)
    top, drawn = 1, False
    for service, (colour, _) in zip(chosen[:3], LOOKS, strict=False):
        counts, wanted = ready_over_time(record, service), record.plan.instances.get(service, 0)
        top = max([top, wanted, *(len(count.ready) for count in counts)])
        ax.axhline(wanted, color="#333333", lw=1, ls="--")
        if counts:
            x = [*(count.t - start for count in counts), end - start]
            y = [*(len(count.ready) for count in counts), len(counts[-1].ready)]
            ax.step(x, y, where="post", color=colour, lw=2, label=f"{printable(service)} ready ({wanted} wanted)")
            drawn = True
    ax.set_ylim(0, top * 1.15 + 0.1)
    ax.yaxis.set_major_locator(MaxNLocator(4, integer=True))
    ax.set_ylabel("ready", labelpad=2)
    if drawn:
        # Above the panel: in it, it would lie over what it names.
        ax.legend(loc="lower right", bbox_to_anchor=(1.0, 0.98), ncols=3, frameon=False, fontsize=9.5, borderpad=0,
                  borderaxespad=0.1, handlelength=1.2, columnspacing=1.2)  # fmt: skip
    else:
        ax.text(0.5, 0.5, "instances were not watched", transform=ax.transAxes, ha="center", color="#555555")


def _services(record: Record) -> list[str]:
    """Return the services whose replicas a claim is about, those that were harmed, and without any all of them."""
    claimed = [str(claim.fields.get("service", "")) for claim in record.plan.claims if claim.name in _OF_REPLICAS]
    named = [*claimed, *(target.service for target in record.plan.targets)]
    return [name for name in dict.fromkeys(named) if name] or list(record.plan.instances)


def timed(judgement: Judgement) -> list[Finding]:
    """Return the findings that are durations counted from the harm."""
    measured = [finding for finding in judgement.findings if finding.figure is not None and finding.limit is not None]
    return [finding for finding in measured if finding.unit == "s"][:MOST_PROMISES]


def promises(ax: "Axes", record: Record, judgement: Judgement) -> None:
    """Draw each measured duration from the harm on, its error, and its limit."""
    start, found = zero(record), timed(judgement)
    end = span(record).high - start
    late = start - (record.phase("steady") or span(record).low) > 0.75 * end
    for row, finding in enumerate(found):
        if finding.figure is None or finding.limit is None:
            continue
        colour, low, high = COLOURS[finding.verdict], min(finding.figure.low, end), min(finding.figure.high, end)
        ax.barh(row, low, 0.34, color=colour, lw=0)
        ax.barh(row, high - low, 0.34, low, color=colour, alpha=0.35, lw=0)
        ax.plot([finding.limit] * 2, [row - 0.28, row + 0.28], color="#111111", lw=2, scalex=False)
        text = f"{printable(finding.claim)}:  {held_against(finding, record.plan.observation)}"
        ax.annotate(textwrap.shorten(text, 88, placeholder=" …"), (end if late else 0, row), va="bottom",
                    xytext=(0 if late else 4, 8), textcoords="offset points", ha="right" if late else "left",
                    fontsize=9.5, color=colour, bbox=BEHIND)  # fmt: skip
    ax.annotate("bar: measured, pale: how far it may reach; black: the limit", (1, 1), xycoords="axes fraction",
                xytext=(0, 3), textcoords="offset points", ha="right", fontsize=9.5, color="#444444")  # fmt: skip
    ax.set_ylim(len(found) - 0.55, -0.85)
    ax.set_yticks([])
    ax.set_ylabel("promises" if len(found) > 1 else "", labelpad=14)
    ax.grid(visible=False, axis="y")


def noted(record: Record) -> list[tuple[float, str]]:
    """Return when the platform noted what, from the harm on, else all of it: each once.

    The first few, and how a releaser ended.
    """
    first: dict[str, tuple[float, bool]] = {}
    for note in record.events(Noted):
        text = f"{printable(note.who)}: {printable(note.text)}"
        first.setdefault(text, (note.t - zero(record), isinstance(note, ReleaserEnded)))
    notes = [(at, text, end) for text, (at, end) in first.items()]
    chosen = [each for each in notes if each[0] >= 0] or notes
    ends = [each for each in chosen if each[2]][:MOST_NOTES]
    others = [each for each in chosen if not each[2]][: MOST_NOTES - len(ends)]
    return [(at, text) for at, text, _ in sorted([*ends, *others])]


def notes_height(record: Record) -> float:
    """Return the inches that the written notes take, with the axis' own numbers above them."""
    return 0.5 + 0.2 * len(noted(record))


def notes(over: "Axes", below: "Axes", record: Record) -> None:
    """Draw the notes as numbered ticks under a panel, and write them out below all of them."""
    below.axis("off")
    shown, height = noted(record), notes_height(record)
    low, high = over.get_xlim()
    for x, numbers in _together([at for at, _ in shown], 0.025 * (high - low)):
        over.annotate(numbers, (x, 0), xycoords=("data", "axes fraction"), xytext=(0, -10), va="center",
                      textcoords="offset points", ha="center", fontsize=8.5, color="white", annotation_clip=True,
                      bbox={"boxstyle": "round,pad=0.2", "fc": "#555555", "ec": "none"})  # fmt: skip
    for number, (at, text) in enumerate(shown, start=1):
        line = textwrap.shorten(f"{number}  {signed(at)} s  {text}", 92, placeholder=" …")
        below.text(0, 1 - (0.45 + 0.2 * (number - 1)) / height, line, transform=below.transAxes, va="top", fontsize=10,
                   color="#444444")  # fmt: skip


def _together(places: Sequence[float], least: float) -> Iterator[tuple[float, str]]:
    """Yield where numbers from 1 on are drawn, and those that would lie over one another as one: ``1-3``."""
    first = 0
    for number in range(1, len(places) + 1):
        if number == len(places) or places[number] - places[number - 1] > least:
            yield places[first], f"{first + 1}" if number == first + 1 else f"{first + 1}-{number}"
            first = number


def printable(text: str) -> str:
    """Return text that can be put into a figure: one line, nothing that XML forbids, no secrets."""
    return " ".join(blanked(redacted(text)).split())


def _outages(ax: "Axes", record: Record, start: float) -> None:
    if onset(record) is None:
        return
    seen = witness(record.requests, start, record.phase("undo") or span(record).high)
    found = outages(seen, 1 - record.plan.objective.success / 100, record.plan.hold)
    for outage in found:
        ax.axvspan(outage.first - start, outage.last - start, color=OUTAGE, alpha=0.22, lw=0, zorder=0)
    if found:
        text = _failing(found, start)
        early = found[0].first - span(record).low < 0.5 * (span(record).high - span(record).low)
        x, align = (found[0].first, "left") if early else (found[-1].last, "right")
        ax.annotate(text, (x - start, 1), xycoords=("data", "axes fraction"), xytext=(0, 3), ha=align,
                    textcoords="offset points", fontsize=10, color="#7a4a00")  # fmt: skip


def _failing(found: Sequence[FailingStretch], start: float) -> str:
    """Write the first outages, as many as there is room for."""
    ends = [f"{signed(o.first - start)} s to {signed(o.last - start)} s ({written(o.length, 's')})" for o in found]
    shown = ends[:2] if len(", ".join(ends[:2])) <= _ROOM else ends[:1]
    return f"failing {', '.join(shown)}" + (f" and {len(ends) - len(shown)} more" if len(ends) > len(shown) else "")
