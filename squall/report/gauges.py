"""What the gauges of the system showed, one line for each instance: before the harm, from it on, at the end. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass

from squall.figures import amount
from squall.measure.gauges import readings
from squall.record.event import GaugeUnread
from squall.record.folder import Record
from squall.report.evidence import zero


@dataclass(frozen=True, slots=True)
class GaugeLine:
    """A gauge of one instance; figures as texts, empty where nothing was read."""

    service: str
    gauge: str
    instance: str
    before: str
    lowest: str
    highest: str
    last: str


def lines(record: Record) -> Iterator[GaugeLine]:
    """Yield what was read, by service, gauge and instance; a gauge that was never read has a line that says so."""
    harmed = zero(record)
    for service, names in record.plan.gauges.items():
        for name in names:
            found = readings(record, service, name)
            for instance, series in sorted(found.items()):
                before = [reading.value for reading in series if reading.when.high <= harmed]
                after = [reading.value for reading in series if reading.when.high > harmed]
                yield GaugeLine(
                    service, name, instance, _last(before), _figure(min(after, default=None)),
                    _figure(max(after, default=None)), _last(after or before),
                )  # fmt: skip
            if not found:
                yield GaugeLine(service, name, _why(record, service, name), "", "", "", "")


def _why(record: Record, service: str, name: str) -> str:
    said = (e for e in record.events(GaugeUnread, who=service) if e.name == name)
    return f"never read: {reason}" if (reason := next((e.reason for e in said), "")) else "never read"


def _last(values: list[float]) -> str:
    return _figure(values[-1] if values else None)


def _figure(value: float | None) -> str:
    return "" if value is None else amount(value, "")
