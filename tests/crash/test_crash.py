"""A few of the points of ``python -m tests.crash``, one for each way in which a killed harness can leave things."""

import pytest

from tests.crash.killing import Point, points, struck

# Of a run: its last step before the harm is sent, the next two, the end of the harm, and the middle of the undo.
CHOSEN = ("after harm.sent", "before harm.effect", "after phase observe", "before harm.ended", "after phase undo")


@pytest.mark.slow
@pytest.mark.timeout(240)
def test_a_freeze_on_local_leaves_nothing() -> None:
    _nothing_left("local freeze", CHOSEN[1:3], "both")


@pytest.mark.slow
@pytest.mark.timeout(240)
def test_a_harness_that_ends_before_its_lease_is_written_down_leaves_no_folder() -> None:
    outcome = struck("local crash", Point(5, "before undo log: open local.lease", harmed=False), "both")
    assert outcome.reached
    assert list(outcome.wrong) == []


@pytest.mark.proof
@pytest.mark.kind
@pytest.mark.slow
@pytest.mark.timeout(400)
@pytest.mark.parametrize("case", ["kind freeze"])
def test_a_fault_on_kind_leaves_nothing(case: str) -> None:
    _nothing_left(case, CHOSEN, "both")


def _nothing_left(case: str, names: tuple[str, ...], blow: str) -> None:
    every = points(case)
    assert sum(not point.harmed for point in every) <= len(every) / 4
    chosen: list[Point] = [next(point for point in every if point.name.startswith(name)) for name in names]
    outcomes = [struck(case, point, blow) for point in chosen]
    assert [(outcome.point.name, list(outcome.wrong)) for outcome in outcomes if outcome.wrong] == []
    assert all(outcome.reached and outcome.stood and outcome.code == 0 for outcome in outcomes), outcomes
