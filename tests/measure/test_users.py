import math
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from squall.interval import Interval
from squall.measure.harm import onset
from squall.measure.load import complete, due, lateness
from squall.measure.percentiles import enough, percentile, percentile_bounds
from squall.measure.users import latencies, success, within
from squall.measure.windows import keeps, outages, recovered, slower_than, unseen
from squall.record.event import Event, HarmEffect, LoadStarted, RateChanged
from squall.record.samples import DROPPED, UNFINISHED, Sample
from tests.records import END, HARM, record, stream


@pytest.mark.parametrize(("p", "needed"), [(50, 20), (90, 100), (95, 200), (99, 1000), (99.9, 10000)])
def test_a_percentile_needs_ten_samples_beyond_it(p: float, needed: int) -> None:
    assert enough(p) == needed


def test_percentiles_are_exact() -> None:
    assert percentile([5, 1, 4, 2, 3], 50) == 3
    assert percentile(range(1, 101), 95) == 95
    assert math.isnan(percentile([], 95))


def test_percentile_bounds_cover_the_truth_as_often_as_they_say() -> None:
    rng = random.Random(7)
    covered = sum(
        (b := percentile_bounds([rng.random() for _ in range(300)], 95)).low <= 0.95 <= b.high for _ in range(400)
    )
    assert covered >= 390


@given(st.floats(0.001, 0.999))
def test_unseen_is_the_least_number_that_rules_the_share_out(share: float) -> None:
    n = unseen(share)
    assert (1 - share) ** n <= 0.01 + 1e-9
    assert n == 1 or (1 - share) ** (n - 1) > 0.01 - 1e-9


def test_the_onset_spans_all_targets() -> None:
    second = HarmEffect(HARM, "api-2", proven=True, how="gone", low=HARM - 0.1, high=HARM + 0.2)
    assert onset(record(more=[second])) == Interval(HARM - 0.1, HARM + 0.002)


def test_requests_in_flight_when_the_harm_struck_count() -> None:
    slow = Sample(HARM - 0.5, HARM - 0.5, HARM + 0.5, 200, True)
    done = Sample(HARM - 0.5, HARM - 0.5, HARM - 0.4, 200, True)
    assert within(sorted([slow, done]), HARM, HARM + 10) == [slow]


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


def test_a_failed_request_is_no_fast_answer_and_a_late_one_no_slow_system() -> None:
    failed = Sample(0, 0, 0.001, 503, False)
    late = Sample(0, 0.3, 0.31, 200, True)
    assert latencies([failed]) == ([math.inf], [math.inf])
    least, most = latencies([late])
    assert least == pytest.approx([10])
    assert most == pytest.approx([310])


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

    def fails(t: float) -> bool:
        return first <= t < last and rng.random() < share

    found = outages(record(stream(rate, fails), stream(2 * rate, fails, phase=0.5)), HARM, hold=5.0)
    # Two stretches are two outages only if the hold length passed between them without a failure.
    total = sum((outage.length for outage in found), start=Interval.exact(0))
    assert total.low <= length + 1e-6
    if len(found) == 1 and (share == 1 or found[0].failed >= 10):
        # At the edges a share of failures may stay unseen in one case of a hundred on each side.
        assert total.high >= length * 0.9


def test_an_outage_at_full_failure_is_known_to_an_interval_of_samples() -> None:
    (outage,) = outages(record(probes=stream(100, lambda t: 103 <= t < 107)), HARM, hold=5.0)
    assert outage.length.low <= 4 <= outage.length.high
    assert outage.length.error <= 0.011


def test_a_failing_share_shows_late_and_the_bound_says_so() -> None:
    count = iter(range(10**9))
    found = outages(record(probes=stream(50, lambda t: 103 <= t < 107 and next(count) % 10 == 9)), HARM, hold=5.0)
    assert len(found) == 1
    assert found[0].length.error > 0.4
    assert found[0].length.low <= 4 <= found[0].length.high


def test_an_outage_that_is_not_over_is_endless() -> None:
    (outage,) = outages(record(probes=stream(50, lambda t: t >= 170)), HARM, hold=5.0)
    assert outage.length.high == math.inf


def test_failures_before_the_harm_are_no_outage_of_it() -> None:
    assert outages(record(probes=stream(50, lambda t: t < 99)), HARM, hold=5.0) == []


def test_recovered_is_the_start_of_a_stretch_that_holds() -> None:
    back = recovered(record(stream(50, lambda t: 100 <= t < 106), stream(100)), HARM)
    assert back is not None
    # Within a window of 5 s at 150/s one per cent may fail: seven requests of the outage's end.
    assert 105.7 <= back.low <= 106 <= back.high + 0.3


def test_a_flapping_system_has_not_recovered() -> None:
    back = recovered(record(stream(50, lambda t: int(t) % 3 == 0 and t < 130), stream(100)), HARM)
    assert back is not None
    assert back.low > 127


def test_what_never_recovers_is_none() -> None:
    assert recovered(record(stream(50, lambda t: t > 100), stream(100, lambda t: t > 100)), HARM) is None


def test_too_few_samples_are_never_sure() -> None:
    back = recovered(record(stream(5), stream(5)), HARM)
    assert back is not None
    assert back.high == math.inf


def test_windows_keep_clear_of_the_limit_by_the_doubt() -> None:
    samples = stream(50, latency=0.01, start=0, end=20)
    slow = [s._replace(done=s.sent + 1) if i % 20 == 0 else s for i, s in enumerate(samples)]
    windows = keeps(slow, 5.0, slower_than(200), 0.05, doubt=2.576)
    assert not any(windows.surely)
    assert all(windows.perhaps)


def test_lateness_is_of_what_was_sent() -> None:
    samples = [Sample(0, 0.01 * i, 1, 200, True) for i in range(100)]
    assert lateness(samples) == pytest.approx(0.98)
    assert lateness([]) == 0


def test_the_record_ends_where_it_ends() -> None:
    assert max(s.intended for s in stream(50)) < END


def test_what_is_complete_ends_with_the_first_arrival_that_is_missing() -> None:
    samples = stream(50, start=HARM, end=HARM + 2)
    assert complete(samples, HARM, 50) == pytest.approx(HARM + 2)
    assert complete([], HARM, 50) == HARM
    missing = [sample for number, sample in enumerate(samples) if number not in {60, 80}]
    assert complete(missing, HARM, 50) == pytest.approx(HARM + 60 / 50)


def test_where_an_arrival_makes_several_requests_nothing_is_known_to_be_complete() -> None:
    samples = stream(50, start=HARM, end=HARM + 2)
    second = samples[30]._replace(intended=samples[30].intended + 0.003)
    assert complete(sorted([*samples, second]), HARM, 50) == -math.inf
