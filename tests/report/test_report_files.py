"""What is written over several stored runs: the index, and the files for other tools."""

import dataclasses
import json
import re
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families

from squall.clock import Heartbeat
from squall.commands.report import make
from squall.errors import ExitCode, Misuse
from squall.record.folder import RunFolder
from squall.record.judgement import Judgement
from squall.report import document, index, junit, markdown, openmetrics
from squall.report.runs import StoredRun, find, series
from tests.report import runs
from tests.report.test_page import HOSTILE, tags


def stored(name: str, folder: Path, day: int = 0, *weaknesses: str, scenario: str = "") -> StoredRun:
    """Write a run's plan and findings, as a run does."""
    record, judgement = runs.ALL[name]()
    anchor = Heartbeat(runs.START, runs.START, 1_795_000_000.0 + 86_400 * day)
    tags_ = [*record.plan.tags, "promise.Q2"]
    plan = dataclasses.replace(record.plan, run=f"{day}-{name}", anchor=anchor, tags=tags_, weaknesses=list(weaknesses),
                               scenario=scenario or record.plan.scenario)  # fmt: skip
    place = folder / plan.run
    place.mkdir(parents=True)
    RunFolder(place).write_plan(plan)
    RunFolder(place).write_judgement(judgement)
    return StoredRun(place, plan, judgement)


@pytest.fixture
def there(tmp_path: Path) -> Path:
    for day, name in enumerate(("held", "held", "broken")):
        stored(name, tmp_path, day)
    stored("broken", tmp_path, 3, "one replica")
    stored("held", tmp_path, 4, "no probe")
    stored("no_effect", tmp_path, 5, scenario="Nothing reaches it")
    return tmp_path


def test_runs_of_the_same_thing_are_a_series_and_what_is_worst_comes_first(there: Path) -> None:
    found = series(find([there])[0])
    assert [(len(each.runs), each.latest.word) for each in found] == [
        (3, "BROKEN"), (1, "INCONCLUSIVE (no effect)"), (1, "HELD (was to break)"), (1, "BROKEN (expected to break)"),
    ]  # fmt: skip
    assert [each.latest.as_meant for each in found] == [False, False, False, True]


def test_a_run_that_was_never_judged_proves_nothing(tmp_path: Path) -> None:
    (stored("held", tmp_path).folder / "findings.json").unlink()
    (run,), unread = find([tmp_path])
    assert (run.word, run.as_meant, unread) == ("INCONCLUSIVE (aborted)", False, [])


def test_what_was_left_behind_is_never_as_meant(tmp_path: Path) -> None:
    run = stored("held", tmp_path)
    left = dataclasses.replace(
        run, judgement=dataclasses.replace(run.judgement, not_undone=["a pod is still cordoned"])
    )
    assert not left.as_meant
    assert "NOT UNDONE" in markdown.markdown(series([left]))
    assert ET.fromstring(junit.file([left])).find(".//failure") is not None  # noqa: S314 - ours


def test_a_place_without_a_run_is_refused_in_one_line(tmp_path: Path) -> None:
    for place in (tmp_path, tmp_path / "nowhere"):
        with pytest.raises(Misuse) as refused:
            find([place])
        assert str(place) in str(refused.value)
        assert "\n" not in str(refused.value)


def test_the_command_writes_all_and_names_what_it_left_out(there: Path, capsys: pytest.CaptureFixture[str]) -> None:
    into = there.parent / "public"
    assert make([there], into) == ExitCode.HELD
    assert {path.name for path in into.iterdir()} == {
        "index.html", "summary.md", "report.json", "metrics.txt", "junit.xml"
    }  # fmt: skip
    (there / "0-held" / "plan.json").write_text("{")
    assert make([there], into) == ExitCode.MISUSE
    assert "left out" in capsys.readouterr().err
    assert "0-held" in (into / "index.html").read_text()
    (into.parent / "taken").write_text("")
    with pytest.raises(Misuse, match="name another folder"):
        make([there], into.parent / "taken")


def test_the_index_has_each_promise_by_its_runs_with_the_trend_of_its_figures(there: Path) -> None:
    (there / "0-held" / "report.html").write_text("")
    html = index.index(series(find([there])[0]), there / "report")
    assert "0 of 2 scenarios HELD in the last run; 1 of 2 twins broken, as meant" in html
    links = [given["href"] for tag, given in tags(html) if tag == "a"]
    assert links == ["../0-held/report.html"]
    assert "Q2 · A crashed pod costs users little" in html
    trend = re.search(r'<svg class="trend".*?aria-label="([^"]*)">(.*?)</svg>', html)
    assert trend is not None
    assert trend[1].startswith("3 runs, the oldest first: 0.52 s ± 0.10 s, limit 5 s;")
    assert re.findall(r'class="(\w+ ?\w*)"', trend[2]) == ["limit", "range HELD", "range HELD", "range BROKEN"]
    assert not {tag for tag, _ in tags(html)} & {"script", "link", "iframe", "object", "embed", "form"}


