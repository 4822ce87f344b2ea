"""The bridge against the real allure-pytest: a small project is run twice, and its results are read."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import cast

import pytest

from squall.interval import Interval
from squall.report import allure_files
from squall.report.allure import CONFLICT, as_error, conflict, redacted_json
from squall.report.wording import line
from squall.verdict import Finding, Measured, Side, Verdict
from tests.report import runs

Result = dict[str, object]

CONFTEST = """
import pytest
from squall.report.allure import Bridge
from squall.record.folder import RunFolder
from squall.report.write import write
from tests.report import runs

@pytest.fixture
def bridge(request):
    return Bridge.connect(request.config)

@pytest.fixture
def play(bridge, tmp_path):
    def play(name):
        record, judgement = runs.ALL[name]()
        folder = RunFolder(tmp_path)
        folder.write_plan(record.plan)
        folder.write_judgement(judgement)
        for event in record.timeline:
            folder.append(event)
        write(record, judgement, tmp_path)
        bridge.start_scenario(record.plan.scenario, "Crashes", record.plan.tags, "rerank")
        bridge.start_step("Given", '"rerank" is in its steady state')
        bridge.end_step()
        bridge.start_step("When", 'a pod of "api" crashes')
        bridge.end_step()
        for finding in judgement.findings:
            bridge.start_step("Then", finding.claim)
            bridge.end_step(finding)
        bridge.attach(record, judgement, tmp_path)
        from squall.report.allure import as_error
        if error := as_error(judgement.headline):
            raise error
    return play
"""
TESTS = """
import pytest

@pytest.mark.parametrize("name", ["held", "broken", "no_effect"])
def test_run(play, name):
    play(name)

def test_a_step_that_crashes(bridge):
    bridge.start_step("When", "it crashes")
    bridge.end_step(error=RuntimeError("no cluster"))
