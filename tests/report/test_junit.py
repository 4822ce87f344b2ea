from pathlib import Path

from squall.report.junit import properties
from tests.report import runs


def test_a_claim_has_its_figure_under_keys_that_stay() -> None:
    record, judgement = runs.broken()
    found = dict(properties(judgement, record.plan, Path("runs/x")))
    assert found["squall.verdict"] == "BROKEN"
    assert found["squall.cause"] == ""
    assert found["squall.folder"] == "runs/x"
    assert found["squall.claim.1"] == runs.FAILS
    assert (found["squall.claim.1.low"], found["squall.claim.1.high"], found["squall.claim.1.limit"]) == (
        "7.72",
        "8.08",
        "5",
    )
    assert found["squall.claim.2.verdict"] == "HELD"
    assert found["squall.built_in.1.verdict"] == "HELD"


def test_an_inconclusive_run_names_its_cause() -> None:
    record, judgement = runs.no_effect()
    found = dict(properties(judgement, record.plan, Path("runs/x")))
    assert found["squall.cause"] == "no effect"
    assert "squall.claim.1.low" not in found
