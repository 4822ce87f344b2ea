"""Which fault strikes whom, and when: chosen from the seed, before anything is done."""

import pytest

from squall.errors import NoTargets
from squall.faults.crash import Crash
from squall.faults.fault import Harm, length
from squall.faults.freeze import Freeze
from squall.faults.in_turn import InTurn
from squall.faults.nothing import Nothing
from squall.faults.one_by_one import OneByOne
from squall.faults.overlapping import Overlapping
from squall.faults.together import Together
from squall.instances import EVERY, ONE, Share
from squall.run.scenario import Scenario
from squall.run.schedule import Length, ScheduledFault, duration_of, instances, planned_duration, undo
from squall.run.targeting import make_schedule
from squall.testing.platform import SimulatedPlatform, VirtualClock, Weakness
from tests.records import system

CRASH, FREEZE = Crash("api"), Freeze("api", ONE, 12.0)


def chosen(harm: Harm, seed: int = 1, replicas: int = 4) -> tuple[ScheduledFault, ...]:
    platform = SimulatedPlatform("api", VirtualClock(), Weakness(replicas=replicas))
    return make_schedule(Scenario("", "", system(), harm, [], rate=50, seed=seed), platform, "run")


def schedule(harm: Harm, seed: int = 1, replicas: int = 4) -> list[tuple[float, str, list[str]]]:
    return [
        (scheduled.at, type(scheduled.fault).__name__, [instance.name for instance in scheduled.target.instances])
        for scheduled in chosen(harm, seed, replicas)
    ]


def times(harm: Harm) -> list[tuple[float, str]]:
    return [(at, name) for at, name, _ in schedule(harm)]


def test_a_fault_alone_is_one_act() -> None:
    assert times(CRASH) == [(0.0, "Crash")]
    assert schedule(Nothing(30)) == [(0.0, "Nothing", [])]


def test_the_parts_of_a_harm_have_each_its_time() -> None:
    assert times(Together((FREEZE, CRASH))) == [(0, "Freeze"), (0, "Crash")]
    assert times(InTurn((FREEZE, CRASH, CRASH), 5)) == [(0, "Freeze"), (17, "Crash"), (22, "Crash")]
    assert times(Overlapping((CRASH, FREEZE), (10, 0))) == [(0, "Freeze"), (10, "Crash")]
    nested = InTurn((Together((FREEZE, CRASH)), Overlapping((CRASH, FREEZE), (0, 3))), 5)
    assert times(nested) == [(0, "Freeze"), (0, "Crash"), (17, "Crash"), (20, "Freeze")]


def test_one_by_one_is_an_act_for_each() -> None:
    assert schedule(OneByOne(Crash("api", EVERY), 5), replicas=3) == [
        (0, "Crash", ["api-0"]),
        (5, "Crash", ["api-1"]),
        (10, "Crash", ["api-2"]),
    ]
    assert [at for at, _, _ in schedule(OneByOne(Freeze("api", Share(2), 10.0), 5))] == [0, 15]


def test_parts_take_different_instances_as_long_as_there_are_enough() -> None:
    for seed in range(20):
        (_, _, first), (_, _, second), (_, _, third) = schedule(Together((CRASH, FREEZE, Crash("api", Share(2)))), seed)
        assert len({*first, *second, *third}) == 4
    (_, _, two), (_, _, every) = schedule(Together((Crash("api", Share(2)), Freeze("api", EVERY, 5.0))))
    assert (len(two), len(every)) == (2, 4)
    assert [len(names) for _, _, names in schedule(InTurn((Crash("api", Share(3)), Crash("api", Share(3))), 5))] == [
        3,
        3,
    ]


def test_the_same_seed_gives_the_same_course() -> None:
    harm = Together((CRASH, FREEZE))
    assert schedule(harm, 3) == schedule(harm, 3)
    assert len({str(schedule(harm, seed)) for seed in range(20)}) > 3


def test_a_part_without_enough_targets_is_no_target() -> None:
    with pytest.raises(NoTargets, match="5 of api asked for, 4 there"):
        schedule(Together((CRASH, Crash("api", Share(5)))))
    with pytest.raises(NoTargets, match="billing has no instance"):
        schedule(Overlapping((CRASH, Crash("billing")), (0, 5)))


def test_what_is_needed_twice_is_undone_once() -> None:
    found = chosen(Together((Crash("api", EVERY), FREEZE)), replicas=2)
    assert [entry.about for entry in undo(found)] == ["the agent beside api-0", "the agent beside api-1"]
    assert [instance.name for instance in instances(found)] == ["api-0", "api-1"]


@pytest.mark.parametrize(
    ("harm", "expected"),
    [
        (CRASH, Length(0, 0, 0)),
        (Nothing(30), Length(0, 30, 0)),
        (FREEZE, Length(0, 12, 12)),
        (Together((FREEZE, CRASH)), Length(0, 12, 12)),
        (Together((FREEZE, Freeze("api", ONE, 20.0))), Length(0, 20, 12)),
        (InTurn((FREEZE, CRASH), 5), Length(17, 17, 0)),
        (Overlapping((FREEZE, CRASH), (0, 5)), Length(5, 12, 7)),
        (Overlapping((FREEZE, CRASH), (0, 12)), Length(12, 12, 0)),
    ],
)
def test_how_long_it_takes_is_known_beforehand(harm: Harm, expected: Length) -> None:
    assert planned_duration(harm) == expected
    assert duration_of(chosen(harm, replicas=2)) == expected


def test_one_by_one_takes_as_long_as_there_are_instances() -> None:
    harm = OneByOne(Crash("api", EVERY), 5)
    assert (planned_duration(harm), duration_of(chosen(harm, replicas=3))) == (Length(0, 0, 0), Length(10, 10, 0))
    with pytest.raises(ValueError, match="hangs on how many instances there are"):
        length(harm)
    with pytest.raises(ValueError, match="hangs on how many instances there are"):
        InTurn((harm, CRASH), 5)
    assert times(InTurn((CRASH, harm), 5))[1:] == [(5, "Crash"), (10, "Crash"), (15, "Crash"), (20, "Crash")]


def test_times_count_from_the_first() -> None:
    with pytest.raises(ValueError, match="none is at 0s"):
        Overlapping((CRASH, FREEZE), (5, 10))
