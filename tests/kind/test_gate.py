"""The gate on the real cluster: what must hold, what must break, and what must prove nothing, each for its reason."""

import subprocess
import sys
from pathlib import Path

import pytest

from squall.verdict import Cause, Verdict
from tests.kind.gate import CONTEXT, LONGEST, PROJECT, ROOT, Outcome, carried_out

pytestmark = [pytest.mark.kind, pytest.mark.slow, pytest.mark.timeout(LONGEST)]

FEATURES = ROOT / "features" / "quantum_rerank"
CRASH = FEATURES / "crash.feature", "One pod crashes and users hardly notice"
DELETION = PROJECT / "features" / "deletion.feature", "A pod is deleted and no request fails"
CAUSES = PROJECT / "features" / "inconclusive.feature"


def broken(outcome: Outcome) -> set[str]:
    return {f.claim for f in outcome.judgement.findings if f.verdict is Verdict.BROKEN}


@pytest.mark.parametrize(
    ("feature", "title"),
    [
        (FEATURES / "steady.feature", "All stated latency and error limits hold while nothing is harmed"),
        CRASH,
        DELETION,
    ],
)
def test_the_healthy_system_holds(feature: Path, title: str, tmp_path: Path) -> None:
    outcome = carried_out(feature, title, tmp_path)
    assert (outcome.code, outcome.judgement.verdict) == (0, Verdict.HELD), outcome.output
    assert outcome.standing == 0


def test_one_replica_breaks_the_crash_scenario_and_judging_again_needs_no_cluster(tmp_path: Path) -> None:
    outcome = carried_out(*CRASH, tmp_path, "--weakness", "one replica", "--to-the-end")
    assert (outcome.code, outcome.judgement.verdict) == (1, Verdict.BROKEN), outcome.output
    assert "at least 99% of requests succeed in the 60s after" in broken(outcome)
    assert "requests fail for no longer than 5s" in broken(outcome)
    assert "BROKEN" in outcome.output
    again = [sys.executable, "-m", "squall", "judge", str(outcome.folder.path), "--set", "SuccessShare.limit=50"]
    done = subprocess.run(
        [*again, "--set", "FailingTime.limit=60"],
        env={"PATH": "", "KUBECONFIG": "/nowhere"},
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout


def test_no_readiness_probe_breaks_the_crash_scenario(tmp_path: Path) -> None:
    outcome = carried_out(*CRASH, tmp_path, "--weakness", "no readiness probe")
    assert (outcome.code, outcome.judgement.verdict) == (1, Verdict.BROKEN), outcome.output
    assert "at least 99% of requests succeed in the 60s after" in broken(outcome)


def test_one_replica_breaks_the_deletion_scenario(tmp_path: Path) -> None:
    outcome = carried_out(*DELETION, tmp_path, "--weakness", "one replica")
    assert (outcome.code, outcome.judgement.verdict) == (1, Verdict.BROKEN), outcome.output


@pytest.mark.parametrize(
    ("title", "cause", "says"),
    [
        ("Nobody is there to be harmed", Cause.NO_TARGET, "redis has no instance"),
        ("Fewer are there than asked for", Cause.NO_TARGET, "5 of rerank-api asked for, 3 there"),
        ("The load cannot keep its schedule", Cause.LOAD_SHORT, "never left the load generator"),
        ("The system is not steady", Cause.NOT_STEADY, "succeeded (99% wanted)"),
        ("The fault does not bite", Cause.NO_EFFECT, "still there"),
        ("The limit lies inside the error", Cause.TOO_CLOSE, "on both sides of the limit"),
    ],
)
def test_what_proves_nothing_says_why(title: str, cause: Cause, says: str, tmp_path: Path) -> None:
    outcome = carried_out(CAUSES, title, tmp_path, meant=cause)
    assert (outcome.code, outcome.judgement.verdict) == (2, Verdict.INCONCLUSIVE), outcome.output
    assert {finding.cause for finding in outcome.judgement.findings} == {cause}
    assert says in outcome.judgement.headline.reason
    assert outcome.standing == 0


def test_a_cluster_that_is_not_there_is_one_line(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "squall", "run", str(FEATURES / "crash.feature")]
    command += ["--platform", "kind", "--context", "kind-nowhere"]
    done = subprocess.run([*command, "--runs", str(tmp_path)], capture_output=True, text=True, cwd=ROOT, check=False)
    assert done.returncode == 4
    assert "kind-nowhere" in done.stdout + done.stderr
    assert "Traceback" not in done.stdout + done.stderr
    assert CONTEXT != "kind-nowhere"
