import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from squall.measure.latency import back_below, latencies
from squall.measure.percentiles import Z99
from squall.measure.witness import witness
from squall.record.columns import Samples
from squall.record.samples import Sample
from tests.records import HARM, stream

FLAGS = st.lists(st.booleans(), min_size=40, max_size=120)


def test_a_failed_request_is_no_fast_answer_and_a_late_one_no_slow_system() -> None:
    failed = Sample(0, 0, 0.001, 503, False)
    late = Sample(1, 1.3, 1.31, 200, True)
    cut = Sample(2, 2, math.nan, 0, False)
    least, most = latencies(Samples.of([failed, late, cut]))
    assert least.tolist() == [math.inf, pytest.approx(10), 0]
    assert most.tolist() == [math.inf, pytest.approx(310), math.inf]


@settings(deadline=None)
@given(FLAGS)
def test_back_below_is_what_looking_at_each_window_finds(flags: list[bool]) -> None:
    rows = [Sample(n / 10, n / 10, n / 10 + (1 if flag else 0.01), 200, True) for n, flag in enumerate(flags)]
    end, length, allowed = len(rows) / 10, 2.0, 0.2
    found = back_below(witness(Samples.of(rows), 0.0, end, 200), length, 0.0, allowed)
    surely = perhaps = -1
    starts = [n for n, row in enumerate(rows) if row.intended <= end - length]
    for n in starts:
        begin = rows[n].intended
        window = [flags[i] for i, row in enumerate(rows) if begin <= row.intended < begin + length]
        limit, spread = allowed * len(window), Z99 * math.sqrt(allowed * len(window) * (1 - allowed))
        surely = n if sum(window) > limit + spread + 1e-9 else surely
        perhaps = n if sum(window) > limit - spread + 1e-9 else perhaps
    assert found.low == (0.0 if surely < 0 else rows[surely].intended)
    late = 0.0 if perhaps < 0 else rows[perhaps + 1].intended if perhaps + 1 < len(starts) else math.inf
    assert found.high == max(found.low, late)


def test_good_before_it_was_slow_is_not_back() -> None:
    rows = [s._replace(done=s.sent + 1) if HARM + 11 <= s.intended < HARM + 60 else s for s in stream(50)]
    back = back_below(witness(Samples.of(rows), HARM, HARM + 80, 200), 5.0, 5.0, 0.05)
    assert HARM + 54 < back.low <= HARM + 60 <= back.high + 5


def test_a_share_close_to_the_limit_is_neither_back_nor_not() -> None:
    rows = [
        s._replace(done=s.sent + 1) if i % 20 == 0 else s for i, s in enumerate(stream(50, start=HARM, end=HARM + 20))
    ]
    back = back_below(witness(Samples.of(rows), HARM, HARM + 20, 200), 5.0, 0.0, 0.05)
    assert (back.low, back.high) == (HARM, math.inf)
