import math
import random
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from squall.measure.outages import failing_time, outages, unnoticed
from squall.measure.witness import Witness, witness
from squall.record.columns import Samples
from squall.record.samples import DROPPED, Sample
from tests.records import HARM, stream

UNTIL = HARM + 60


def seen(rate: float, fails: Callable[[float], bool], until: float = UNTIL) -> Witness:
    return witness(Samples.of(stream(rate, fails)), HARM, until)


@given(
    length=st.floats(0.05, 12),
    begin=st.floats(0.0, 10),
    share=st.sampled_from([1.0, 0.5, 1 / 3]),
    rate=st.sampled_from([5.0, 20.0, 50.0]),
    seed=st.integers(0, 10**6),
)
def test_an_outage_lies_within_its_bounds(length: float, begin: float, share: float, rate: float, seed: int) -> None:
    rng = random.Random(seed)
    first, last = HARM + begin, HARM + begin + length
    total = failing_time(seen(rate, lambda t: first <= t < last and rng.random() < share), 0.01, hold=5.0)
    assert total.low <= length + 1e-6
    if share == 1:
        assert total.high >= length - 1e-6


@pytest.mark.parametrize("rate", [20, 50, 100])
def test_a_total_outage_is_known_to_three_distances_of_samples(rate: float) -> None:
    total = failing_time(seen(rate, lambda t: 103 <= t < 107), 0.01, hold=5.0)
    assert total.low <= 4 <= total.high
    assert total.high - total.low <= 6.001 / rate


def test_a_failing_share_shows_late_and_the_bound_says_so() -> None:
    count = iter(range(10**9))
    total = failing_time(seen(50, lambda t: 103 <= t < 107 and next(count) % 10 == 9), 0.01, hold=5.0)
    assert total.error > 0.4
    assert total.low <= 4 <= total.high


def test_an_outage_that_is_not_over_is_endless() -> None:
    (outage,) = outages(seen(50, lambda t: t >= UNTIL - 3), 0.01, hold=5.0)
    assert outage.late == math.inf


def test_failures_outside_of_what_is_asked_about_are_no_outage_of_it() -> None:
    assert outages(seen(50, lambda t: t < 99 or t > UNTIL), 0.01, hold=5.0) == []


def test_an_outage_that_comes_and_goes_counts_at_least_its_parts_and_at_most_all() -> None:
    total = failing_time(seen(50, lambda t: 103 <= t < 113 and int(t) % 2 == 1), 0.01, hold=5.0)
    assert total.low == pytest.approx(5, abs=0.15)
    assert total.high == pytest.approx(9, abs=0.15)


def test_noise_that_the_objective_allows_is_no_outage() -> None:
    total = failing_time(seen(50, lambda t: round(t * 50) % 200 == 0), 0.01, hold=5.0)
    assert total.low == 0
    assert total.high < 5


def test_noise_above_the_objective_may_be_an_outage_of_all_the_time() -> None:
    rng = random.Random(1)
    assert failing_time(seen(50, lambda t: rng.random() < 0.018), 0.01, hold=5.0).high >= 60


def test_where_nothing_failed_a_tenth_may_have_for_as_long_as_does_not_show() -> None:
    total = failing_time(seen(50, lambda t: False), 0.01, hold=5.0)
    assert total.low == 0
    assert total.high == pytest.approx(0.88, abs=0.03)
    assert failing_time(seen(3, lambda t: False), 0.01, hold=5.0).high == pytest.approx(14.67, abs=0.4)
    assert unnoticed(witness(Samples.of([]), HARM, UNTIL)) == math.inf


def dropped(rows: list[Sample], start: float, end: float) -> list[Sample]:
    gone = [s._replace(sent=math.nan, done=math.nan, ok=False, error=DROPPED) for s in rows]
    return [g if start <= s.intended < end else s for g, s in zip(gone, rows, strict=True)]


def test_what_was_dropped_beside_an_outage_may_have_been_more_of_it() -> None:
    rows = dropped(stream(100, lambda t: HARM <= t < HARM + 0.3), HARM + 0.3, HARM + 0.9)
    total = failing_time(witness(Samples.of(rows), HARM, UNTIL), 0.01, hold=5.0)
    assert total.low < 0.3 < 0.9 <= total.high


def test_a_hole_in_the_log_may_have_been_an_outage() -> None:
    rows = [s for s in stream(50) if not HARM + 10 <= s.intended < HARM + 14]
    total = failing_time(witness(Samples.of(rows), HARM, UNTIL), 0.01, hold=5.0)
    assert total.low == 0
    assert total.high >= 4
