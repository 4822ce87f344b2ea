import pytest

from squall.interval import Interval
from squall.verdict import Cause, Finding, Measured, Verdict, worst

HELD = Finding("a", Verdict.HELD, "", None, Measured("", Interval(1, 2), 5.0, "s", 10))
BROKEN = Finding("b", Verdict.BROKEN, "")
UNSURE = Finding("c", Verdict.INCONCLUSIVE, "", Cause.TOO_CLOSE)


def test_the_worst_wins() -> None:
    assert worst([HELD]) is Verdict.HELD
    assert worst([HELD, UNSURE]) is Verdict.INCONCLUSIVE
    assert worst([BROKEN, UNSURE, HELD]) is Verdict.BROKEN


def test_nothing_found_is_never_held() -> None:
    assert worst([]) is Verdict.INCONCLUSIVE


def test_a_cause_belongs_to_inconclusive_alone() -> None:
    wrong = ((Verdict.HELD, Cause.TOO_CLOSE), (Verdict.BROKEN, Cause.ABORTED), (Verdict.INCONCLUSIVE, None))
    for verdict, cause in wrong:
        with pytest.raises(ValueError, match="a cause belongs to INCONCLUSIVE"):
            Finding("a", verdict, "", cause)


def test_a_voided_finding_keeps_its_figure() -> None:
    voided = HELD.voided(Cause.LOAD_SHORT, "half of it")
    assert (voided.verdict, voided.cause, voided.reason) == (Verdict.INCONCLUSIVE, Cause.LOAD_SHORT, "half of it")
    assert voided.figure == HELD.figure


@pytest.mark.parametrize("cause", Cause)
def test_only_lack_of_evidence_leaves_other_claims_standing(cause: Cause) -> None:
    some = {Cause.LOAD_SHORT, Cause.TOO_FEW_SAMPLES, Cause.TOO_CLOSE, Cause.GAUGE_MISSING, Cause.MACHINE_SLOW}
    assert cause.voids_all is (cause not in some)
