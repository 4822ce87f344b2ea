"""Allure's page over stored runs: what its results say, and the page itself, made by Allure and opened in Chromium."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

import pytest

from squall.commands.report import links
from squall.errors import HarnessFailed, Misuse
from squall.report import allure_files, allure_page
from squall.report.allure_results import message, result, status
from squall.report.runs import StoredRun, find, series
from tests.report import runs
from tests.report.test_report_files import stored


def told(run: StoredRun, name: str, **given: Mapping[str, str]) -> dict[str, Any]:
    return cast("dict[str, Any]", result(run, runs.ALL[name]()[0], [], given.get("runbook", {})))


def test_the_verdict_comes_before_allures_word_and_each_error_stands_once(tmp_path: Path) -> None:
    said = told(stored("broken", tmp_path), "broken")
    assert said["name"] == f"BROKEN: {runs.PLAN.scenario}"
    assert said["status"] == "failed"
    assert said["statusDetails"]["message"].startswith("BROKEN: 7.9 s ± 0.2 s, limit 5 s")
    assert "refused" in said["statusDetails"]["trace"]
    assert [step["status"] for step in said["steps"]] == ["passed", "failed", "passed", "passed"]
    assert not any("statusDetails" in step for step in said["steps"])
    assert said["steps"][1]["name"].startswith("✗ BROKEN: 7.9 s ± 0.2 s, limit 5 s. Then requests fail")


def test_a_test_that_held_shows_its_figures_without_being_opened(tmp_path: Path) -> None:
    said = told(stored("held", tmp_path), "held")
    assert "statusDetails" not in said or not said["statusDetails"]
    assert "0.52 s ± 0.10 s, limit 5 s" in said["descriptionHtml"]
    assert "0.52 s ± 0.10 s, limit 5 s" in said["steps"][1]["name"]


@pytest.mark.parametrize(("name", "weakness", "word"), [
    ("held", "", "passed"), ("broken", "", "failed"), ("no_effect", "", "broken"), ("stopped", "", "failed"),
    ("broken", "one replica", "passed"), ("held", "one replica", "failed"), ("no_effect", "one replica", "broken"),
])  # fmt: skip
def test_a_twin_that_breaks_as_it_should_passes_and_nothing_else_does(
    tmp_path: Path, name: str, weakness: str, word: str
) -> None:
    run = stored(name, tmp_path, 0, *([weakness] if weakness else []))
    assert status(run) == word
    assert bool(message(run)) == (word != "passed")


def test_a_run_that_was_cut_off_never_passed(tmp_path: Path) -> None:
    (stored("held", tmp_path).folder / "findings.json").unlink()
    (run,), _ = find([tmp_path])
    assert (status(run), message(run)) == ("broken", "INCONCLUSIVE (aborted): it was cut off before it was judged")


def test_each_run_that_is_not_as_meant_has_one_category_in_allures_own_form(tmp_path: Path) -> None:
    text = allure_files.configuration('a "system"')
    rules = re.findall(r'name: "([^"]*)", matchers: \[\{ statuses: (\[[^]]*\]), message: /(.*?)/ \}\]', text)
    assert len(rules) == 9
    expected = {("broken", ""): "A promise is broken", ("no_effect", ""): "The fault did not bite",
                ("empty", ""): "Infrastructure: harness or record", ("stopped", ""): "Not undone",
                ("held", "weak"): "A weakness was not found"}  # fmt: skip
    for number, ((name, weakness), category) in enumerate(expected.items()):
        run = stored(name, tmp_path, number, *([weakness] if weakness else []))
        fits = [
            rule for rule, statuses, pattern in rules if status(run) in statuses and re.search(pattern, message(run))
        ]
        assert fits[0] == category


def test_promises_link_to_their_line_in_the_runbook(tmp_path: Path) -> None:
    book = tmp_path / "book.md"
    book.write_text("# Runbook\n\nA crash costs little. <!-- squall: Q2, Q5 -->\n")
    addresses = links([f"{book}=https://wiki.example/book"])
    assert addresses == {"Q2": "https://wiki.example/book#L3", "Q5": "https://wiki.example/book#L3"}
    said = told(stored("held", tmp_path / "runs"), "held", runbook=addresses)
    assert said["links"] == [{"name": "Q2 in the runbook", "url": "https://wiki.example/book#L3", "type": "tms"}]
    (tmp_path / "bare.md").write_text("nothing")
    for bad in ("bare.md", "none.md"):
        with pytest.raises(Misuse, match=r"runbook|reading"):
            links([str(tmp_path / bad)])


def test_earlier_runs_are_the_history_of_the_latest(tmp_path: Path) -> None:
    for day, name in enumerate(("held", "broken", "held")):
        stored(name, tmp_path, day)
    stored("held", tmp_path, 7, scenario="Another")
    points = allure_page.history(series(find([tmp_path])[0]))
    past = [[each["status"] for each in cast("dict[str, Any]", point["testResults"]).values()] for point in points]
    assert past == [["passed"], ["failed"]]


def test_a_page_that_still_tells_its_makers_is_refused() -> None:
    tag = '<script async src="https://www.googletagmanager.com/gtag/js?id=G-X"></script>'
    page = f"<body>{tag}\n    <script>\n window.dataLayer = [];</script><script>mine()</script></body>"
    assert allure_page.private(page) == "<body><script>mine()</script></body>"
    assert allure_page.private(f"{tag}<script>mine()</script>") == "<script>mine()</script>"
    with pytest.raises(HarnessFailed, match="analytics"):
        allure_page.private("<img src='https://www.googletagmanager.com/a'>")


def test_metrics_hold_detection_recovery_downtime_and_budget() -> None:
    found = allure_files.outage(runs.broken()[0])
    assert found["detection (s)"] == pytest.approx(0.301, abs=0.01)
    assert 7.8 < found["downtime (s)"] <= found["recovery (s)"] < 10
    assert found["budget (times what is allowed)"] == pytest.approx(8.8, abs=0.1)
    assert allure_files.outage(runs.empty()[0]) == {}


def test_without_node_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("squall.report.allure_page.find_spec", lambda name: None)
    monkeypatch.setattr("squall.report.allure_page.shutil.which", lambda name: None)
    with pytest.raises(Misuse, match=r"pip install 'squall\[allure\]'"):
        allure_page.installed()


@pytest.mark.slow
def test_allure_makes_one_page_that_loads_nothing(tmp_path: Path) -> None:
    for day, name in enumerate(("held", "broken")):
        stored(name, tmp_path / "runs", day)
    page = tmp_path / "allure.html"
    try:
        allure_page.installed()
    except (HarnessFailed, Misuse) as error:
        pytest.skip(f"Allure cannot be installed here: {error}")
    allure_page.make(series(find([tmp_path / "runs"])[0]), page, "rerank", {})
    text = page.read_text(encoding="utf-8")
    assert "googletagmanager" not in text
    assert not re.search(r'<(script|link|img|iframe)[^>]{0,200}(src|href)="https?://', text)
