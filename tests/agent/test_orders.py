from dataclasses import dataclass, field
from pathlib import Path

import pytest

from squall.agent.journal import Journal
from squall.agent.lease import Lease
from squall.agent.orders import Orders
from squall.agent.place import Place
from squall.agent.wire import Lines, Message, Refused, packed


@dataclass
class Bell:
    """A harm that only counts, and looks whether it was written down before it was done."""

    journal: Path
    rung: list[str] = field(default_factory=list)
    breaks: bool = False

    def aim(self, order: Message, place: Place) -> "Bell":
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

    def aim(self, order: Message, place: Place) -> "Pulled":
        self.bell.aim(order, place)
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


@pytest.fixture
def bell(tmp_path: Path) -> Bell:
    return Bell(tmp_path / "r.jsonl")


def orders(bell: Bell, now: list[float] | None = None) -> Orders:
    place = Place("r", frozenset(), Path("/none"), Path("/none"))
    lease = Lease(15, lambda: (now or [0.0])[0])
    return Orders(place, {"ring": Rope(bell)}, Journal(bell.journal), lease)


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
