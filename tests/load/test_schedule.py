from hypothesis import given
from hypothesis import strategies as st

from squall.load.schedule import Schedule, Segment


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
