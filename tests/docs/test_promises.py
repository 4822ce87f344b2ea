"""The page of proofs says of each promise what was found, and nothing of what was not run."""

from dataclasses import replace

from docs.promises_page import promises, promises_page, scenarios
from squall.record.trial import TrialResult
from squall.verdict import Cause, Verdict

TITLE = "One pod crashes and users hardly notice"
HEALTHY = TrialResult(
    "quantum-rerank", TITLE, "crash", ["Q2"], "kind", "", "", Verdict.HELD, [], None, "held", "runs/1", "squall run",
    80.0, "2026-12-01T12:00:00+00:00", "abc1234",
)  # fmt: skip
TWIN = replace(HEALTHY, weakness="one replica", breaks="c", verdict=Verdict.BROKEN, broken=["c"], seconds=91.0)


def row(page: str, begins: str) -> list[str]:
    (line,) = (line for line in page.splitlines() if line.startswith(f"| {begins} |"))
    return [cell.strip() for cell in line.strip("|").split("|")]


def test_every_promise_has_a_row_whether_or_not_it_has_a_scenario() -> None:
    page, known = promises_page([]), promises()
    assert len(known) == 62
    assert all(f"| {name} | {text} |" in page for name, text in known.items())
    assert row(page, "A11")[2:4] == ["none yet", ""]
    assert row(page, "Q2")[2:4] == [TITLE, "not run yet"]


def test_a_scenario_of_an_unknown_promise_is_no_proof() -> None:
    assert scenarios().keys() <= promises().keys()


def test_a_row_says_what_was_found_when_and_at_which_commit() -> None:
    assert row(promises_page([HEALTHY, TWIN]), "Q2")[3:] == [
        "HELD", "one replica", "BROKEN", "c", "91", "2026-12-01", "abc1234",
    ]  # fmt: skip
    unproven = replace(TWIN, verdict=Verdict.INCONCLUSIVE, cause=Cause.TOO_CLOSE, broken=[])
    page = promises_page([HEALTHY, unproven])
    assert row(page, "Q2")[5:7] == ["INCONCLUSIVE (too close to call)", "-"]
    assert "of 1 weaknesses 0 were found" in page
