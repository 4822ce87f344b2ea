"""A few of the points of ``python -m tests.crash``, one for each way in which a killed run can leave things."""

from collections.abc import Sequence
from datetime import date
from pathlib import Path

import pytest

from squall.agent.harms.registry import harms_by
from squall.faults.by_agent import ByAgent
from squall.faults.fault import parts
from squall.faults.load_rise import LoadRise
from squall.faults.nothing import Nothing
from squall.faults.registry import faults
from squall.platforms.capability import Platform
from squall.platforms.processes.platform import LocalPlatform
from tests.crash.blows import Blow
from tests.crash.killing import Outcome, struck
from tests.crash.local_cases import LOCAL
from tests.crash.points import chosen, sampled
from tests.crash.starting import points
from tests.crash.table import BEGIN, END, Results, printed, written_into

NAMES = [
    "before phase prepare", "after phase prepare", "before phase harm", "after phase harm",
    "before harm.sent Freeze", "after harm.sent Freeze", "before harm.effect api-0", "after harm.effect api-0",
    "before phase observe", "after phase observe", "before harm.ended api-0", "after harm.ended api-0",
    "before phase undo", "after phase undo",
]  # fmt: skip


def test_at_most_one_point_in_four_is_before_the_harm() -> None:
    found = chosen(NAMES)
    assert [point.name for point in found if not point.harmed] == [NAMES[0], NAMES[2], NAMES[4]]
    assert [point.name for point in found if point.harmed] == NAMES[5:]
    assert [point.name for point in found if point.bitten] == NAMES[7:]
    assert [point.name for point in found if not point.stands] == NAMES[10:]
    assert [point.name for point in found if point.undoing] == NAMES[13:]
    assert [point.number for point in found] == [1, 3, *range(5, 15)]


@pytest.mark.parametrize("every", [1, 2, 3, 5])
@pytest.mark.parametrize("first", [0, 1, 4])
def test_of_a_sample_too_at_most_one_in_four_is_before_the_harm(first: int, every: int) -> None:
    found = sampled(chosen(NAMES), first, every)
    before = [point for point in found if not point.harmed]
    assert found
    assert 4 * len(before) <= len(found)
    assert len(found) - len(before) >= len(NAMES[5:]) // every


def test_every_fault_that_local_offers_has_a_case() -> None:
    offered = {kind for kind in faults().values() if kind.needs is Platform or issubclass(LocalPlatform, kind.needs)}
    offered -= {
        kind for kind in offered if issubclass(kind, ByAgent) and kind.harm not in harms_by(LocalPlatform.means)
    }
    tried = {type(part.fault) for case in LOCAL.values() for part in parts(case.harm(1.0))}
    # They have no undo: nothing is done to the system, or only for as long as the load's process lives.
    assert offered - tried == {Nothing, LoadRise}


def test_a_run_in_which_nothing_bit_has_no_points() -> None:
    with pytest.raises(AssertionError, match="did not bite"):
        chosen(NAMES[:6])


def test_the_table_counts_what_came_of_them() -> None:
    before, after = chosen(NAMES)[2], chosen(NAMES)[4]
    table = printed(
        [
            Outcome("local freeze", Blow.BOTH, before, True, 0, 0),
            Outcome("local freeze", Blow.BOTH, after, True, 2, 0, "", ["process 7 is there"]),
            Outcome("local freeze", Blow.ALL, after, True, 2, 3),
            Outcome("local crash", Blow.ALL, after, False, 0, 0),
        ],
        {"local freeze": 9, "local crash": 8},
    )
    rows = [line.split() for line in table.splitlines()]
    assert rows[1][-8:] == ["9", "2", "1", "1", "1", "0", "0", "1"]
    assert rows[2][-8:] == ["9", "1", "0", "0", "0", "1", "0", "0"]
    assert rows[3][-8:] == ["8", "0", "0", "0", "0", "0", "1", "0"]
    assert rows[4] == ["all", "local", "26", "3", "1", "1", "1", "1", "1", "1"]
    assert table.splitlines()[-1].endswith("WRONG: process 7 is there")


def test_the_table_of_the_page_says_what_came_of_them_and_nothing_else_changes() -> None:
    before, after = chosen(NAMES)[2], chosen(NAMES)[4]
    outcomes = [
        Outcome("local freeze", Blow.DISK, before, True, 3, 0),
        Outcome("local freeze", Blow.DISK, after, True, 2, 3),
        Outcome("local crash", Blow.DISK, after, True, 2, 0, "", ["process 7 is there"]),
        Outcome("local crash", Blow.DISK, before, False, 0, 0),
        Outcome("kind crash", Blow.API, after, True, 2, 0),
    ]
    page = f"above\n{BEGIN}\nold\n{END}\nbelow\n"
    shown = written_into(page, outcomes, "python -m tests.crash", date(2026, 12, 1))
    assert (shown.partition(BEGIN)[0], shown.partition(END)[2]) == ("above\n", "\nbelow\n")
    assert "old" not in shown
    assert "`python -m tests.crash`, 01 December 2026:" in shown
    assert "| disk full | local | 2 | 3 | 1 | 1 | 1 |" in shown
    assert "| API server | kind | 1 | 1 | 1 | 0 | 0 |" in shown
    with pytest.raises(ValueError, match="no place for the table"):
        written_into("nothing", outcomes, "python -m tests.crash", date(2026, 12, 1))


def test_what_was_struck_is_kept_and_what_was_missed_is_tried_anew(tmp_path: Path) -> None:
    learned: list[str] = []

    def learn(case: str) -> Sequence[str]:
        learned.append(case)
        return NAMES

    results = Results(tmp_path / "results", learn)
    point = results.points("local freeze")[4]
    results.add(Outcome("local freeze", Blow.BOTH, point, True, 2, 0))
    results.add(Outcome("local freeze", Blow.ALL, point, False, 0, 0))
    again = Results(tmp_path / "results", learn)
    assert (again.outcomes, again.points("local freeze"), learned) == (
        results.outcomes,
        chosen(NAMES),
        ["local freeze"],
    )
    assert again.has("local freeze", point, Blow.BOTH)
    assert not again.has("local freeze", point, Blow.ALL)
    again.add(Outcome("local freeze", Blow.ALL, point, True, 1, 0))
    assert [(one.blow, one.stood) for one in Results(tmp_path / "results").outcomes] == [(Blow.BOTH, 2), (Blow.ALL, 1)]


@pytest.mark.slow
@pytest.mark.timeout(240)
@pytest.mark.parametrize(
    ("case", "blow", "name"),
    [
        ("local freeze", Blow.BOTH, "before harm.effect"),
        pytest.param("local data lost", Blow.ALL, "before phase observe", marks=pytest.mark.proof),
        pytest.param("local failing release", Blow.HARNESS, "after phase observe", marks=pytest.mark.proof),
        pytest.param("local freeze", Blow.AGENT, "after harm.effect", marks=pytest.mark.proof),
    ],
)
def test_a_run_on_local_that_is_struck_leaves_nothing(case: str, blow: Blow, name: str) -> None:
    point = next(point for point in points(case) if point.name.startswith(name))
    outcome = struck(case, point, blow)
    assert outcome.wrong == []
    assert (outcome.reached, outcome.code) == (True, 0), outcome
    # Before it was asked, the guard may have undone all.
    assert outcome.stood or blow in {Blow.HARNESS, Blow.AGENT}, outcome
