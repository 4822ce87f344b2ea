"""What is true of harms to a platform's own objects everywhere, real or simulated: proven, ended, undone, refused.

A module of tests has a fixture ``harmable`` and a class that inherits from ``ObjectHarmContract``. The tests share one
platform: each leaves its objects as they were.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import pytest

from squall.errors import InjectionFailed
from squall.instances import Ended, Evidence
from squall.platforms.object_harms import ObjectHarm, ObjectHarms, ObjectOrder
from squall.safety.undo_log import Undo, perform


@dataclass
class Harmable:
    """A platform whose lease ``run`` holds; ``unleased`` is one whose lease nobody holds.

    ``orders`` are harms by name, each to another kind of object; ``set_back`` is somebody else who reverts what an
    order changed.
    """

    on: ObjectHarms
    run: str
    orders: dict[str, ObjectOrder]
    unleased: ObjectHarms
    set_back: Callable[[ObjectOrder], None]

    def harm(self, name: str) -> ObjectHarm:
        return self.on.object_harm(self.orders[name])

    @contextmanager
    def active(self, name: str) -> Iterator[tuple[ObjectHarm, list[Undo], list[Evidence]]]:
        """Harm, and undo it in the end, whatever was done meanwhile."""
        harm = self.harm(name)
        undo = list(harm.undo(self.run))
        harm.prepare(self.run)
        try:
            yield harm, undo, list(harm.harm(self.run, 0.0))
        finally:
            replayed(undo)


def replayed(undo: list[Undo]) -> list[str]:
    return [perform(each) for each in reversed(undo)]


@pytest.mark.parametrize("name", ["Cordon", "Scale"])
class ObjectHarmContract:
    def test_it_is_offered_and_written_down_first(self, harmable: Harmable, name: str) -> None:
        assert name in harmable.on.object_harms()
        undo = list(harmable.harm(name).undo(harmable.run))
        assert undo
        assert all(replayed(undo)), "an entry whose harm was never done is undone, and says what it found"

    def test_it_is_proven_and_ends_as_stated(self, harmable: Harmable, name: str) -> None:
        with harmable.active(name) as (harm, _, evidence):
            assert evidence
            assert all(each.proven for each in evidence), evidence
            assert list(harm.ended(harmable.run)) == []
            endings = harm.end(harmable.run)
        assert [each.target for each in endings] == [each.target for each in evidence]
        assert {each.ended for each in endings} == {Ended.AS_STATED}
        for proof, ending in zip(evidence, endings, strict=True):
            assert proof.onset.low <= proof.onset.high
            assert proof.onset.low <= ending.when.low

    def test_what_is_so_already_is_not_harmed(self, harmable: Harmable, name: str) -> None:
        with harmable.active(name) as (harm, _, _):
            with pytest.raises(InjectionFailed):
                harmable.harm(name).harm(harmable.run, 0.0)
            assert {each.ended for each in harm.end(harmable.run)} == {Ended.AS_STATED}

    def test_an_undo_reverts_it_and_it_can_be_done_again(self, harmable: Harmable, name: str) -> None:
        with harmable.active(name) as (_, undo, _):
            first, second = replayed(undo), replayed(undo)
            assert first != second, "what is undone already says so"
        with harmable.active(name) as (_, _, evidence):
            assert all(each.proven for each in evidence), evidence

    def test_what_somebody_else_set_back_is_told_and_not_ended_twice(self, harmable: Harmable, name: str) -> None:
        with harmable.active(name) as (harm, _, _):
            harmable.set_back(harmable.orders[name])
            assert {each.ended for each in harm.ended(harmable.run)} == {Ended.BY_OTHERS}
            assert {each.ended for each in harm.end(harmable.run)} == {Ended.BY_OTHERS}

    def test_nothing_is_harmed_without_the_lease(self, harmable: Harmable, name: str) -> None:
        with pytest.raises(InjectionFailed, match="does not hold its lease"):
            harmable.unleased.object_harm(harmable.orders[name]).harm(harmable.run, 0.0)
