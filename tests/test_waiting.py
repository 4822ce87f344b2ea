"""Waiting is bounded by the clock that is given, looks once more at the deadline, and says what it saw last."""

from collections.abc import Callable

import pytest

from squall.errors import NotUndone
from squall.testing.platform import VirtualClock
from squall.waiting import poll, until


@pytest.fixture
def clock() -> VirtualClock:
    return VirtualClock(start=1000.0)


def at(clock: VirtualClock, moment: float) -> Callable[[], bool]:
    return lambda: clock.now() >= moment


def test_it_returns_the_first_look_that_is_done(clock: VirtualClock) -> None:
    assert poll(at(clock, 1000.5), within=10, every=0.2, clock=clock)
    assert clock.now() == pytest.approx(1000.6)


def test_what_is_done_already_is_not_waited_for(clock: VirtualClock) -> None:
    assert poll(lambda: "ready", within=0, clock=clock) == "ready"
    assert clock.now() == 1000.0


def test_it_looks_for_the_last_time_at_the_deadline(clock: VirtualClock) -> None:
    """A look every 4 s within 10 s: the last sleep is cut to 2 s, and what is there only then is found."""
    assert poll(at(clock, 1010.0), within=10, every=4, clock=clock)
    assert clock.now() == 1010.0


def test_what_is_not_done_in_time_is_returned_as_it_was_seen_last(clock: VirtualClock) -> None:
    assert poll(lambda: clock.now() - 1000, within=3, every=1, clock=clock, done=lambda waited: waited > 5) == 3


def test_one_that_insists_says_what_it_saw_last(clock: VirtualClock) -> None:
    def missing() -> str:
        return "api not ready" if clock.now() < 1002 else "worker not ready"

    with pytest.raises(NotUndone, match=r"^starting shop: not within 5 s: worker not ready$"):
        until("starting shop", missing, within=5, every=1, clock=clock, done=lambda said: not said, error=NotUndone)


def test_an_error_that_means_not_yet_is_waited_out_and_another_is_not(clock: VirtualClock) -> None:
    def answer() -> str:
        if clock.now() < 1002:
            raise ConnectionRefusedError("refused")
        return "ok"

    assert poll(answer, within=5, every=1, clock=clock, passing=(ConnectionRefusedError,)) == "ok"
    with pytest.raises(ZeroDivisionError):
        poll(lambda: 1 / 0, within=5, every=1, clock=clock, passing=(ConnectionRefusedError,))
    assert clock.now() == 1002.0


def test_an_error_that_lasts_is_the_cause_in_the_message(clock: VirtualClock) -> None:
    def answer() -> str:
        raise ConnectionRefusedError("refused")

    with pytest.raises(ConnectionRefusedError):
        poll(answer, within=1, clock=clock, passing=(ConnectionRefusedError,))
    with pytest.raises(NotUndone, match=r"^asking api: not within 1 s: refused$") as raised:
        until("asking api", answer, within=1, clock=clock, passing=(ConnectionRefusedError,), error=NotUndone)
    assert isinstance(raised.value.__cause__, ConnectionRefusedError)


def test_each_look_that_is_not_done_is_heard_of(clock: VirtualClock) -> None:
    heard: list[bool] = []
    poll(at(clock, 1002), within=5, every=1, clock=clock, undone=heard.append)
    assert heard == [False, False]