def test_what_others_wrote_is_text_in_all_of_them(tmp_path: Path) -> None:
    run = stored("broken", tmp_path)
    nasty = f"{HOSTILE} [x](http://evil.example) @everyone | \x1b[2J `a` \x00"
    finding = dataclasses.replace(run.judgement.findings[0], claim=nasty, reason=nasty, platform=(nasty,))
    plan = dataclasses.replace(
        run.plan, scenario=nasty, feature=nasty, system=nasty, command=nasty, tags=[f"promise.{nasty}"]
    )
    found = series([StoredRun(run.folder, plan, Judgement([finding], [], [nasty]))])
    html = index.index(found, tmp_path)
    assert not {tag for tag, _ in tags(html)} & {"script", "img"}
    text = markdown.markdown(found)
    shown = re.sub(r"`[^`]*`", "", text)
    assert not re.search(r"(?<!\\)\]\(", shown)
    for raw in ("<img", "<script", "@everyone", "http://evil", "\x1b", "\x00"):
        assert raw not in shown
    assert len(ET.fromstring(junit.file([found[0].latest])).findall(".//testcase")) == 1  # noqa: S314 - ours
    assert b"\x1b" not in openmetrics.openmetrics(found)


def test_markdown_stays_below_githubs_limits_whatever_happens(tmp_path: Path) -> None:
    run = stored("broken", tmp_path)
    finding = dataclasses.replace(run.judgement.findings[0], reason="é" * 5000, platform=("ü" * 5000,) * 5)
    many = [
        StoredRun(
            run.folder, dataclasses.replace(run.plan, scenario=f"{number} {'ß' * 400}"), Judgement([finding] * 9, [])
        )
        for number in range(500)
    ]
    text = markdown.markdown(series(many))
    assert len(text.encode()) <= markdown.MOST < 65_536
    assert "0 of 500 scenarios HELD" in text
    left = re.search(r"(\d+) more scenarios are left out", text)
    assert left is not None
    assert int(left[1]) + text.count("\n| ✗") == 500
    assert "reasons of" in text


def test_markdown_of_nothing_does_not_read_as_success() -> None:
    assert "nothing was run" in markdown.markdown([])


def test_json_is_as_its_published_schema_says(there: Path) -> None:
    schema = json.loads(Path("docs/reference/schemas/report.json.schema.json").read_text())
    said = json.loads(document.written(document.document(find([there])[0], ["x"])))
    assert schema == document.REPORT.json_schema(mode="serialization")
    assert document.REPORT.validate_python(said) == document.document(find([there])[0], ["x"])
    assert [run["twin"] for run in said["runs"]] == [False, False, False, True, True, False]
    first = said["runs"][2]["claims"][0]
    assert (first["low"], first["high"], first["limit"], first["verdict"]) == (7.72, 8.08, 5.0, "BROKEN")


def test_openmetrics_is_read_by_prometheus_own_parser_and_has_the_latest_runs(there: Path) -> None:
    text = openmetrics.openmetrics(series(find([there])[0])).decode()
    families = {family.name: family for family in text_string_to_metric_families(text)}  # type: ignore[no-untyped-call]
    verdicts = [each.labels for each in families["squall_run_verdict"].samples if each.value == 1]
    assert sorted((each["weakness"], each["verdict"]) for each in verdicts) == [
        ("", "BROKEN"), ("", "INCONCLUSIVE"), ("no probe", "HELD"), ("one replica", "BROKEN"),
    ]  # fmt: skip
    high = [each.value for each in families["squall_claim_high"].samples if each.labels["claim"] == runs.FAILS]
    assert sorted(high) == [0.61, 8.08, 8.08]


def test_junit_counts_what_it_holds_and_a_twin_that_broke_as_it_should_passes(there: Path) -> None:
    root = ET.fromstring(junit.file([each.latest for each in series(find([there])[0])]))  # noqa: S314 - ours
    (suite,) = root.findall("testsuite")
    assert {key: suite.get(key) for key in ("tests", "failures", "errors", "skipped")} == {
        "tests": "4", "failures": "2", "errors": "1", "skipped": "0"
    }  # fmt: skip
    failed = {case.get("name"): [part.tag for part in case] for case in suite}
    assert failed["A crashed pod costs users little with the weakness one replica (kind)"] == ["properties"]
    assert failed["A crashed pod costs users little (kind)"] == ["properties", "failure"]
    assert failed["Nothing reaches it (kind)"] == ["properties", "error"]
