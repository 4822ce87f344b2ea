import errno
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar

import pytest

from squall.agent.harms.contract import AS_STATED, Means, ending
from squall.agent.scope.scope import Pods, Scope
from squall.agent.service.journal import Journal
from squall.agent.service.orders import RETRY_EVERY, AgentLease, Orders
from squall.agent.service.recovery import undo_open
from squall.agent.service.server import RELEASE_WITHIN, release
from squall.agent.wire import LONGEST_LINE, Lines, Message, Refused, packed


@dataclass
class Bell:
    """A harm that only counts, and looks whether it was written down before it was done."""

    journal: Path
    rung: list[str] = field(default_factory=list)
    breaks: bool = False
    stuck: bool = False
    silenced: int = 0

    def pin(self, order: Message, place: Scope) -> "Bell":
        if order.get("at") == "nobody":
            raise Refused("nobody is there")
        return self

    def undo(self, entry: Message) -> str:
        return f"silenced {entry}"

    def journal_entry(self) -> Message:
        return {"a": 1}

    def do(self) -> Message:
        self.rung.append(self.journal.read_text())
        if self.breaks:
            raise OSError("broken")
        return {"rung": len(self.rung)}

    def close(self) -> None:
        pass


@dataclass
class Rope:
    bell: Bell
    needs: ClassVar = frozenset(Means)

    def pin(self, order: Message, place: Scope) -> "Pulled":
        self.bell.pin(order, place)
        return Pulled(self.bell)

    def undo(self, entry: Message) -> str:
        return self.bell.undo(entry)


@dataclass
class Pulled:
    bell: Bell

    def journal(self) -> Message:
        return self.bell.journal_entry()

    def do(self) -> Message:
        return self.bell.do()

    def close(self) -> None:
        pass


@dataclass
class Clapper(Rope):
    """A harm that stands until it is ended."""

    def pin(self, order: Message, place: Scope) -> "Tolling":
        self.bell.pin(order, place)
        return Tolling(self.bell)


@dataclass
class Tolling(Pulled):
    def end(self) -> Message:
        if self.bell.stuck:
            raise OSError("it tolls on")
        self.bell.silenced += 1
        return {"targets": [ending(AS_STATED, "silent")]}


@pytest.fixture
def bell(tmp_path: Path) -> Bell:
    return Bell(tmp_path / "r.jsonl")


def orders(bell: Bell, now: list[float] | None = None) -> Orders:
    place = Pods("r", frozenset(), Path("/none"), Path("/none"))
    lease = AgentLease(15, lambda: (now or [0.0])[0])
    harms = {"ring": Rope(bell), "toll": Clapper(bell)}
    return Orders(place, harms, Journal(bell.journal), lease, lambda: (now or [0.0])[0])


def order(seq: int, do: str = "ring", **more: object) -> bytes:
    return packed({"run": "r", "seq": seq, "do": do, **more})


def test_it_is_written_down_before_it_is_done(bell: Bell) -> None:
    orders(bell).answer(order(1))
    assert '"state":"open"' in bell.rung[0]


def test_a_repeated_order_is_answered_and_not_repeated(bell: Bell) -> None:
    served = orders(bell)
    first = served.answer(order(1))
    again = served.answer(order(1))
    assert first["rung"] == again["rung"] == 1
    assert again["again"]
    assert len(bell.rung) == 1


def test_a_restarted_agent_does_not_repeat_either(bell: Bell) -> None:
    served = orders(bell)
    served.answer(order(1))
    served._journal._file.close()
    assert orders(bell).answer(order(1))["again"]
    assert len(bell.rung) == 1


def test_an_order_that_comes_late_is_refused(bell: Bell) -> None:
    served = orders(bell)
    served.answer(order(5))
    assert "comes after" in served.answer(order(4))["refused"]


def test_what_broke_half_way_is_not_repeated(bell: Bell) -> None:
    bell.breaks = True
    served = orders(bell)
    assert "half-way" in served.answer(order(1))["refused"]
    assert served.answer(order(1))["again"]
    assert len(bell.rung) == 1


