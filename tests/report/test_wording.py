from squall.interval import Interval
from squall.report.wording import detail, held_against, line
from squall.verdict import Cause, Finding, Measured, Side, Verdict


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


def test_the_line_of_a_wide_figure_beyond_its_limit_says_how_good_it_was_at_best() -> None:
    wide = Measured("succeeded", Interval(46.0, 96.9), 99.0, "%", 200, Side.AT_LEAST)
    assert line(Finding("c", Verdict.BROKEN, "", None, wide)) == "BROKEN: at most 97%, limit 99% — “c”"
    slow = Measured("failing", Interval(5.1, 40.0), 5.0, "s", 200, Side.AT_MOST)
    assert line(Finding("c", Verdict.BROKEN, "", None, slow)) == "BROKEN: at least 5.1 s, limit 5 s — “c”"
    assert held_against(Finding("c", Verdict.BROKEN, "", None, wide)) == "46 to 97%, limit 99%"


def test_a_wide_figure_that_is_kept_or_not_decided_is_written_whole() -> None:
    wide = Measured("succeeded", Interval(46.0, 96.9), 40.0, "%", 200, Side.AT_LEAST)
    assert line(Finding("c", Verdict.HELD, "", None, wide)) == "HELD: 46 to 97%, limit 40% — “c”"
