"""What opens the gate and what closes it, each for its reason."""

from datetime import date

import pytest

from squall.gate.decision import Decision, decide
from squall.gate.evidence import GateEvidence, JudgedRun
from squall.gate.policy import Policy
from squall.verdict import Verdict
from tests.gate.evidence import BROKEN, HELD, INCONCLUSIVE, run, runs, scenario

TODAY = date(2026, 12, 1)
# Another promise, which is proven: without one a gate is closed for that reason.
OTHER = scenario("another", "promise.Q9")


def decided(policy: Policy, found: list[JudgedRun], *tags: str, **more: object) -> Decision:
    evidence = GateEvidence([scenario("a pod crashes", *tags), OTHER], [*found, run(HELD, "another")], **more)  # type: ignore[arg-type]
    return decide(policy, evidence, TODAY)


def closed_by(decision: Decision) -> str:
    (reason,) = decision.closed_by
    assert not decision.open
    return reason


def test_what_must_hold_and_held_opens_it() -> None:
    decision = decided(Policy(), runs(HELD))
    assert (decision.open, decision.exit_code, decision.closed_by) == (True, 0, [])


@pytest.mark.parametrize(("verdict", "code"), [(BROKEN, 1), (INCONCLUSIVE, 2)])
def test_what_must_hold_and_did_not_closes_it(verdict: Verdict, code: int) -> None:
    decision = decided(Policy(), runs(verdict))
    assert decision.exit_code == code
    assert closed_by(decision).startswith(f"a pod crashes: {verdict.name}")


def test_what_may_be_inconclusive_may_not_be_broken() -> None:
    policy = Policy(may_be_inconclusive=("Q2",))
    assert decided(policy, runs(INCONCLUSIVE), "promise.Q2").open
    assert decided(policy, runs(BROKEN), "promise.Q2").exit_code == 1


def test_where_nothing_held_nothing_was_proven() -> None:
    policy = Policy(may_be_inconclusive=("a pod crashes",))
    decision = decide(policy, GateEvidence([scenario()], runs(INCONCLUSIVE)), TODAY)
    assert (decision.exit_code, closed_by(decision)) == (2, "nothing was proven: no promise was HELD")


def test_an_empty_selection_is_closed() -> None:
    decision = decide(Policy(), GateEvidence([]), TODAY)
    assert (decision.exit_code, closed_by(decision)) == (2, "nothing was selected")


def test_what_is_listed_must_hold_and_the_rest_is_only_shown() -> None:
    policy = Policy(must_hold=("Q9",))
    decision = decided(policy, runs(BROKEN))
    assert decision.open
    assert decision.entries[0].reason.startswith("is not in must_hold; BROKEN")
    assert decided(Policy(must_hold=("Q9", "a pod crashes")), runs(BROKEN)).exit_code == 1


def test_what_must_hold_and_was_not_selected_closes_it() -> None:
    decision = decided(Policy(must_hold=("Q9", "Q3")), runs(HELD))
    assert (decision.exit_code, closed_by(decision)) == (2, "Q3: must hold, and was not selected")


def test_a_scenario_without_a_run_closes_it() -> None:
    assert closed_by(decided(Policy(), [])) == "a pod crashes: no run of it was made"


def test_a_skipped_scenario_closes_it_unless_it_may_be() -> None:
    skipped = {("crash", "a pod crashes"): "local has no nodes"}
    assert "was skipped: local has no nodes" in closed_by(decided(Policy(), [], skipped=skipped))
    assert decided(Policy(may_be_skipped=("a pod crashes",)), [], skipped=skipped).open