@pytest.mark.parametrize(
    ("line", "text"),
    [
        (b"nonsense", "not JSON"),
        (b"[1]", "not a JSON object"),
        (packed({"run": "r"}), "not understood: KeyError"),
        (packed({"run": "other", "seq": 1, "do": "ring"}), "belongs to the run r, not to other"),
        (order(1, "flood"), "no harm named 'flood'"),
        (order(1, at="nobody"), "nobody is there"),
    ],
)
def test_what_cannot_be_done_is_refused_with_a_reason(bell: Bell, line: bytes, text: str) -> None:
    assert text in orders(bell).answer(line)["refused"]
    assert not bell.rung


def test_each_order_renews_the_lease_and_strangers_do_not(bell: Bell) -> None:
    now = [0.0]
    served = orders(bell, now)
    now[0] = 10
    served.answer(packed({"run": "other", "seq": 1, "do": "ping"}))
    assert served._lease.left == 5
    served.answer(order(1, "ping"))
    assert served._lease.left == 15


def test_bye_ends_it(bell: Bell) -> None:
    served = orders(bell)
    assert served.answer(order(1, "bye"))["released"] == []
    assert served.ended


def test_lines_come_whole_out_of_pieces() -> None:
    lines = Lines()
    assert list(lines.add(b'{"a"')) == []
    assert list(lines.add(b':1}\n\n{"b":2}\n{"c')) == [b'{"a":1}', b'{"b":2}']
    assert list(lines.add(b"\n")) == [b'{"c']


def test_a_harm_that_lasts_stands_until_its_time_is_over(bell: Bell) -> None:
    now = [0.0]
    served = orders(bell, now)
    served.answer(order(1, "toll", lasts=10))
    assert list(served._journal.open_entries()) == [1]
    now[0] = 9.9
    served.tend()
    assert bell.silenced == 0
    assert served.due() == pytest.approx(0.1)
    now[0] = 10.0
    served.tend()
    assert (bell.silenced, served.due(), served._journal.open_entries()) == (1, None, {})


def test_the_end_of_a_harm_is_told_again(bell: Bell) -> None:
    served = orders(bell)
    served.answer(order(1, "toll", lasts=10))
    told = served.answer(order(2, "end", of=1))
    assert told["targets"][0]["ending"] == AS_STATED
    assert served.answer(order(3, "end", of=1))["targets"] == told["targets"]
    assert bell.silenced == 1
    assert served.answer(order(1, "toll", lasts=10))["again"]
    assert len(bell.rung) == 1


@pytest.mark.parametrize(
    ("line", "text"),
    [
        (order(2, "end", of=7), "there was no order 7"),
        (order(2, "end", of=1), "was over when it was done"),
        (order(3, "toll"), "not understood: KeyError: 'lasts'"),
        (order(3, "toll", lasts=0), "not 0"),
        (order(3, "toll", lasts=1e9), "lasts up to 3600 s"),
    ],
)
def test_what_has_no_end_is_refused(bell: Bell, line: bytes, text: str) -> None:
    served = orders(bell)
    served.answer(order(1))
    assert text in served.answer(line)["refused"]
    assert not served._journal.open_entries()


def test_what_cannot_be_ended_stays_written_down(bell: Bell) -> None:
    served = orders(bell)
    served.answer(order(1, "toll", lasts=10))
    bell.stuck = True
    assert "tolls on" in served.answer(order(2, "end", of=1))["refused"]
    assert list(served._journal.open_entries()) == [1]


def test_a_lasting_harm_that_broke_half_way_is_taken_back_at_once(bell: Bell) -> None:
    served = orders(bell)
    served.answer(order(1, "toll", lasts=10))
    bell.breaks = True
    answer = served.answer(order(2, "toll", lasts=10))
    assert ("half-way" in answer["refused"], answer["taken back"]) == (True, "silenced {'a': 1}")
    assert list(served._journal.open_entries()) == [1]


def test_leaving_ends_what_stands_and_a_successor_does_too(bell: Bell) -> None:
    served = orders(bell)
    served.answer(order(1, "toll", lasts=10))
    assert served.answer(order(2, "bye"))["released"] == ["silent"]
    served.answer(order(3, "toll", lasts=10))
    served._journal._file.close()
    assert undo_open(Journal(bell.journal), {"toll": Clapper(bell)}) == [(True, "silenced {'a': 1}")]
    successor = orders(bell)
    assert "the agent ended while it did this" in successor.answer(order(3, "toll", lasts=10))["refused"]
    assert successor.answer(order(4, "end", of=3))["released"] == "silenced {'a': 1}"


