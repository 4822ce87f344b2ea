import os
import signal
import sys
from collections.abc import Iterator, Mapping

import pytest

from squall.errors import HarnessFailed, Misuse
from squall.process.child import Child
from squall.process.message import messages
from tests.load.waiting import ends, until

ECHO = """
import os, sys
from squall.process.message import messages
from squall.process.parent import Parent
parent = Parent()
print("a stray line")
parent.say("up", {"pid": os.getpid()})
for message in messages(lambda: os.read(0, 100)):
    parent.say("heard", message)
"""
SPINNING = """
import os
from squall.process.parent import Parent
from squall.process.scheduling import settle
settle()
while os.sched_getscheduler(0) & ~os.SCHED_RESET_ON_FORK != os.SCHED_OTHER:
    pass
Parent().say("ordinary", {})
"""
DEAF = 'import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print(\'{"kind": "up"}\', flush=True)\n'
Heard = list[tuple[str, Mapping[str, object]]]


class Starter:
    """Starts Python programs and stops them all at the end."""

    def __init__(self) -> None:
        self.heard: Heard = []
        self._children: list[Child] = []

    def __call__(self, program: str) -> Child:
        child = Child("child", [sys.executable, "-c", program], lambda *said: self.heard.append(said), {})
        self._children.append(child)
        return child

    def stop(self) -> None:
        for child in self._children:
            child.stop(0)


@pytest.fixture
def start() -> Iterator[Starter]:
    starter = Starter()
    yield starter
    starter.stop()


def test_what_it_says_is_heard_and_what_it_is_sent_arrives(start: Starter) -> None:
    child = start(ECHO)
    child.expect("up", within=10)
    child.send({"rate": 200})
    child.expect("heard", within=10)
    assert ("heard", {"rate": 200}) in start.heard


def test_it_has_a_session_of_its_own(start: Starter) -> None:
    child = start(ECHO)
    child.expect("up", within=10)
    assert os.getsid(child.pid) == child.pid != os.getsid(0)


def test_an_asked_for_end_is_no_failure(start: Starter) -> None:
    child = start(ECHO)
    child.expect("up", within=10)
    assert child.alive
    assert child.failure() is None
    child.stop(10)
    assert not child.alive
    assert child.failure() is None
    child.stop(10)


def test_an_unexpected_end_is_a_failure_with_its_last_words(start: Starter) -> None:
    child = start("import sys; print('oh no', file=sys.stderr); sys.exit(7)")
    until(lambda: not child.alive)
    assert child.failure() == "child ended with exit code 7: oh no"
    child.stop(10)
    assert child.failure() == "child ended with exit code 7: oh no"
    with pytest.raises(HarnessFailed, match="exit code 7"):
        child.expect("up", within=10)


def test_a_killed_child_is_a_failure_that_names_the_signal(start: Starter) -> None:
    child = start(ECHO)
    child.expect("up", within=10)
    with ends(child.pid):
        os.kill(child.pid, signal.SIGKILL)
    until(lambda: not child.alive)
    assert "was ended by SIGKILL" in str(child.failure())
    with pytest.raises(HarnessFailed):
        child.send({})


def test_a_deaf_child_is_killed_and_says_so(start: Starter) -> None:
    child = start(DEAF + "while True: time.sleep(60)")
    child.expect("up", within=10)
    child.stop(0.05)
    assert not child.alive
    assert "was killed" in str(child.failure())


def test_a_silent_child_is_not_waited_for_for_ever(start: Starter) -> None:
    child = start("import sys; sys.stdin.read()")
    with pytest.raises(HarnessFailed, match=r'did not say "up" within 0\.05 s'):
        child.expect("up", within=0.05)


def test_a_refusal_is_the_users_to_read(start: Starter) -> None:
    child = start("from squall.process.parent import Parent; Parent().refuse('there is no such thing')")
    with pytest.raises(Misuse, match=r"^there is no such thing$"):
        child.expect("up", within=10)


def test_a_program_that_is_not_there_fails() -> None:
    with pytest.raises(HarnessFailed, match="starting child: No such file"):
        Child("child", ["/nowhere/at/all"], lambda *_: None, {})


@pytest.mark.slow
def test_a_process_that_spins_loses_its_place_before_others(start: Starter) -> None:
    child = start(SPINNING)
    child.expect("ordinary", within=30)


def test_messages_may_come_in_pieces() -> None:
    pieces = iter([b'{"a": 1}\n{"b"', b": 2", b'}\n{"torn', b""])
    assert list(messages(lambda: next(pieces))) == [{"a": 1}, {"b": 2}]
