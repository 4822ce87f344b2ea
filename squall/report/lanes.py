"""The figure's lines for what only some claims are about: calls that a breaker keeps back, and alerts."""

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from squall.claims.registry import claims
from squall.figures import signed
from squall.measure.alerts import Followed, followed
from squall.measure.breaker import PAUSED
from squall.measure.calls import usual_rate
from squall.measure.harm import onset
from squall.record.event import CallsCounted
from squall.record.folder import Record
from squall.report.evidence import zero
from squall.report.panels import BAD, printable

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_CALLS, _ALERT = 1.0, 0.36
_MOST_ALERTS = 6
_FIRING, _PERHAPS = BAD, "#e8b9a4"


def heights(record: Record) -> dict[str, float]:
    """Return the inches that each line needs, by its name; only those that a claim is about."""
    found = {f"calls to {service}": _CALLS for service in counted(record)}
    if rules := alerts(record):
        found["alerts"] = 0.1 + _ALERT * len(rules)
    return found


def counted(record: Record) -> list[str]:
    """Return the services to which calls are counted and a claim is about that."""
    named = [
        str(claim.fields.get("service", ""))
        for claim in record.plan.claims
        if getattr(claims().get(claim.name), "reads_calls", False)
    ]
    read = {event.who for event in record.events(CallsCounted)}
    return [service for service in dict.fromkeys(named) if service in read]


def alerts(record: Record) -> list[Followed]:
    """Return the rules that claims name, or all of them where a claim is that none fires."""
    began = onset(record)
    if began is None:
        return []
    named = {str(claim.fields["alert"]) for claim in record.plan.claims if "alert" in claim.fields}
    whole = any(claim.name == "NoAlert" for claim in record.plan.claims)
    return [one for one in followed(record, began) if whole or one.rule.name in named][:_MOST_ALERTS]


def draw(axes: "dict[str, Axes]", record: Record) -> None:
    """Draw each line into the axes of its name."""
    for service in counted(record):
        _calls(axes[f"calls to {service}"], record, service)
    if "alerts" in axes:
        _alerts(axes["alerts"], record, alerts(record))


def _calls(ax: "Axes", record: Record, service: str) -> None:
    """Draw calls by seconds, those that failed, and where hardly any came: a breaker is open."""
    start = zero(record)
    calls, failed = _by_second(record, service)
    usual = usual_rate(record, service)
    places = sorted(calls)
    left = [place - start for place in places]
    ax.bar(left, [calls[place] for place in places], 1.0, align="edge", color="#8fbcdb", lw=0)
    ax.bar(left, [min(failed[place], calls[place]) for place in places], 1.0, align="edge", color=BAD, lw=0)
    if usual:
        ax.axhline(usual, color="#333333", lw=1, ls="--")
    top = max([usual, *calls.values(), 1.0])
    ax.set_ylim(0, 1.3 * top)
    ax.set_ylabel("calls/s", labelpad=2)
    few = f"; at most {100 * PAUSED:.0f} % of it: a breaker is open" if usual else ""
    text = f"calls to {printable(service)} (red: failed; dashed: as usual{few})"
    ax.annotate(text, (1, 1), xycoords="axes fraction", xytext=(0, 3), textcoords="offset points", ha="right",
                fontsize=9.5, color="#444444")  # fmt: skip


def _by_second(record: Record, service: str) -> tuple[Counter[float], Counter[float]]:
    """Return calls, and those that failed or were given up, of all instances, by the second."""
    calls: Counter[float] = Counter()
    failed: Counter[float] = Counter()
    for event in record.events(CallsCounted, who=service):
        for each in event.seconds:
            calls[round(each.at)] += each.calls
            failed[round(each.at)] += each.failed + each.given_up
    return calls, failed


def _alerts(ax: "Axes", record: Record, rules: Sequence[Followed]) -> None:
    """Draw when each rule fires, pale where that is not sure."""
    start = zero(record)
    for row, one in enumerate(rules):
        ax.plot([one.start - start, one.end - start], [row, row], color="#bbbbbb", lw=1, scalex=False)
        sure = list(_firing(one, sure=True))
        for stretches, colour in ((list(_firing(one, sure=False)), _PERHAPS), (sure, _FIRING)):
            for low, high in stretches:
                ax.barh(row, high - low, 0.3, low - start, color=colour, lw=0)
        when = ", ".join(f"{signed(low - start)} s to {signed(high - start)} s" for low, high in sure[:2])
        text = f"{printable(one.rule.name)} ({printable(one.rule.severity)}): {f'fires {when}' if when else 'silent'}"
        ax.annotate(text, (0, row), xycoords=("axes fraction", "data"), xytext=(4, 5), textcoords="offset points",
                    va="bottom", fontsize=9.5, color=BAD if when else "#444444")  # fmt: skip
    ax.set_ylim(len(rules) - 0.6, -0.95)
    ax.set_yticks([])
    ax.grid(visible=False, axis="y")
    ax.set_ylabel("alerts", labelpad=14)


def _firing(one: Followed, sure: bool) -> Iterator[tuple[float, float]]:
    """Yield from when to when any series of a rule fires."""
    moments = sorted({
        each.t for of in one.series.values() for each in of if (each.surely if sure else each.perhaps)
    })  # fmt: skip
    low = high = None
    for t in moments:
        if low is None or high is None or t - high > 1.5 * one.rule.every:
            if low is not None and high is not None:
                yield low, high
            low = t
        high = t + one.rule.every
    if low is not None and high is not None:
        yield low, high
