"""What stands between the gate and a merge: action, workflows and GitLab's template, run and linted."""

import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from cluster.cache import Cache
from squall.commands.init import templates
from tests.commands.projects import ROOT, invoked
from tests.gate.ci import Runner

ACTION: dict[str, Any] = yaml.safe_load((ROOT / "action.yml").read_text())
STEPS: list[dict[str, Any]] = ACTION["runs"]["steps"]
REUSABLE = ROOT / ".github" / "workflows" / "gate.yml"
# What runs are stored, what the gate ends with, and what the job's page begins with.
CASES = [
    ("held", "not twin", 0, "## GATE OPEN"),
    ("broken", "not twin", 1, "## GATE CLOSED (exit code 1)"),
    ("void", "not twin", 2, "## GATE CLOSED (exit code 2)"),
    ("held", "nobody", 4, "## GATE CLOSED (exit code 4)"),
]


def runner(made: Path, tmp_path: Path, stored: str, tags: str = "not twin", **inputs: str) -> Runner:
    given = {f"inputs.{name}": str(of["default"]) for name, of in ACTION["inputs"].items()}
    given |= {f"inputs.{name}": value for name, value in inputs.items()}
    given |= {
        "github.action_path": str(ROOT), "github.ref_name": "main", "github.event.repository.default_branch": "main",
    }  # fmt: skip
    project = Path(shutil.copytree(made, tmp_path / "shop"))
    shutil.copytree(project / stored, project / "runs")
    return Runner(project, stored, given, tags)


@pytest.mark.slow
@pytest.mark.parametrize(("stored", "tags", "code", "headline"), CASES)
def test_the_action_s_job_ends_as_the_gate_did(
    made: Path, tmp_path: Path, stored: str, tags: str, code: int, headline: str
) -> None:
    job = runner(made, tmp_path, stored, tags, platform="local")
    job.github(STEPS)
    assert job.code == code, job.output
    assert job.summary.read_text().replace("\\", "").startswith(headline)
    report = job.project / ".squall-report"
    assert {"junit.xml", "gate.md", "gate.json", "allure-results"} <= {path.name for path in report.iterdir()}
    assert len(job.calls("npx")) == 1
    assert job.calls("squall")[-1 - (code == 0)] == "squall undo"
    # Figures are kept of a main branch whose gate is open, and of nothing else.
    assert (job.project / ".squall-history" / "baseline.json").exists() == (code == 0)
    assert not job.calls("kind")


@pytest.mark.slow
def test_the_action_loads_the_images_into_the_cluster_it_made(made: Path, tmp_path: Path) -> None:
    job = runner(
        made, tmp_path, "held", images="shop/api:dev shop/web:dev", cluster="shop", arguments="--name 'One of'"
    )
    job.github(STEPS)
    assert job.code == 0, job.output
    assert job.calls("kind") == [
        "kind load docker-image localhost/squall/agent:dev shop/api:dev shop/web:dev --name shop"
    ]
    (gate,) = [call for call in job.calls("squall") if call.startswith("squall gate")]
    assert gate.startswith("squall gate --name One of --context kind-shop --platform kind ")
    (pip,) = job.calls("pip")
    assert pip == f"pip install {ROOT}[kubernetes,stores,allure]"


def test_a_gate_that_never_came_to_a_decision_is_closed(made: Path, tmp_path: Path) -> None:
    job = runner(made, tmp_path, "held", platform="local")
    # What a runner does that is out of memory.
    job.program("squall", "#!/bin/bash\nkill -9 $$\n")
    job.github(STEPS)
    assert job.code != 0
    assert "the gate is closed: it never came to a decision" in job.output
    assert job.summary.read_text() == "## GATE CLOSED: the gate left no report\n"


def test_a_gate_without_a_report_is_closed(made: Path, tmp_path: Path) -> None:
    job = runner(made, tmp_path, "held", platform="local")
    job.program("squall", "#!/bin/bash\nexit 0\n")
    job.github(STEPS)
    assert (job.code, "the gate is closed: there is no JUnit file" in job.output) == (5, True)


def test_arguments_are_no_shell(made: Path, tmp_path: Path) -> None:
    job = runner(
        made, tmp_path, "held", platform="local", arguments="--name 'a b' $(touch mark) `touch mark`; touch mark"
    )
    job.program("squall", '#!/bin/bash\nprintf "%s|" "$@" >>"$CALLED"\n')
    job.github(STEPS)
    assert "--name|a b|$(touch|mark)|`touch|mark`;|touch|mark|" in job.called.read_text()
    assert not (job.project / "mark").exists()


def gitlab(platform: str) -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load(dict(templates(platform))["gitlab-ci.yml"])["promises"]
    return found