def test_a_lease_runs_out_unless_renewed() -> None:
    now = [100.0]
    lease = AgentLease(15.0, lambda: now[0])
    now[0] += 14
    assert lease.left == 1
    lease.renew()
    now[0] += 14
    assert lease.left == 1
    now[0] += 1
    assert lease.left <= 0


@dataclass
class Named:
    """A harm that is active until its end, which fails as ``fails`` says; so does its undo, ``undo_fails`` times."""

    fails: dict[str, Exception] = field(default_factory=dict)
    undo_fails: int = 0
    over: list[str] = field(default_factory=list)
    undone: list[str] = field(default_factory=list)
    needs: ClassVar = frozenset(Means)

    def pin(self, order: Message, place: Scope) -> "NamedActive":
        return NamedActive(self, str(order["name"]))

    def undo(self, entry: Message) -> str:
        if self.undo_fails:
            self.undo_fails -= 1
            raise OSError("still there")
        self.undone.append(entry["name"])
        return f"undone {entry['name']}"


@dataclass
class NamedActive:
    of: Named
    name: str

    def journal(self) -> Message:
        return {"name": self.name}

    def do(self) -> Message:
        return {"targets": []}

    def end(self) -> Message:
        if failure := self.of.fails.get(self.name):
            raise failure
        self.of.over.append(self.name)
        return {"targets": [ending(AS_STATED, f"{self.name} is over")]}

    def renew(self) -> None:
        raise OSError("not renewed")

    def close(self) -> None:
        raise OSError("not closed")


class Full(Journal):
    """A journal on a disk that is full."""

    full = False

    def _append(self, line: Message) -> None:
        if self.full:
            raise OSError(errno.ENOSPC, "No space left on device")
        super()._append(line)


@dataclass
class Three:
    """An agent with three harms that are active, for 10, 11 and 12 s; time is what ``now`` says."""

    harm: Named
    journal: Full
    now: list[float]
    orders: Orders


@pytest.fixture
def three(tmp_path: Path) -> Three:
    harm, journal, now = Named(), Full(tmp_path / "r.jsonl"), [0.0]
    place = Pods("r", frozenset(), Path("/none"), Path("/none"))
    served = Orders(place, {"it": harm}, journal, AgentLease(60, lambda: now[0]), lambda: now[0])
    for number, name in enumerate("abc"):
        assert "targets" in served.answer(order(1 + number, "it", name=name, lasts=10 + number))
    return Three(harm, journal, now, served)


FAILURES = [OSError(errno.EMFILE, "Too many open files"), ValueError("x"), RuntimeError("can't start new thread")]


@pytest.mark.parametrize("failure", FAILURES, ids=lambda failure: type(failure).__name__)
@pytest.mark.parametrize("full", [False, True], ids=["", "full"])
def test_one_end_that_fails_keeps_no_other_from_its_end(three: Three, failure: Exception, full: bool) -> None:
    three.harm.fails["b"], three.journal.full, three.harm.undo_fails = failure, full, 2
    three.now[0] = 20
    three.orders.tend()
    assert (three.harm.over, three.orders.left) == (["c", "a"], 1)
    assert three.orders.due() == RETRY_EVERY
    assert "ending it: " in three.orders.answer(order(4, "end", of=2))["refused"]
    for _ in range(3):
        assert not three.harm.undone
        three.now[0] += RETRY_EVERY
        three.orders.tend()
    assert (three.harm.undone, three.orders.left) == (["b"], 0)
    assert three.orders.answer(order(5, "end", of=2))["released"].startswith("undone b")


@pytest.mark.parametrize("failure", FAILURES, ids=lambda failure: type(failure).__name__)
def test_one_that_fails_keeps_no_other_from_release(three: Three, failure: Exception) -> None:
    three.harm.fails["b"], three.journal.full, three.harm.undo_fails = failure, True, 1
    released = three.orders.answer(order(4, "bye"))["released"]
    assert three.harm.over == ["c", "a"]
    assert (released[0], released[2]) == ("c is over", "a is over")
    assert released[3] == "not undone: it: OSError: still there"
    assert three.orders.release() == ["undone b (not noted: [Errno 28] No space left on device)"]
    three.orders.close()
    assert not three.journal.path.exists()


