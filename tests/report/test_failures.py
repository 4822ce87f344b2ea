"""Why requests failed stands wherever a report says that they did, and says the same."""

import dataclasses
from pathlib import Path

from squall.interval import Interval
from squall.record.plan import ClaimPlan
from squall.report.explanation import explanations, lines
from squall.report.failures import behind, failures
from squall.report.junit import properties
from squall.report.page import page
from squall.report.summary import summarise
from tests.report import runs

USERS = "of users, 132 times: refused (5 % of all; rank; lane load)"
AFTER = "of users, 132 times: refused (9 % of all; rank; lane load)"


def test_users_come_before_probes_with_count_share_and_kind() -> None:
    record, _ = runs.broken()
    first, *others = failures(record)
    assert first == USERS
    assert others[0].startswith("of probes, 2")
    assert failures(record, runs.HARM + 8.0) == []


def test_it_stands_in_every_report(tmp_path: Path) -> None:
    record, judgement = runs.broken()
    why = "\n".join(lines(record, explanations(record, judgement)))
    assert f"    failed     {AFTER}\n" in why
    assert USERS in summarise(record, judgement, tmp_path, 200)
    assert AFTER in page(record, judgement)
    assert dict(properties(judgement, record.plan, tmp_path, failures(record)))["squall.failures.1"] == USERS


def test_a_claim_that_is_not_about_users_has_no_requests_that_failed_for_it() -> None:
    record, judgement = runs.broken()
    claims = [ClaimPlan(runs.FAILS, "ReplicasWithin", {}), ClaimPlan(runs.HEALS, "a.project.Claim", {})]
    other = dataclasses.replace(record, plan=dataclasses.replace(record.plan, claims=claims))
    assert behind(judgement.findings[0], record)
    assert [behind(finding, other) for finding in judgement.findings] == [[], []]


def test_where_nothing_failed_nothing_is_said() -> None:
    record, judgement = runs.record(Interval(0.0, 0.1)), runs.held()[1]
    assert failures(record) == []
    assert "failed     " not in "\n".join(lines(record, explanations(record, judgement)))
