"""Which runs of the gate are no answer: those that the machine blurred, and no other."""

import pytest

from squall.record.judgement import Judgement
from squall.verdict import Cause, Finding, Verdict
from tests.kind.gate import blurred

HELD = Finding("held", Verdict.HELD, "")
BROKEN = Finding("broken", Verdict.BROKEN, "")


def of(cause: Cause) -> Finding:
    return Finding("inconclusive", Verdict.INCONCLUSIVE, "", cause)


@pytest.mark.parametrize(
    ("findings", "built_in", "meant", "no_answer"),
    [
        ([HELD], [], None, False),
        ([BROKEN], [], None, False),
        ([BROKEN, of(Cause.TOO_CLOSE)], [], None, False),
        ([HELD, of(Cause.TOO_CLOSE)], [], None, True),
        ([HELD], [of(Cause.NOT_STEADY)], None, True),
        ([HELD, of(Cause.MACHINE_SLOW)], [], None, True),
        ([HELD, of(Cause.NO_EFFECT)], [], None, False),
        ([of(Cause.NO_EFFECT)], [], Cause.NO_EFFECT, False),
        ([of(Cause.NO_EFFECT), of(Cause.NOT_STEADY)], [], Cause.NO_EFFECT, True),
        ([of(Cause.NOT_STEADY)], [], Cause.NOT_STEADY, False),
        ([of(Cause.LOAD_SHORT)], [of(Cause.NOT_STEADY)], Cause.LOAD_SHORT, False),
    ],
)
def test_only_a_blurred_run_is_no_answer(
    findings: list[Finding], built_in: list[Finding], meant: Cause | None, no_answer: bool
) -> None:
    assert blurred(Judgement(findings, built_in), meant) is no_answer
