"""No answer is wrong: held, broken, and not known; with what a locustfile of real users would leave in the record."""

import math
from collections.abc import Callable

from squall.claims.no_wrong_answer import FEWEST, NoWrongAnswer
from squall.interval import Interval
from squall.record.outcome import WRONG
from squall.record.samples import Sample
from squall.verdict import Cause, Finding, Verdict
from tests.records import HARM, record, stream

BEGAN = Interval(HARM, HARM + 0.002)
CLAIM = NoWrongAnswer("trail")


def asked(wrong: Callable[[float], bool] = lambda t: False, every: int = 10) -> list[Sample]:
    """Of 50 requests a second one of so many asks for the trail; times are seconds after the harm."""
    return [
        s._replace(name="trail", ok=False, error=WRONG)
        if wrong(s.intended - HARM) and n % every == 0
        else s._replace(name="trail" if n % every == 0 else "detect")
        for n, s in enumerate(stream(50))
    ]


def found(requests: list[Sample]) -> Finding:
    return CLAIM.judge(record(requests), BEGAN)


def test_right_answers_alone_hold_it() -> None:
    finding = found(asked())
    assert (finding.verdict, finding.figure) == (Verdict.HELD, Interval.exact(0))


def test_one_wrong_answer_breaks_it_however_late() -> None:
    finding = found(asked(lambda t: 59.95 <= t < 60.05))
    assert (finding.verdict, finding.figure) == (Verdict.BROKEN, Interval.exact(1))


def test_wrong_answers_of_other_requests_before_the_harm_and_after_the_clean_up_do_not_count() -> None:
    assert found(asked(lambda t: t < -1 or t > 65)).verdict is Verdict.HELD
    others = [s._replace(ok=False, error=WRONG) if s.name == "detect" else s for s in asked()]
    assert found(others).verdict is Verdict.HELD


def test_errors_and_requests_that_nobody_answered_are_not_wrong() -> None:
    failing = [
        s._replace(ok=False, status=503, error="http 503") if HARM < s.intended < HARM + 5 else s for s in asked()
    ]
    assert found(failing).verdict is Verdict.HELD
    unended = [s._replace(done=math.nan, ok=False) if HARM < s.intended < HARM + 5 else s for s in asked()]
    assert found(unended).verdict is Verdict.HELD


def test_too_few_answers_show_nothing_but_one_that_is_wrong_does() -> None:
    finding = found(asked(every=50 * 65 // (FEWEST - 4)))
    assert (finding.verdict, finding.cause) == (Verdict.INCONCLUSIVE, Cause.TOO_FEW_SAMPLES)
    assert found(asked(lambda t: 0 < t < 20, every=50 * 65 // (FEWEST - 4))).verdict is Verdict.BROKEN
    refused = [s._replace(ok=False, status=503, error="http 503") for s in asked()]
    assert found(refused).cause is Cause.TOO_FEW_SAMPLES


def test_a_wrong_answer_settles_it() -> None:
    wrong = record(asked(lambda t: 10 < t < 11))
    assert CLAIM.settled(wrong, BEGAN, HARM + 20)
    assert not CLAIM.settled(wrong, BEGAN, HARM + 9)
    assert not CLAIM.settled(record(asked()), BEGAN, HARM + 60)
