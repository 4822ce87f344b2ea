import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from squall.measure.witness import within, witness
from squall.record.columns import Samples
from squall.record.samples import DROPPED, UNFINISHED, Sample
from tests.records import HARM, stream

TIMES = st.floats(-5, 5)
ROWS = st.lists(
    st.builds(
        lambda at, late, took, ok: Sample(at, at + late, at + late + took, 200, ok),
        TIMES, st.floats(0, 0.5), st.one_of(st.floats(0, 3), st.just(math.nan)), st.booleans(),
    )
)  # fmt: skip


@given(ROWS, TIMES, st.floats(0, 5))
def test_who_is_within_is_who_was_meant_then_or_was_under_way(rows: list[Sample], start: float, length: float) -> None:
    end = start + length
    expected = [
        s for s in sorted(rows, key=lambda s: s.intended)
        if start <= s.intended < end
        or (s.intended < start and (s.done > start or (math.isnan(s.done) and s.sent < start)))
    ]  # fmt: skip
    assert repr(list(within(Samples.of(rows), start, end))) == repr(expected)


@given(ROWS)
def test_slow_and_failed_are_what_each_request_says(rows: list[Sample]) -> None:
    seen = witness(Samples.of(rows), -10, math.inf, 500)
    ordered = sorted(rows, key=lambda s: s.intended)
    assert seen.failed.tolist() == [s.known and not s.ok for s in ordered]
    assert seen.unknown.tolist() == [not s.known for s in ordered]
    assert seen.slow.tolist() == [s.known and (not s.ok or (s.done - s.sent) * 1000 > 500) for s in ordered]
    assert seen.perhaps_slow.tolist() == [not s.known or not s.ok or s.latency * 1000 > 500 for s in ordered]


def test_a_request_under_way_counts_as_meant_when_the_stretch_begins() -> None:
    slow = Sample(HARM - 1.5, HARM - 1.5, HARM + 0.5, 503, False)
    seen = witness(Samples.of([slow, *stream(50)]), HARM, HARM + 10)
    assert seen.at[0] == HARM
    assert seen.failed[0]


def test_time_in_which_nobody_asked_is_unknown() -> None:
    rows = [s for s in stream(50) if not HARM + 10 <= s.intended < HARM + 14]
    seen = witness(Samples.of(rows), HARM, HARM + 60)
    assert int(seen.unknown.sum()) == pytest.approx(200, abs=2)
    assert seen.at[seen.unknown].min() == pytest.approx(HARM + 10, abs=0.03)
    assert not witness(Samples.of(stream(50)), HARM, HARM + 60).unknown.any()


def test_what_is_not_seen_to_the_end_is_unknown_to_the_end() -> None:
    seen = witness(Samples.of(stream(50, end=HARM + 3)), HARM, HARM + 60)
    assert int(seen.unknown.sum()) == pytest.approx(57 * 50, abs=3)


def test_irregular_arrivals_have_no_holes_in_their_ordinary_gaps() -> None:
    pairs = [s for t in stream(10) for s in (t, t._replace(intended=t.intended + 0.005))]
    assert not witness(Samples.of(pairs), HARM, HARM + 60).unknown.any()


def test_dropped_and_unfinished_ones_are_unknown() -> None:
    rows = stream(50)
    rows[1000] = rows[1000]._replace(sent=math.nan, done=math.nan, ok=False, error=DROPPED)
    rows[1001] = rows[1001]._replace(done=math.nan, ok=False, error=UNFINISHED)
    seen = witness(Samples.of(rows), HARM, HARM + 60)
    assert (int(seen.unknown.sum()), int(seen.failed.sum())) == (2, 0)
