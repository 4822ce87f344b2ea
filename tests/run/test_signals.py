import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from squall.run.signals import terminable, uninterrupted

ROOT = Path(__file__).parents[2]
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


# Does what a run does, 3000 times, while a child of its own sends signals as fast as it can, and prints how often
# neither of the two outer clean-ups was gone through.
STORM = """
import os, signal, sys
from squall.run.signals import terminable, uninterrupted
for number in (signal.SIGINT, signal.SIGTERM):
    signal.signal(number, lambda number, frame: None)
child = os.fork()
if not child:
    harness = os.getppid()
    while os.getppid() == harness:
        os.kill(harness, signal.SIGTERM)
        os.kill(harness, signal.SIGINT)
    os._exit(0)
skipped = interrupted = 0
for _ in range(3000):
    done = set()
    try:
        with terminable():
            try:
                try:
                    try:
                        done.add("harmed")
                        sum(range(2000))
                    finally:
                        with uninterrupted():
                            done.add("inner")
                finally:
                    with uninterrupted():
                        done.add("outer")
            except KeyboardInterrupt:
                with uninterrupted():
                    done.add("again")
                raise
    except KeyboardInterrupt:
        interrupted += 1
    skipped += "harmed" in done and not done & {"outer", "again"}
os.kill(child, signal.SIGKILL)
print(interrupted, skipped)
"""


def test_no_storm_of_signals_skips_the_undo() -> None:
    """A second signal between an exception and the clean-up skipped that in one storm of some thirty."""
    done = subprocess.run(
        [sys.executable, "-c", STORM], cwd=ROOT, capture_output=True, text=True, timeout=60, check=True
    )
    interrupted, skipped = map(int, done.stdout.split())
    assert interrupted > 0
    assert skipped == 0


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
