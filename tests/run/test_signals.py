import os
import signal
import threading
from collections.abc import Iterator

import pytest

from squall.run.signals import terminable, uninterrupted

SIGNALS = (signal.SIGINT, signal.SIGTERM)


@pytest.fixture(autouse=True)
def handlers() -> Iterator[None]:
    """Whatever a test does, what handles signals is as before."""
    before = {number: signal.getsignal(number) for number in SIGNALS}
    signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    after = {number: signal.getsignal(number) for number in SIGNALS}
    for number, handler in before.items():
        signal.signal(number, handler)
    assert after[signal.SIGTERM] == before[signal.SIGTERM]


def test_a_termination_interrupts() -> None:
    with pytest.raises(KeyboardInterrupt), terminable():
        os.kill(os.getpid(), signal.SIGTERM)


@pytest.mark.parametrize("number", SIGNALS)
def test_what_is_not_to_be_cut_short_is_not(number: int) -> None:
    done: list[str] = []

    def work() -> None:
        with terminable(), uninterrupted():
            os.kill(os.getpid(), number)
            os.kill(os.getpid(), number)
            done.append("all of it")

    with pytest.raises(KeyboardInterrupt):
        work()
    assert done == ["all of it"]


def test_nothing_is_delivered_that_did_not_come() -> None:
    with terminable(), uninterrupted():
        pass


def test_other_threads_leave_signals_alone() -> None:
    passed = threading.Event()

    def work() -> None:
        with terminable(), uninterrupted():
            passed.set()

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert passed.is_set()
