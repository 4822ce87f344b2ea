import math

import pytest

from squall.interval import Interval
from squall.measure.gauges import Reading, first, growth, longest_gap, readings
from squall.record.event import Event, GaugeRead
from tests.records import HARM, record


def read(t: float, value: float, instance: str = "api-1", name: str = "free", took: float = 0.1) -> Event:
    return GaugeRead(t, "api", instance=instance, name=name, value=value, took=took)


def series(*values: float, start: float = 0.0) -> list[Reading]:
    """One reading a second, each of which took 0.1 s."""
    return [Reading(Interval(start + n - 0.1, start + n), value) for n, value in enumerate(values)]


def test_readings_are_those_of_one_gauge_by_instance_and_time() -> None:
    events = [read(HARM + 2, 1), read(HARM + 1, 5), read(HARM + 1, 9, name="waiting"), read(HARM + 1, 3, "api-2")]
    found = readings(record(more=events), "api", "free")
    assert {name: [reading.value for reading in of] for name, of in found.items()} == {"api-1": [5, 1], "api-2": [3]}
    assert found["api-1"][0].when.low == pytest.approx(HARM + 0.9)
    assert found["api-1"][0].when.high == HARM + 1
    assert readings(record(more=events), "redis", "free") == {}


def test_a_change_lies_between_the_last_reading_without_it_and_the_first_with_it() -> None:
    assert first(series(5, 5, 0, 0), lambda value: value == 0, after=0.5) == Interval(0.9, 2)
    assert first(series(5, 5, 0, 0), lambda value: value == 0, after=1.5) == Interval(1.5, 2)
    assert first(series(5, 5), lambda value: value == 0, after=0) is None


def test_what_was_so_before_counts_only_from_its_next_reading() -> None:
    assert first(series(0, 0, 0), lambda value: value == 0, after=0.5) == Interval(0.5, 1)


def test_the_longest_gap() -> None:
    assert longest_gap(series(1, 1, 1), 0, 2) == 1
    assert longest_gap(series(1, 1, 1), 0, 5) == 3
    assert longest_gap([], 10, 15) == 5


def test_growth_lies_between_what_was_read_inside_and_around() -> None:
    assert growth(series(0, 10, 30, 60, 100), 0.5, 3.5) == Interval(50, 100)
    assert growth(series(0, 10, 30, 60, 100), 1, 3) == Interval(30, 90)


def test_a_counter_that_began_anew_lost_an_unknown_amount() -> None:
    assert growth(series(0, 10, 4, 6, 8), 0.5, 3.5) == Interval(6, math.inf)


def test_growth_without_readings_on_both_sides_has_no_upper_bound() -> None:
    assert growth(series(0, 10, 20), 0.5, 9) == Interval(10, math.inf)
    assert growth([], 0, 1) == Interval(0, math.inf)
