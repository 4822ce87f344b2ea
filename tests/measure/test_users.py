import math

import pytest

from squall.interval import Interval
from squall.measure.arrivals import due
from squall.measure.harm import onset
from squall.measure.load import lateness
from squall.measure.users import success
from squall.record.columns import Samples
from squall.record.event import Event, HarmEffect, LoadStarted, RateChanged
from squall.record.samples import DROPPED, UNFINISHED, Sample
from tests.records import END, HARM, record, stream


def test_the_onset_spans_all_targets() -> None:
    second = HarmEffect(HARM, "api-2", proven=True, how="gone", low=HARM - 0.1, high=HARM + 0.2)
    assert onset(record(more=[second])) == Interval(HARM - 0.1, HARM + 0.002)


def started(rate: float, start: float) -> Event:
    return LoadStarted(start, "load", start=start, rate=rate)


def test_due_counts_the_schedule() -> None:
    assert due(record(more=[started(50, 80.0)]), 100, 110) == 500
    assert due(record(more=[started(50, 105.0)]), 100, 110) == 250
    faster = RateChanged(104.9, "load", start=105.0, rate=100)
    assert due(record(more=[started(50, 80.0), faster]), 100, 110) == 750
    assert due(record(), 100, 110) is None


def test_arrivals_that_left_no_trace_make_the_share_a_range() -> None:
    requests = [s for s in stream(50) if not 110 <= s.intended < 111]
    share = success(record(requests, more=[started(50, HARM - 15)]), HARM, HARM + 60)
    assert (share.count, share.unknown, share.failed) == (3000, 50, 0)
    assert share.share == Interval(100 * 2950 / 3000, 100)


def test_dropped_and_unfinished_arrivals_may_have_gone_either_way() -> None:
    requests = stream(50)
    requests[1000] = requests[1000]._replace(sent=math.nan, done=math.nan, ok=False, error=DROPPED)
    requests[1001] = requests[1001]._replace(done=math.nan, ok=False, error=UNFINISHED)
    share = success(record(requests), HARM, HARM + 60)
    assert (share.failed, share.unknown) == (0, 2)
    assert share.share.high == 100 > share.share.low


def test_lateness_is_of_what_was_sent() -> None:
    samples = [Sample(0, 0.01 * i, 1, 200, True) for i in range(100)]
    assert lateness(Samples.of(samples)) == pytest.approx(0.98)
    assert lateness(Samples.of([])) == 0


def test_the_record_ends_where_it_ends() -> None:
    assert max(s.intended for s in stream(50)) < END
