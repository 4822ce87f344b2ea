"""The gate on the real cluster: what must hold, what must break, and what must prove nothing, each for its reason."""

import subprocess
import sys
from pathlib import Path

import pytest

from squall.verdict import Cause, Verdict
from tests.kind.gate import CONTEXT, LONGEST, PROJECT, ROOT, Outcome, carried_out

pytestmark = [pytest.mark.kind, pytest.mark.slow, pytest.mark.timeout(LONGEST)]

FEATURES = ROOT / "features" / "quantum_rerank"
TWINS = PROJECT / "features" / "twins.feature"
CAUSES = PROJECT / "features" / "inconclusive.feature"


def broken(outcome: Outcome) -> set[str]:
    return {f.claim for f in outcome.judgement.findings if f.verdict is Verdict.BROKEN}


@pytest.mark.parametrize(
    ("feature", "title"),
    [
        (FEATURES / "steady.feature", "All stated latency and error limits hold while nothing is harmed"),
        (FEATURES / "crash.feature", "One pod crashes and users hardly notice"),
        pytest.param(
            FEATURES / "release.feature",
            "A release that fails its health check is rolled back and users hardly notice",
            marks=pytest.mark.proof,
        ),
        pytest.param(
            FEATURES / "release.feature",
            "A release whose image cannot be pulled is rolled back and users do not notice",
            marks=pytest.mark.proof,
        ),
        pytest.param(
            FEATURES / "configuration.feature",
            "A configuration that names no database is put in place, and users do not notice",
            marks=pytest.mark.proof,
        ),
        (PROJECT / "features" / "deletion.feature", "A pod is deleted and no request fails"),
        pytest.param(
            FEATURES / "cache.feature",
            "The cache is unreachable and users are served without it",
            marks=pytest.mark.proof,
        ),
        pytest.param(
            FEATURES / "names.feature",
            "Name resolution fails and the service goes on with the connections that it has",
            marks=pytest.mark.proof,
        ),
    ],
)
def test_the_healthy_system_holds(feature: Path, title: str, tmp_path: Path) -> None:
    outcome = carried_out(feature, title, tmp_path)
    assert (outcome.code, outcome.judgement.verdict) == (0, Verdict.HELD), outcome.output
    assert outcome.standing == 0


def test_one_replica_breaks_the_crash_scenario_and_judging_again_needs_no_cluster(tmp_path: Path) -> None:
    outcome = carried_out(TWINS, "One pod crashes and it is the only one", tmp_path, "--to-the-end")
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
    outcome = carried_out(TWINS, "One pod crashes and gets requests before it is warm", tmp_path)
    assert (outcome.code, outcome.judgement.verdict) == (1, Verdict.BROKEN), outcome.output
    assert "at least 99% of requests succeed in the 60s after" in broken(outcome)


@pytest.mark.proof
def test_a_releaser_that_does_not_wait_for_health_breaks_the_release_scenario(tmp_path: Path) -> None:
    title = "A release that fails its health check is brought out without waiting for health"
    outcome = carried_out(TWINS, title, tmp_path)
    assert (outcome.code, outcome.judgement.verdict) == (1, Verdict.BROKEN), outcome.output
    assert '"rerank-api" is rolled back within 60s' in broken(outcome)


@pytest.mark.proof
@pytest.mark.parametrize(
    ("title", "breaks"),
    [
        ("The cache is unreachable and each request waits for it", "no request fails"),
        ("Name resolution fails and no connection lives long", "at least 99% of requests succeed in the 20s after"),
        (
            "A configuration that names no database comes to pods that nobody asks whether they are ready",
            "no request fails",
        ),
    ],
)
def test_what_leans_on_a_neighbour_breaks_without_it(title: str, breaks: str, tmp_path: Path) -> None:
    outcome = carried_out(TWINS, title, tmp_path)
    assert (outcome.code, outcome.judgement.verdict) == (1, Verdict.BROKEN), outcome.output
    assert breaks in broken(outcome)
    assert outcome.standing == 0


def test_one_replica_breaks_the_deletion_scenario(tmp_path: Path) -> None:
    outcome = carried_out(TWINS, "The only pod is deleted", tmp_path)
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
