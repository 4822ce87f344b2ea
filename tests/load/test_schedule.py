import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from squall.load.schedule import Schedule
from squall.measure.arrivals import due, planned
from squall.record.arrivals import Pace, Segment, Stage, segments
from squall.record.event import LoadStarted, RateChanged
from tests.records import record


def take(schedule: Schedule, until: float) -> list[float]:
    taken = []
    while schedule.next < until:
        taken.append(schedule.take())
    return taken


def test_arrivals_are_evenly_spaced_from_the_start() -> None:
    assert take(Schedule(Segment(10.0, 4)), 11.1) == [10.0, 10.25, 10.5, 10.75, 11.0]


def test_next_does_not_take() -> None:
    schedule = Schedule(Segment(10.0, 4))
    assert schedule.next == schedule.next == schedule.take() == 10.0


def test_no_error_adds_up_over_an_hour() -> None:
    schedule = Schedule(Segment(0.0, 3))
    assert [schedule.take() for _ in range(3 * 3600 + 1)][-1] == 3600.0


def test_a_change_takes_effect_at_its_moment() -> None:
    schedule = Schedule(Segment(0.0, 1))
    assert take(schedule, 1.5) == [0.0, 1.0]
    schedule.change(Segment(1.5, 4))
    assert take(schedule, 2.3) == [1.5, 1.75, 2.0, 2.25]


def test_a_late_loop_still_gets_what_was_meant_before_a_change() -> None:
    schedule = Schedule(Segment(0.0, 2))
    schedule.change(Segment(1.25, 4))
    schedule.change(Segment(2.0, 1))
    assert take(schedule, 3.5) == [0.0, 0.5, 1.0, 1.25, 1.5, 1.75, 2.0, 3.0]


@given(st.lists(st.tuples(st.floats(0.1, 10), st.floats(0.5, 200)), min_size=1, max_size=5))
def test_each_segment_has_its_rate_and_time_goes_forward(parts: list[tuple[float, float]]) -> None:
    start, schedule, meant = 0.0, Schedule(Segment(0.0, parts[0][1])), 0.0
    for number, (length, rate) in enumerate(parts):
        if number:
            schedule.change(Segment(start, rate))
        start += length
        meant += length * rate
    taken = take(schedule, start)
    assert taken == sorted(taken)
    assert abs(len(taken) - meant) <= len(parts)


RATES = st.floats(0.5, 200)
STAGES = st.lists(st.builds(Stage, st.floats(0.1, 10), RATES, RATES), min_size=1, max_size=4)


def test_a_ramp_is_denser_at_its_end() -> None:
    ramp = Schedule(Segment(0.0, 0.5, 1.5, 4.0))
    # The n-th comes when t/2 + t^2/8 = n.
    assert take(ramp, 4.0) == [
        0.0,
        pytest.approx(2 * 3**0.5 - 2),
        pytest.approx(2 * 5**0.5 - 2),
        pytest.approx(2 * 7**0.5 - 2),
    ]


def test_after_a_ramp_the_rate_stays_where_it_came_to() -> None:
    taken = take(Schedule(Segment(10.0, 1.0, 3.0, 2.0)), 15.0)
    assert taken[4:] == pytest.approx([12.0 + number / 3 for number in range(9)])


def test_random_arrivals_repeat_with_their_seed_and_only_with_it() -> None:
    once, again, other = (take(Schedule(Segment(0.0, 50), "random", seed), 10.0) for seed in (1, 1, 2))
    assert once == again != other


def test_random_arrivals_are_a_poisson_process() -> None:
    """Their number in each of 2,000 seconds has mean 20, and a variance as large; the bounds are six of its errors."""
    counts = np.bincount(np.floor(take(Schedule(Segment(0.0, 20), "random", 7), 2000.0)).astype(int), minlength=2000)
    assert abs(counts.mean() - 20) < 6 * (20 / 2000) ** 0.5
    assert abs(counts.var() - 20) < 6 * 20 * (2 / 2000) ** 0.5


@given(STAGES, st.floats(0.5, 200), st.sampled_from(["even", "random"]), st.integers(0, 99))
def test_the_judge_counts_those_who_were_due(stages: list[Stage], rate: float, pace: Pace, seed: int) -> None:
    changes = segments(3.0, stages)
    schedule = Schedule(Segment(1.0, rate), pace, seed)
    for segment in changes:
        schedule.change(segment)
    end = changes[-1].start + stages[-1].over + 2.0
    taken = take(schedule, end)
    said = [RateChanged(3.0, "load", each.start, each.rate, each.to, each.over) for each in changes]
    known = record(more=[LoadStarted(1.0, "load", 1.0, rate, pace=pace, seed=seed), *said])
    assert taken == sorted(taken)
    assert planned(known, 0.0, end).tolist() == taken
    # Where a moment and a count meet, either may be rounded.
    middle = (taken[len(taken) // 2] + taken[len(taken) // 2 - 1]) / 2 if len(taken) > 1 else end
    assert abs((due(known, 0.0, middle) or 0) - sum(moment < middle for moment in taken)) <= len(changes)


def test_a_closed_loop_has_no_schedule() -> None:
    assert due(record(more=[LoadStarted(1.0, "load", 1.0, 20.0, pace="closed", users=10)]), 0.0, 10.0) is None
