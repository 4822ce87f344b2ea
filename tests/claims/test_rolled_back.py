"""Rolled back by the releaser, put back by squall, never back, and what cannot be told."""

from collections.abc import Sequence

import pytest

from squall.claims.rolled_back import RolledBack
from squall.interval import Interval
from squall.record.event import Event, RevisionSeen
from squall.verdict import Cause, Finding, Verdict
from tests.records import HARM, listed, record, shown

BEGAN = Interval(HARM, HARM + 2)
CLAIM = RolledBack("api", 60)
UNDO = 65.0


def runs(t: float, version: str, *numbers: int) -> list[Event]:
    return [RevisionSeen(HARM + t, "api", name=f"api-{n}", revision=version) for n in numbers]


def replaced(t: float, number: int, version: str, ready: float) -> list[Event]:
    """An instance goes at t, runs a version a second later, and is ready ``ready`` seconds after that."""
    name = f"api-{number}"
    back = [shown(HARM + t + 1 + ready, name, "ready", round(t))] if ready >= 0 else []
    return [
        shown(HARM + t, name, "gone"),
        shown(HARM + t + 1, name, "unready", round(t)),
        *runs(t + 1, version, number),
        *back,
    ]


def judged(*events: Sequence[Event]) -> Finding:
    return CLAIM.judge(record(more=[listed(), *runs(-11, "1", 1, 2, 3), *(e for some in events for e in some)]), BEGAN)


def test_back_is_when_the_last_instance_of_the_old_version_is_ready() -> None:
    found = judged(replaced(1, 1, "2", -1), replaced(21, 1, "1", 3))
    assert (found.verdict, found.limit, found.unit) == (Verdict.HELD, 60, "s")
    assert found.figure == Interval(23, 25)


def test_back_only_after_the_limit_is_broken() -> None:
    found = RolledBack("api", 20).judge(
        record(more=[listed(), *runs(-11, "1", 1, 2, 3), *replaced(1, 1, "2", -1), *replaced(25, 1, "1", 3)]), BEGAN
    )
    assert (found.verdict, found.figure) == (Verdict.BROKEN, Interval(27, 29))


def test_a_version_that_stays_is_broken() -> None:
    found = judged(*(replaced(n, n, "2", 2) for n in (1, 2, 3)))
    assert found.verdict is Verdict.BROKEN
    assert found.reason == "not rolled back: 3 of 3 instances ran another version until squall put 1 back"


def test_what_squall_put_back_is_not_rolled_back() -> None:
    bad = [event for n in (1, 2, 3) for event in replaced(n, n, "2", 2)]
    back = [event for n in (1, 2, 3) for event in replaced(UNDO + n, n, "1", 2)]
    seen = record(more=[listed(), *runs(-11, "1", 1, 2, 3), *bad, *back])
    assert CLAIM.judge(seen, BEGAN).verdict is Verdict.BROKEN
    # Nor under a limit that reaches past the clean-up: what would have become of it then was not seen.
    assert RolledBack("api", 90).judge(seen, BEGAN).cause is Cause.TOO_CLOSE


def test_one_instance_that_is_left_on_the_new_version_is_not_rolled_back() -> None:
    found = judged(replaced(1, 1, "2", 2), replaced(5, 2, "2", -1), replaced(20, 2, "1", 2))
    assert found.verdict is Verdict.BROKEN
    assert "1 of 3 instances" in found.reason


def test_an_old_version_that_never_gets_ready_is_not_back() -> None:
    found = judged(replaced(1, 1, "2", -1), replaced(21, 1, "1", -1))
    assert found.verdict is Verdict.BROKEN
    assert "too few instances of version 1" in found.reason


def test_a_release_that_comes_again_is_not_back_before_its_last_return() -> None:
    again = [replaced(1, 1, "2", -1), replaced(10, 1, "1", 2), replaced(20, 1, "2", -1), replaced(30, 1, "1", 2)]
    assert judged(*again).figure == Interval(31, 33)


def test_another_older_version_is_not_the_one_before() -> None:
    assert judged(*(replaced(n, n, "0", 2) for n in (1, 2, 3))).verdict is Verdict.BROKEN


def test_new_instances_beside_the_old_ones_are_back_when_they_are_gone() -> None:
    surge = [*runs(1, "2", 4), shown(HARM + 1, "api-4", "unready"), shown(HARM + 30, "api-4", "gone")]
    found = judged(surge)
    assert (found.verdict, found.figure) == (Verdict.HELD, Interval(28, 30))


@pytest.mark.parametrize(
    ("events", "cause", "says"),
    [
        ([listed()], Cause.GAUGE_MISSING, "showed no versions of api"),
        ([], Cause.GAUGE_MISSING, "showed no versions of api"),
        ([listed(), *runs(-11, "1", 1, 2), *runs(-11, "2", 3)], Cause.NOT_STEADY, "ran 2 versions before"),
        ([listed(), *runs(-11, "1", 1, 2, 3)], Cause.NO_EFFECT, "no instance of api was seen to run another"),
    ],
)
def test_what_cannot_be_told_is_inconclusive(events: list[Event], cause: Cause, says: str) -> None:
    found = CLAIM.judge(record(more=events), BEGAN)
    assert (found.verdict, found.cause) == (Verdict.INCONCLUSIVE, cause)
    assert says in found.reason


def test_a_limit_inside_the_error_is_too_close() -> None:
    found = RolledBack("api", 24).judge(
        record(more=[listed(), *runs(-11, "1", 1, 2, 3), *replaced(1, 1, "2", -1), *replaced(21, 1, "1", 3)]), BEGAN
    )
    assert (found.verdict, found.cause) == (Verdict.INCONCLUSIVE, Cause.TOO_CLOSE)
