"""Whose processor time is whose: by descent, from the text that the kernel writes and from the kernel."""

import os
from collections.abc import Collection, Mapping
from pathlib import Path

import pytest

from squall.run.contention import Contention, Neighbours, ProcessTime, Usage, family

SQUALL = os.getpid()
PROCESSES = {1: ProcessTime(0, 9.0), 7: ProcessTime(1, 5.0), 70: ProcessTime(7, 2.0), 8: ProcessTime(1, 3.0)}


def usage(busy: float, waited: float, used: Mapping[int, float]) -> Usage:
    """A node (7) with a pod (70), a neighbour (8) and squall, and what each used so far."""
    parents = {1: 0, 7: 1, 70: 7, 8: 1, SQUALL: 1}
    return Usage(busy, waited, {pid: ProcessTime(parents[pid], seconds) for pid, seconds in used.items()})


FIRST = usage(100, 10, {1: 1, 7: 5, 70: 20, 8: 50, SQUALL: 4})


def test_descendants_of_a_root_belong_to_it() -> None:
    assert family({7}, PROCESSES) == {7, 70}
    assert family({99}, PROCESSES) == set()


@pytest.mark.parametrize(
    ("then", "others"),
    [
        (usage(102, 11, {1: 1, 7: 5.5, 70: 20.5, 8: 50, SQUALL: 5}), 0.0),
        (usage(102, 11, {1: 1, 7: 5, 70: 20, 8: 52, SQUALL: 4}), 2.0),
        (usage(102, 11, {1: 1, 7: 5.2, 70: 20.2, 8: 51, SQUALL: 4.6}), 1.0),
        # A pod was started since, and has used all of it.
        (usage(101, 11, {1: 1, 7: 5, 70: 21, 8: 50, SQUALL: 4}), 0.0),
        # A neighbour has gone: what it used until then is still what nobody of ours did.
        (usage(101.5, 11, {1: 1, 7: 5, 70: 20, SQUALL: 4}), 1.5),
    ],
    ids=["the system and the run", "a neighbour", "both", "a busy pod", "a neighbour that ends"],
)
def test_what_neither_the_run_nor_its_system_used_is_the_neighbours(then: Usage, others: float) -> None:
    neighbours = Neighbours(lambda: [7], iter((FIRST, then)).__next__)
    assert neighbours.read() == Contention(0.0, 10)
    found = neighbours.read()
    assert found is not None
    assert found.others == pytest.approx(others)
    assert found.waited == 11


def test_a_node_that_was_started_anew_is_looked_for_again() -> None:
    roots: list[Collection[int]] = [[7], [70]]
    without = usage(101, 11, {1: 1, 70: 20.9, 8: 50, SQUALL: 4})
    neighbours = Neighbours(lambda: roots.pop(0), iter((FIRST, without)).__next__)
    neighbours.read()
    found = neighbours.read()
    assert found is not None
    assert found.others == pytest.approx(0.1)


def test_nothing_is_said_of_neighbours_while_it_is_not_known_who_they_are() -> None:
    assert Neighbours(lambda: None, lambda: FIRST).read() is None
    assert Neighbours(lambda: [7], lambda: None).read() is None


def test_it_is_read_as_the_kernel_writes_it(tmp_path: Path) -> None:
    tick = os.sysconf("SC_CLK_TCK")
    (tmp_path / "pressure").mkdir()
    (tmp_path / "pressure" / "cpu").write_text("some avg10=1.00 avg60=1.00 avg300=1.00 total=2500000\nfull avg10=0.00")
    (tmp_path / "stat").write_text(f"cpu  {tick} {tick} {tick} 500 600 {tick} {tick} 700 0 0\ncpu0 1 1")
    (tmp_path / "42").mkdir()
    numbers = " ".join(str(each) for each in range(4, 11))
    (tmp_path / "42" / "stat").write_text(f"42 (a ) name) S 7 {numbers} 0 0 {tick} {tick} {2 * tick} {tick} 20 0")
    (tmp_path / "43").mkdir()
    assert Usage.read(tmp_path) == Usage(5.0, 2.5, {42: ProcessTime(7, 5.0)})


def test_a_kernel_that_does_not_tell_who_waits_says_nothing(tmp_path: Path) -> None:
    assert Usage.read(tmp_path) is None


def test_this_machine_counts_on() -> None:
    before, after = Usage.read(), Usage.read()
    if before is None or after is None:
        pytest.skip("this kernel has no PSI")
    assert SQUALL in before.processes
    assert before.busy <= after.busy
