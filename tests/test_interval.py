import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from squall.interval import Interval

BOUNDS = st.floats(-1e6, 1e6)
INTERVALS = st.tuples(BOUNDS, BOUNDS).map(lambda pair: Interval(min(pair), max(pair)))
INSIDE = st.floats(0, 1)


def at(interval: Interval, share: float) -> float:
    return min(interval.high, interval.low + share * (interval.high - interval.low))


@given(INTERVALS, INTERVALS, INSIDE, INSIDE)
def test_a_figure_of_any_true_values_lies_in_the_figure_of_their_intervals(
    one: Interval, other: Interval, i: float, j: float
) -> None:
    a, b = at(one, i), at(other, j)
    for interval, value in ((one + other, a + b), (one - other, a - b), (one.later(other), max(a, b))):
        assert interval.low <= value <= interval.high
    assert one.not_below(0).low <= max(a, 0) <= one.not_below(0).high
    assert one.scaled(1000).low <= a * 1000 <= one.scaled(1000).high


@pytest.mark.parametrize(("low", "high"), [(2, 1), (math.nan, 1), (1, math.nan)])
def test_what_is_no_range_is_refused(low: float, high: float) -> None:
    with pytest.raises(ValueError, match="not an interval"):
        Interval(low, high)


def test_middle_and_error_describe_the_range() -> None:
    assert (Interval(1, 3).middle, Interval(1, 3).error) == (2, 1)
    assert Interval.exact(2).error == 0
    assert (Interval(1, math.inf) - Interval(0, 1)) == Interval(0, math.inf)