def carried_out(job: Runner, of: dict[str, Any], **variables: str) -> int:
    # One shell for before_script and script, another for what comes after, whatever happened.
    given = {**{name: str(value) for name, value in of.get("variables", {}).items()}, **variables}
    code = job.shell("\n".join([*of["before_script"], *of["script"]]), given)
    job.shell("\n".join(of["after_script"]), given)
    return code


@pytest.mark.slow
@pytest.mark.parametrize(("stored", "tags", "code", "headline"), CASES)
def test_the_job_of_gitlab_ends_as_the_gate_did(
    made: Path, tmp_path: Path, stored: str, tags: str, code: int, headline: str
) -> None:
    job = runner(made, tmp_path, stored, tags)
    assert carried_out(job, gitlab("local"), SQUALL="git+https://example.org/us/squall") == code, job.output
    assert (job.project / "gate.md").read_text().replace("\\", "").startswith(headline)
    assert job.calls("pip") == ["pip install squall[local,allure] @ git+https://example.org/us/squall"]
    assert job.calls("squall")[-1] == "squall undo"


@pytest.mark.slow
def test_the_job_of_gitlab_on_kind_has_docker_cluster_and_agent_first(made: Path, tmp_path: Path) -> None:
    job = runner(made, tmp_path, "held")
    assert carried_out(job, gitlab("kind"), SQUALL="git+https://example.org/us/squall") == 0, job.output
    assert [call.split(" --")[0] for call in job.calls("kind")] == [
        "kind create cluster", "kind load docker-image localhost/squall/agent:dev"
    ]  # fmt: skip
    assert any(call.startswith("docker build") and call.endswith(str(ROOT)) for call in job.calls("docker"))


@pytest.mark.parametrize("platform", ["local", "kind"])
def test_without_knowing_where_squall_is_no_job_goes_on(made: Path, tmp_path: Path, platform: str) -> None:
    job = runner(made, tmp_path, "held")
    assert job.shell("\n".join(gitlab(platform)["before_script"])) == 1
    assert "set the variable SQUALL to " in job.output
    (guard,) = [step for step in workflow("kind")["jobs"]["promises"]["steps"] if step.get("name") == "where squall is"]
    assert job.shell(guard["run"], {"SQUALL": ""}) == 1
    assert job.shell(guard["run"], {"SQUALL": "us/squall"}) == 0


def workflow(platform: str) -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load(dict(templates(platform))["github/workflows/squall.yml"])
    return found


def test_workflows_give_the_action_what_it_takes() -> None:
    ours = yaml.safe_load(REUSABLE.read_text())["jobs"]["promises"]["steps"][-1]
    assert ours["uses"] == workflow("kind")["jobs"]["promises"]["steps"][-1]["uses"] == "./.squall-source"
    assert ours["with"].keys() <= ACTION["inputs"].keys()
    assert workflow("kind")["jobs"]["promises"]["steps"][-1]["with"].keys() <= ACTION["inputs"].keys()


def actionlint(folder: Path) -> str:
    """Return what the linter says of the workflows of a repository; empty: nothing."""
    program = shutil.which("actionlint", path=f"{os.environ['PATH']}:{Cache.of_user().bin}")
    if program is None:
        pytest.skip("there is no actionlint; make actionlint builds it")
    subprocess.run(["git", "init", "--quiet", str(folder)], check=True)
    done = subprocess.run([program, "-no-color"], cwd=folder, capture_output=True, text=True, check=False, timeout=100)
    return done.stdout + done.stderr


def as_workflow(action: dict[str, Any]) -> str:
    """Return an action's steps as those of a workflow: actionlint reads no actions."""
    inputs = {name: {"type": "string", "default": str(of["default"])} for name, of in action["inputs"].items()}
    job = {"runs-on": "ubuntu-latest", "steps": action["runs"]["steps"]}
    return yaml.safe_dump(
        {"name": "x", "on": {"workflow_call": {"inputs": inputs}}, "jobs": {"x": job}}, sort_keys=False
    )


@pytest.mark.parametrize("platform", ["local", "kind"])
def test_what_github_gets_is_linted(tmp_path: Path, platform: str) -> None:
    assert invoked("init", str(tmp_path / "shop"), "--platform", platform).exit_code == 0
    place = tmp_path / "shop" / ".github" / "workflows"
    shutil.copy(REUSABLE, place)
    (place / "action.yml").write_text(as_workflow(ACTION))
    assert actionlint(tmp_path / "shop") == ""
    (place / "action.yml").write_text(as_workflow(ACTION).replace("inputs.cluster", "inputs.clutter"))
    assert 'property "clutter" is not defined' in actionlint(tmp_path / "shop")