@pytest.mark.parametrize(
    ("found", "code", "reason"),
    [
        (runs(HELD, HELD, BROKEN, HELD, HELD), 0, "4 of 5 runs HELD, at least 4 must be"),
        (runs(HELD, BROKEN, BROKEN, HELD, HELD), 1, "3 of 5 runs HELD"),
        (runs(HELD, BROKEN, INCONCLUSIVE, HELD, HELD), 2, "3 of 5 runs HELD"),
        (runs(HELD, HELD, HELD, HELD), 2, "4 of 5 runs were made"),
        (runs(HELD, HELD, HELD, HELD, HELD, HELD), 2, "6 runs where the policy says 5"),
    ],
)
def test_a_noisy_promise_is_judged_on_all_its_runs(found: list[JudgedRun], code: int, reason: str) -> None:
    policy = Policy.model_validate({"repeats": {"Q2": {"runs": 5, "held": 4}}})
    decision = decided(policy, found, "promise.Q2")
    assert decision.exit_code == code
    assert decision.entries[0].reason.startswith(reason)


def test_run_again_until_green_is_not_green() -> None:
    assert decided(Policy(), runs(BROKEN, HELD)).exit_code == 2


def test_the_rows_of_an_outline_are_all_wanted() -> None:
    policy = Policy.model_validate({"repeats": {"Q2": {"runs": 2, "held": 1}}})
    evidence = GateEvidence([scenario("a pod crashes", "promise.Q2", items=2)], runs(HELD, BROKEN, HELD, BROKEN))
    assert decide(policy, evidence, TODAY).open
    assert not decide(policy, GateEvidence(evidence.scenarios, runs(HELD, BROKEN, BROKEN, BROKEN)), TODAY).open


@pytest.mark.parametrize(("verdict", "code"), [(BROKEN, 0), (HELD, 1), (INCONCLUSIVE, 2)])
def test_a_twin_is_there_to_be_broken(verdict: Verdict, code: int) -> None:
    assert decided(Policy(), runs(verdict), "twin").exit_code == code
    # Without the tag it is a promise like any other.
    assert decided(Policy(expected_to_break=()), runs(BROKEN), "twin").exit_code == 1


def test_twins_alone_prove_no_promise() -> None:
    decision = decide(Policy(), GateEvidence([scenario("a twin", "twin")], runs(BROKEN, title="a twin")), TODAY)
    assert decision.exit_code == 2


@pytest.mark.parametrize("verdict", list(Verdict))
def test_what_is_in_quarantine_does_not_count_until_its_day_is_over(verdict: Verdict) -> None:
    def policy(until: str) -> Policy:
        one = {"promise": "Q2", "owner": "ana", "reason": "issue 7", "until": until}
        return Policy.model_validate({"quarantine": [one]})

    assert decided(policy("2026-12-01"), runs(verdict), "promise.Q2").open
    assert decided(policy("2026-12-01"), [], "promise.Q2").open
    ended = decided(policy("2026-11-30"), runs(verdict), "promise.Q2")
    assert ended.exit_code == 1
    assert "its quarantine ended on 2026-11-30 (ana: issue 7)" in closed_by(ended)


def test_what_is_in_quarantine_and_not_undone_is_still_not_undone() -> None:
    one = {"promise": "a pod crashes", "owner": "ana", "reason": "issue 7", "until": "2027-01-01"}
    left = run(BROKEN, not_undone=["cordon of node-1"])
    decision = decided(Policy.model_validate({"quarantine": [one]}), [left])
    assert (decision.exit_code, closed_by(decision)) == (3, "not undone: cordon of node-1")


def test_a_run_of_a_scenario_that_is_not_selected_closes_it() -> None:
    decision = decided(Policy(), [*runs(HELD), run(HELD, "a third")])
    assert (decision.exit_code, closed_by(decision)) == (
        5, "runs/run: its scenario is not among those selected"
    )  # fmt: skip


def test_a_problem_closes_it_whatever_held() -> None:
    decision = decided(Policy(), runs(HELD), problems=["writing junit.xml: No space left on device"])
    assert (decision.exit_code, closed_by(decision)) == (5, "writing junit.xml: No space left on device")


def test_a_regression_closes_it() -> None:
    evidence = GateEvidence([OTHER], [run(HELD, "another")])
    assert decide(Policy(), evidence, TODAY, ["than the baseline: slower"]).exit_code == 1
