import math
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from squall.measure.percentiles import enough, percentile, percentile_bounds


@pytest.mark.parametrize(("p", "needed"), [(50, 20), (90, 100), (95, 200), (99, 1000), (99.9, 10000)])
def test_a_percentile_needs_ten_samples_beyond_it(p: float, needed: int) -> None:
    assert enough(p) == needed


@given(st.lists(st.floats(-1e6, 1e6), min_size=1), st.sampled_from([1, 25, 50, 95, 99.9]))
def test_percentiles_are_exact(values: list[float], percent: float) -> None:
    rank = math.ceil(round(percent * len(values) / 100, 6))
    assert percentile(values, percent) == sorted(values)[max(0, rank - 1)]


def test_nothing_has_no_percentile() -> None:
    assert math.isnan(percentile([], 95))


@pytest.mark.parametrize(("percent", "count"), [(95, 300), (50, 40), (25, 55), (1, 55), (99, 55)])
def test_percentile_bounds_cover_the_truth_as_often_as_they_say(percent: float, count: int) -> None:
    rng = random.Random(7)
    found = [percentile_bounds([rng.random() for _ in range(count)], percent) for _ in range(400)]
    assert sum(b.low <= percent / 100 <= b.high for b in found) >= 388


def test_where_all_samples_may_lie_beyond_it_an_end_is_open() -> None:
    values = list(range(55))
    assert percentile_bounds(values, 1).low == -math.inf
    assert percentile_bounds(values, 99).high == math.inf
    assert percentile_bounds(values, 25).low > 0
