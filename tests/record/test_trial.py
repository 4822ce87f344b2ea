from dataclasses import replace
from pathlib import Path

import pytest

from squall.errors import Misuse
from squall.record.trial import TrialResult, latest, read_results
from squall.verdict import Cause, Verdict

HEALTHY = TrialResult(
    "shop", "A crash", "crashes", ["E1"], "local", "", "", Verdict.HELD, [], None, "all held", "runs/1", "squall run",
    12.5, "2026-12-01T12:00:00+00:00", "abc",
)  # fmt: skip
TWIN = replace(HEALTHY, weakness="one", breaks="it heals", verdict=Verdict.BROKEN, broken=["it heals", "no request"])


@pytest.mark.parametrize(
    ("result", "promised"),
    [
        (HEALTHY, True),
        (replace(HEALTHY, verdict=Verdict.BROKEN, broken=["it heals"]), False),
        (replace(HEALTHY, verdict=Verdict.INCONCLUSIVE, cause=Cause.NOT_STEADY), False),
        (TWIN, True),
        (replace(TWIN, broken=["no request"]), False),
        (replace(TWIN, verdict=Verdict.HELD, broken=[]), False),
        (replace(TWIN, verdict=Verdict.INCONCLUSIVE, cause=Cause.TOO_CLOSE, broken=["it heals"]), False),
    ],
)
def test_a_twin_has_to_break_by_its_own_claim_and_the_healthy_system_has_to_hold(
    result: TrialResult, promised: bool
) -> None:
    assert result.as_promised is promised


def test_results_are_read_as_they_were_written_and_the_last_of_a_trial_counts(tmp_path: Path) -> None:
    again = replace(HEALTHY, verdict=Verdict.INCONCLUSIVE, cause=Cause.MACHINE_SLOW)
    path = tmp_path / "power.jsonl"
    path.write_text("".join(f"{each.line()}\n" for each in (HEALTHY, TWIN, again)))
    assert read_results(path) == [HEALTHY, TWIN, again]
    assert latest(read_results(path)) == [again, TWIN]
    assert read_results(tmp_path / "none") == []


@pytest.mark.parametrize("line", ["{", "[]", '{"verdict": "HELD"}', '{"verdict": "GREEN"}', "\x00", "17"])
def test_a_line_that_is_no_trial_is_refused_with_its_number(line: str, tmp_path: Path) -> None:
    path = tmp_path / "power.jsonl"
    path.write_text(f"{HEALTHY.line()}\n{line}\n")
    with pytest.raises(Misuse, match=r"power\.jsonl:2: not a trial of squall power"):
        read_results(path)
