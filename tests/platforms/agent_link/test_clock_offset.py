import pytest

from squall.interval import Interval
from squall.platforms.agent_link.clock_offset import ClockExchange, ahead, placed


def test_half_the_round_trip_is_the_error() -> None:
    offset = ahead([ClockExchange(10.0, 100.0, 10.5)], same_boot=False)
    assert offset == Interval(89.5, 90.0)
    assert offset.error == 0.25


def test_more_exchanges_narrow_it() -> None:
    offset = ahead([ClockExchange(10.0, 100.0, 10.5), ClockExchange(20.0, 110.25, 20.5)], same_boot=False)
    assert offset == Interval(89.75, 90.0)


def test_clocks_that_drifted_apart_leave_the_last_exchange() -> None:
    offset = ahead([ClockExchange(10.0, 100.0, 10.1), ClockExchange(20.0, 111.0, 20.1)], same_boot=False)
    assert [offset.low, offset.high] == pytest.approx([90.9, 91.0])


def test_the_same_boot_is_the_same_clock() -> None:
    assert ahead([ClockExchange(10.0, 10.1, 10.5)], same_boot=True) == Interval.exact(0.0)


def test_the_same_boot_in_a_time_namespace_is_not() -> None:
    assert ahead([ClockExchange(10.0, 100.0, 10.5)], same_boot=True) == Interval(89.5, 90.0)


def test_a_moment_carries_the_error() -> None:
    assert placed(100.0, Interval(89.5, 90.0)) == Interval(10.0, 10.5)