def test_what_could_not_be_noted_is_noted_when_there_is_room(three: Three) -> None:
    three.journal.full = True
    three.now[0] = 20
    three.orders.tend()
    assert sorted(three.journal.open_entries()) == [1, 2, 3]
    three.journal.full = False
    three.now[0] += RETRY_EVERY
    three.orders.tend()
    assert (three.journal.open_entries(), three.orders.due()) == ({}, None)
    assert not three.harm.undone


def test_what_cannot_be_written_down_is_not_done(bell: Bell) -> None:
    served = orders(bell)
    journal = Full(bell.journal.with_name("full.jsonl"))
    journal.full = True
    served._journal = journal
    assert "so it was not done" in served.answer(order(1))["refused"]
    assert not bell.rung


def test_a_line_in_its_journal_that_cannot_be_read_keeps_nothing_from_release(three: Three) -> None:
    with three.journal.path.open("ab") as journal:
        journal.write(b'{"seq":2,"state":"closed"}\n{"seq":\n\xff\n')
    assert three.orders.release() == ["c is over", "b is over", "a is over"]
    assert three.journal.open_entries() == {}


def test_what_its_predecessor_left_is_tried_again_and_not_done_anew(three: Three, tmp_path: Path) -> None:
    three.journal._file.close()
    three.harm.undo_fails = 3
    journal, now = Journal(tmp_path / "r.jsonl"), [0.0]
    undo_open(journal, {"it": three.harm})
    place = Pods("r", frozenset(), Path("/none"), Path("/none"))
    served = Orders(place, {"it": three.harm}, journal, AgentLease(60, lambda: now[0]), lambda: now[0])
    assert "not undone yet" in served.answer(order(3, "it", name="c", lasts=10))["refused"]
    now[0] += RETRY_EVERY
    served.tend()
    assert (three.harm.undone, served.left) == (["c", "b", "a"], 0)


def test_the_end_waits_for_what_can_still_be_undone(three: Three) -> None:
    three.harm.fails["b"], three.harm.undo_fails = OSError("busy"), 3
    release(three.orders, lambda: three.now[0], lambda pause: three.now.__setitem__(0, three.now[0] + pause))
    assert (three.harm.undone, three.journal.path.exists()) == (["b"], False)


def test_what_is_left_at_the_end_stays_in_the_journal(three: Three) -> None:
    three.harm.fails["b"], three.harm.undo_fails = OSError("busy"), 1000
    release(three.orders, lambda: three.now[0], lambda pause: three.now.__setitem__(0, three.now[0] + pause))
    assert three.now[0] == pytest.approx(RELEASE_WITHIN)
    assert list(Journal(three.journal.path).open_entries()) == [2]


def test_a_lease_that_ran_out_is_renewed_by_no_late_word() -> None:
    """A harness that was suspended with its machine goes on as if nothing had been; others did not wait for it."""
    now = [0.0]
    lease = AgentLease(15.0, lambda: now[0])
    now[0] = 14.5
    lease.renew()
    assert lease.left == pytest.approx(15.0)
    now[0] += 15.0
    lease.renew()
    assert lease.left == pytest.approx(0.0)


def test_a_lease_runs_out_in_the_sleep_of_the_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    clock_gettime, slept = time.clock_gettime, [0.0]

    def read(which: int) -> float:
        return clock_gettime(which) + (slept[0] if which == time.CLOCK_BOOTTIME else 0.0)

    monkeypatch.setattr(time, "clock_gettime", read)
    lease = AgentLease(15.0)
    assert lease.left > 0
    slept[0] = 60.0
    assert lease.left < 0


def test_a_line_without_end_is_not_kept_for_ever() -> None:
    lines = Lines()
    assert list(lines.add(b"x" * LONGEST_LINE)) == []
    with pytest.raises(Refused, match="a line of more than"):
        lines.add(b"x")
