import math
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from squall.figures import amount, counted, signed, written
from squall.interval import Interval


@pytest.mark.parametrize(("low", "high", "unit", "limit", "text"), [
    (7.72, 8.08, "s", 5.0, "7.9 s ± 0.2 s"),
    (0.42, 0.61, "s", 5.0, "0.52 s ± 0.10 s"),
    (0.0, 0.4, "s", 5.0, "0 to 0.4 s"),
    (8.999, 9.001, "s", 30.0, "9.000 s ± 0.001 s"),
    (0.0, 0.0, "s", 5.0, "0 s"),
    (3.0, 5.0, "requests", 0.0, "3 to 5 requests"),
    (12.0, 12.0, "requests", 0.0, "12 requests"),
    (99.996, 99.996, "%", 99.9, "99.996%"),
    (98.71, 98.92, "%", 99.0, "98.81% ± 0.11%"),
    (118.3, 131.9, "ms", 200.0, "125 ms ± 7 ms"),
])  # fmt: skip
def test_a_figure_has_the_digits_that_its_error_deserves(
    low: float, high: float, unit: str, limit: float, text: str
) -> None:
    assert written(Interval(low, high), unit, limit) == text


def test_a_figure_beyond_its_limit_never_reads_as_if_it_touched_it() -> None:
    assert written(Interval(5.02, 5.3), "s", 5.0) == "5.16 s ± 0.14 s"
    assert written(Interval(5.0004, 5.0004), "s", 5.0) == "5.0004 s"


@given(
    low=st.floats(0, 500),
    width=st.floats(0.0001, 50),
    limit=st.floats(0.5, 500),
    unit=st.sampled_from(["s", "ms", "%"]),
)
def test_what_is_written_covers_what_was_measured_and_stays_on_its_side(
    low: float, width: float, limit: float, unit: str
) -> None:
    measured, limit = Interval(low, low + width), round(limit, 1)
    text = written(measured, unit, limit)
    first, second = (float(number) for number in re.findall(r"\d+(?:\.\d+)?", text))
    shown = Interval(first - second, first + second) if "±" in text else Interval(first, second)
    assert shown.low <= measured.low + 1e-9
    assert shown.high >= measured.high - 1e-9
    if measured.low > limit + 1e-3:
        assert shown.low > limit
    if measured.high < limit - 1e-3:
        assert shown.high < limit


def test_what_did_not_end_says_so() -> None:
    endless = Interval(59.8, math.inf)
    assert written(endless, "s", 30, observation=60) == "not within the observation (60 s)"
    assert written(Interval(3, math.inf), "s", 30, observation=60) == "3 s or more (no sure end was seen)"
    assert "failed requests" in written(Interval(math.inf, math.inf), "ms", 200)


@pytest.mark.parametrize(
    ("value", "unit", "text"), [(5.0, "s", "5 s"), (99.5, "%", "99.5%"), (0.0, "requests", "0 requests")]
)
def test_limits_are_written_as_they_are(value: float, unit: str, text: str) -> None:
    assert amount(value, unit) == text


def test_one_is_not_many() -> None:
    assert [counted(number, "sample") for number in (0, 1, 2)] == ["0 samples", "1 sample", "2 samples"]


@pytest.mark.parametrize(
    ("seconds", "places", "text"), [(-0.04, 1, "0.0"), (0.04, 1, "0.0"), (0.05, 2, "+0.05"), (-1.26, 1, "-1.3")]
)
def test_a_distance_has_a_sign_unless_it_is_none(seconds: float, places: int, text: str) -> None:
    assert signed(seconds, places) == text
