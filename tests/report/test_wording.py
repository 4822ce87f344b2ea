from squall.interval import Interval
from squall.report.wording import detail, held_against, line
from squall.verdict import Cause, Finding, Measured, Verdict


def test_the_line_holds_verdict_figure_limit_and_claim() -> None:
    reason = "failing: 7.7s to 8.1s, beyond the limit of 5s"
    claim = "requests fail for no longer than 5s"
    finding = Finding(claim, Verdict.BROKEN, reason, None, Measured("failing", Interval(7.72, 8.08), 5.0, "s", 10))
    assert line(finding) == "BROKEN: 7.9 s ± 0.2 s, limit 5 s — “requests fail for no longer than 5s”"
    assert detail(finding) == "failing"


def test_the_line_of_a_voided_finding_gives_its_cause_and_not_its_figure() -> None:
    finding = Finding("c", Verdict.HELD, "fine", None, Measured("failing", Interval(1, 2), 5.0, "s")).voided(
        Cause.NO_EFFECT, "it still runs"
    )
    assert line(finding) == "INCONCLUSIVE (no effect): it still runs — “c”"
    assert held_against(finding) == "it still runs; what was seen: 1 to 2 s"


def test_what_takes_a_verdict_back_is_told_beside_the_figure() -> None:
    finding = Finding("c", Verdict.HELD, "fine", None, Measured("failing", Interval(1, 2), 5.0, "s"))
    assert detail(finding) == "failing"
    assert detail(finding.voided(Cause.LOAD_SHORT, "the load sent late")) == "the load sent late"


def test_a_line_is_one_line() -> None:
    assert "\n" not in line(Finding("a\nb", Verdict.BROKEN, "x\ny"))