"""


def run(project: Path, results: Path, *chosen: str) -> dict[str, Result]:
    options = ["-q", "-p", "allure_pytest.plugin", "-p", "no:cacheprovider", "--alluredir", str(results), *chosen]
    surroundings = {
        **os.environ,
        "PYTHONPATH": str(Path(__file__).parents[2]),
        "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
        "PYTEST_ADDOPTS": "",
    }
    command = [sys.executable, "-m", "pytest", *options]
    done = subprocess.run(command, cwd=project, env=surroundings, capture_output=True, text=True, check=False)
    assert done.returncode == 1, done.stdout + done.stderr
    found = [json.loads(path.read_text()) for path in results.glob("*-result.json")]
    return {str(result["fullName"]) + json.dumps(result.get("parameters", "")): result for result in found}


@pytest.fixture(scope="module")
def twice(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, Result], dict[str, Result], Path]:
    project = tmp_path_factory.mktemp("project")
    (project / "conftest.py").write_text(CONFTEST)
    (project / "test_it.py").write_text(TESTS)
    return run(project, project / "one"), run(project, project / "two", "-k", "broken"), project / "one"


def named(results: dict[str, Result], part: str) -> Result:
    return next(result for key, result in results.items() if part in key)


def steps(result: Result) -> list[Result]:
    return cast("list[Result]", result["steps"])


pytestmark = pytest.mark.slow
Twice = tuple[dict[str, Result], dict[str, Result], Path]


def test_each_step_has_its_own_status(twice: Twice) -> None:
    broken, lost = named(twice[0], "'broken'"), named(twice[0], "no_effect")
    assert [step["status"] for step in steps(broken)] == ["passed", "passed", "failed", "passed"]
    assert [step["status"] for step in steps(lost)] == ["passed", "passed", "broken", "broken"]
    assert (broken["status"], lost["status"]) == ("failed", "broken")
    assert named(twice[0], "'held'")["status"] == "passed"


def test_a_step_carries_its_figure_without_module_names(twice: Twice) -> None:
    claim = steps(named(twice[0], "'broken'"))[2]
    text = "BROKEN: 7.9 s ± 0.2 s, limit 5 s — “requests fail for no longer than 5s”"
    assert claim["name"] == f"Then {runs.FAILS}"
    assert cast("Result", claim["statusDetails"])["message"] == f"{text}\n"
    assert steps(claim)[0]["name"] == text
    held = steps(named(twice[0], "'held'"))[2]
    assert steps(held)[0]["name"] == f"HELD: 0.52 s ± 0.10 s, limit 5 s — “{runs.FAILS}”"


def test_a_crashed_step_is_broken(twice: Twice) -> None:
    assert steps(named(twice[0], "crashes"))[0]["status"] == "broken"


def test_title_labels_and_history(twice: Twice) -> None:
    first, second = (named(results, "'broken'") for results in twice[:2])
    labels = {(label["name"], label["value"]) for label in cast("list[dict[str, str]]", first["labels"])}
    assert first["name"] == runs.PLAN.scenario
    assert {("severity", "critical"), ("epic", "runbook"), ("feature", "Crashes"), ("suite", "rerank")} <= labels
    assert first["historyId"] == second["historyId"]
    assert len({str(result["historyId"]) for result in twice[0].values()}) == 4


def test_the_attachments_are_there(twice: Twice) -> None:
    broken = named(twice[0], "'broken'")
    attached = {a["name"]: a for a in cast("list[dict[str, str]]", broken["attachments"])}
    assert set(attached) == {
        "summary",
        "figure.svg",
        "report.html",
        "phases.csv",
        "plan.json",
        "findings.json",
        "timeline.jsonl",
    }
    assert attached["figure.svg"]["type"] == "image/svg+xml"
    assert json.loads((twice[2] / attached["findings.json"]["source"]).read_text())["findings"]
    assert (twice[2] / attached["phases.csv"]["source"]).read_text().startswith("name,start,end,count,failed")


def test_environment_categories_and_metrics_lie_beside_the_results(twice: Twice) -> None:
    assert "version.kubernetes=1.36.1\n" in (twice[2] / "environment.properties").read_text()
    assert json.loads((twice[2] / "categories.json").read_text())[0]["name"] == "Not undone"
    assert "export default" in (twice[2] / "allurerc.mjs").read_text()
    assert (twice[2] / f"{runs.PLAN.run}-perf.json").is_file()
    assert not list(twice[2].glob(".*"))


def test_metrics_hold_the_worst_end_of_each_figure() -> None:
    found = {str(entry["key"]): entry for entry in allure_files.metrics(*runs.broken())}
    entry = found[f"{runs.PLAN.scenario} / {runs.FAILS} (s)"]
    assert set(entry) == {"id", "key", "value", "start", "stop"}
    assert entry["value"] == 8.08
    assert found[f"{runs.PLAN.scenario} / after the harm / failed (%)"]["value"] == 8.8


def test_of_a_share_that_must_be_kept_the_worst_end_is_the_low_one() -> None:
    record, judgement = runs.broken()
    share = Finding(
        "99% succeed", Verdict.BROKEN, "", None, Measured("", Interval(91.0, 92.0), 99.0, "%", 9, Side.AT_LEAST)
    )
    metrics = allure_files.metrics(record, type(judgement)([share], []))
    assert metrics[0]["value"] == 91.0


def test_each_cause_has_one_category_and_only_broken_blames_the_system() -> None:
    for finding in (runs.no_effect()[1].headline, runs.empty()[1].headline, runs.broken()[1].headline):
        matching = [c["name"] for c in allure_files.categories() if re.fullmatch(str(c["messageRegex"]), line(finding))]
        assert len(matching) == 1
        assert (matching[0] == "A promise is broken") == (finding.verdict is Verdict.BROKEN)


def test_a_verdict_as_an_error() -> None:
    assert as_error(runs.held()[1].headline) is None
    assert isinstance(as_error(runs.broken()[1].headline), AssertionError)
    assert not isinstance(as_error(runs.no_effect()[1].headline), AssertionError)


def test_the_two_adapters_together_are_named_in_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    class Entry:
        def __init__(self, name: str) -> None:
            self.name = name

    both = [Entry("allure_pytest"), Entry("allure_pytest_bdd")]
    monkeypatch.setattr("squall.report.allure.metadata.entry_points", lambda group: both)
    assert conflict() == CONFLICT
    assert "\n" not in CONFLICT
    assert conflict(lambda name: name == "allure_pytest_bdd") is None


def test_attached_json_is_cleaned_and_still_json(tmp_path: Path) -> None:
    path = tmp_path / "plan.json"
    path.write_text(json.dumps({"command": "squall run --password hunter2", "seed": 7}))
    assert json.loads(redacted_json(path)) == {"command": "squall run --password ***", "seed": 7}
