"""The gate on Docker: what must hold, what must break, and what must prove nothing, each for its reason."""

import subprocess
import sys
from pathlib import Path

import pytest

from squall.agent.scope.docker_scope import RUN
from squall.verdict import Cause, Verdict
from tests.kind.gate import LONGEST, ROOT, Outcome, carried_out
from tests.platforms.docker_system import NOTHING, there

pytestmark = [pytest.mark.proof, pytest.mark.needs_docker, pytest.mark.slow, pytest.mark.timeout(LONGEST)]

CRASH = ROOT / "features" / "chest_xray" / "crash.feature", "The crashed API container comes back by itself"
PROJECT = Path(__file__).parent / "project" / "features"
COMPOSE = ("--platform", "compose")


def on_compose(feature: Path, title: str, runs: Path, *options: str) -> Outcome:
    """Run a scenario; whatever came of it, nothing of it is left."""
    outcome = carried_out(feature, title, runs, *options, where=COMPOSE)
    assert outcome.standing == 0
    assert there(f"{RUN}={outcome.folder.path.name}") == NOTHING
    return outcome


def test_a_restart_policy_holds_the_promise(tmp_path: Path) -> None:
    outcome = on_compose(*CRASH, tmp_path)
    assert (outcome.code, outcome.judgement.verdict) == (0, Verdict.HELD), outcome.output


def test_without_one_it_is_broken(tmp_path: Path) -> None:
    outcome = on_compose(*CRASH, tmp_path, "--weakness", "no restart policy")
    assert (outcome.code, outcome.judgement.verdict) == (1, Verdict.BROKEN), outcome.output
    broken = {finding.claim for finding in outcome.judgement.findings if finding.verdict is Verdict.BROKEN}
    assert broken >= {'"detector-api" heals by itself within 30s', "requests fail for no longer than 15s"}


@pytest.mark.parametrize(
    ("title", "cause", "says"),
    [
        ("The system is not steady", Cause.NOT_STEADY, "succeeded (99% wanted)"),
        ("Fewer are there than asked for", Cause.NO_TARGET, "2 of detector-api asked for, 1 there"),
    ],
)
def test_what_proves_nothing_says_why(title: str, cause: Cause, says: str, tmp_path: Path) -> None:
    outcome = on_compose(PROJECT / "inconclusive.feature", title, tmp_path)
    assert (outcome.code, outcome.judgement.verdict) == (2, Verdict.INCONCLUSIVE), outcome.output
    assert {finding.cause for finding in outcome.judgement.findings} == {cause}
    assert says in outcome.judgement.headline.reason


def test_what_compose_cannot_do_is_skipped_by_name(tmp_path: Path) -> None:
    scenario = f"{PROJECT / 'inconclusive.feature'}::Nothing brings back what is removed"
    command = [sys.executable, "-m", "squall", "run", scenario, *COMPOSE, "--runs", str(tmp_path)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    assert "the platform compose does not offer Deletes, which Deletion needs" in done.stdout
    assert done.returncode != 0, "nothing was proven"


def test_the_system_file_is_as_it_says() -> None:
    command = [sys.executable, "-m", "squall", "check", "chest-xray", "--platform", "compose"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=200, check=False)
    assert (done.returncode, done.stdout) == (0, "scenarios/chest_xray/system.yaml: all is as it says\n")
