"""A remedy by a person: in time, too late, never; and nothing is said of it where nobody could be asked."""

import dataclasses

import pytest

from squall.claims.remedy_carried_out import RemedyCarriedOut
from squall.interval import Interval
from squall.record.event import PersonSaid, PhaseBegan
from squall.record.folder import Record
from squall.verdict import Cause, Verdict
from tests.report.runs import HARM, held

BEGAN = Interval(HARM - 0.001, HARM + 0.0004)
CLAIM = RemedyCarriedOut("restart the api", 20.0)


def record(*said: PersonSaid, drill: bool = True) -> Record:
    run, _ = held()
    asked = [PhaseBegan(995.0, "squall", "leave")] if drill else []
    return dataclasses.replace(run, timeline=[*run.timeline, *asked, *said])


def done(after: float, text: str = "restart the api") -> PersonSaid:
    return PersonSaid(HARM + after, "Ann", "remedy", text)


def test_in_time_it_holds_and_the_figure_is_how_long_people_took() -> None:
    finding = CLAIM.judge(record(done(12.0)), BEGAN)
    assert (finding.verdict, finding.measured.what) == (Verdict.HELD, '"restart the api" carried out (said Ann)')
    assert finding.figure is not None
    assert finding.figure.middle == pytest.approx(12.0, abs=0.01)


@pytest.mark.parametrize("said", [(done(21.0),), (), (done(5.0, "drink coffee"),), (done(-3.0),)])
def test_too_late_never_something_else_and_before_the_harm_are_broken(said: tuple[PersonSaid, ...]) -> None:
    assert CLAIM.judge(record(*said), BEGAN).verdict is Verdict.BROKEN


def test_where_nobody_was_asked_it_proves_nothing() -> None:
    finding = CLAIM.judge(record(done(12.0), drill=False), BEGAN)
    assert (finding.verdict, finding.cause) == (Verdict.INCONCLUSIVE, Cause.GAUGE_MISSING)
    assert "squall gameday" in finding.reason


def test_it_is_settled_once_said_or_once_the_limit_is_over() -> None:
    assert CLAIM.settled(record(done(12.0)), BEGAN, HARM + 13)
    assert not CLAIM.settled(record(), BEGAN, HARM + 13)
    assert CLAIM.settled(record(), BEGAN, HARM + 21)
