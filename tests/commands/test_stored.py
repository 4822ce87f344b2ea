"""The commands about stored runs: judge, show, undo."""

import json
import shutil
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from squall.claims.judge import judge
from squall.commands.judge import parse
from squall.errors import Misuse
from squall.record.folder import RunFolder
from squall.report.explanation import explanations
from squall.report.write import write
from squall.safety.undo_log import Undo, UndoLog, undoes
from squall.verdict import Verdict
from tests.commands.projects import ROOT, invoked, squall

CODES = {"held": 0, "broken": 1, "no effect": 2, "not steady": 2}


@pytest.mark.parametrize(("name", "code"), CODES.items())
def test_judging_again_gives_the_code_of_the_verdict(runs: dict[str, Path], name: str, code: int) -> None:
    assert invoked("judge", str(runs[name])).exit_code == code


def test_the_worst_of_several_runs_decides(runs: dict[str, Path]) -> None:
    assert invoked("judge", *map(str, runs.values())).exit_code == 1


def test_other_limits_give_other_verdicts(runs: dict[str, Path]) -> None:
    words = ["--set", "FailingTime.limit=60", "--set", "SuccessShare.limit=50", "--set", "nofailure.limit=1"]
    result = invoked("judge", str(runs["broken"]), *words[:4], "--json")
    found = json.loads(result.output)[str(runs["broken"])]
    verdicts = {finding["claim"]: Verdict(finding["verdict"]) for finding in found["findings"]}
    assert verdicts["failingtime"] is verdicts["successshare"] is Verdict.HELD
    assert verdicts["nofailure"] is Verdict.BROKEN


def test_the_report_of_other_limits_is_written_elsewhere_and_says_so(runs: dict[str, Path], tmp_path: Path) -> None:
    before = {path: path.read_bytes() for path in runs["broken"].iterdir() if path.is_file()}
    words = ["--set", "FailingTime.limit=60", "--set", "SuccessShare.limit=50"]
    assert invoked("judge", str(runs["broken"]), *words, "--report", str(tmp_path)).exit_code == 1
    assert {path: path.read_bytes() for path in runs["broken"].iterdir() if path.is_file()} == before
    again = tmp_path / runs["broken"].name
    assert sorted(path.name for path in again.iterdir()) == ["figure.svg", "findings.json", "report.html"]
    found = json.loads((again / "findings.json").read_text())["findings"]
    assert {one["claim"]: Verdict(one["verdict"]) for one in found}["failingtime"] is Verdict.HELD
    page = (again / "report.html").read_text()
    assert "Judged again with other limits: FailingTime.limit=60, SuccessShare.limit=50" in page
    assert "limit 60 s" in page


def test_a_report_of_the_same_limits_is_that_of_the_run(runs: dict[str, Path], tmp_path: Path) -> None:
    record = RunFolder(runs["held"]).load()
    write(record, judge(record), tmp_path)
    assert invoked("judge", str(runs["held"]), "--report", str(tmp_path / "again")).exit_code == 0
    for name in ("report.html", "figure.svg"):
        assert (tmp_path / "again" / runs["held"].name / name).read_bytes() == (tmp_path / name).read_bytes()


def test_a_report_that_would_overwrite_a_record_or_another_is_misuse(runs: dict[str, Path], tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    run, same = str(runs["held"]), str(tmp_path / "same" / runs["held"].name)
    shutil.copytree(runs["held"], same)
    for words, says in (
        ([run, "--report", str(runs["held"].parent)], "would be overwritten; name another folder"),
        ([run, same, "--report", str(tmp_path / "new")], f"two of the runs are called {runs['held'].name}"),
        ([run, "--report", str(tmp_path / "file")], "Not a directory; name another folder"),
    ):
        done = squall(ROOT, "judge", *words)
        assert (done.code, done.out, len(done.complaints())) == (4, "", 1), done
        assert says in done.errors


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["/nope"], "there is no /nope/plan.json"),
        (["HELD", "--set", "x"], "write CLAIM.FIELD=VALUE"),
        (["HELD", "--set", "Nope.limit=1"], "has no such claim"),
        (["HELD", "--set", "FailingTime.nope=1"], "no such field (it has: limit)"),
        (["HELD", "--set", "FailingTime.limit=long"], "no limit; write a number"),
        (["HELD", "--set", "FailingTime.limit=nan"], "no limit; write a number"),
    ],
)
def test_bad_limits_and_runs_are_misuse(runs: dict[str, Path], words: list[str], says: str) -> None:
    done = squall(ROOT, "judge", *[str(runs["held"]) if word == "HELD" else word for word in words])
    assert (done.code, done.out, len(done.complaints())) == (4, "", 1), done
    assert says in done.errors


@settings(max_examples=80, deadline=None)
@given(st.text(max_size=40))
def test_any_change_is_read_or_refused(text: str) -> None:
    with suppress(Misuse):
        assert all(parse(text)[:2])


@pytest.mark.timeout(1200)  # Judges forty times.
@settings(max_examples=40, deadline=None)
@given(
    st.sampled_from(["FailingTime.limit", "SuccessShare.over", "HealsWithin.service", "nofailure.x"]),
    st.text(max_size=12),
)
def test_any_value_is_judged_or_refused(runs: dict[str, Path], field: str, value: str) -> None:
    result = invoked("judge", str(runs["held"]), "--set", f"{field}={value}")
    assert isinstance(result.exception, SystemExit | Misuse | None), result.exception


@settings(max_examples=60, deadline=None)
@given(st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=30))
def test_any_name_of_a_run_is_misuse(name: str) -> None:
    for command in ("show", "judge", "undo"):
        result = invoked(command, "--", f"/nowhere/{name}")
        assert isinstance(result.exception, SystemExit | Misuse), (command, result.exception)


def test_show_tells_findings_and_timeline(runs: dict[str, Path]) -> None:
    result = invoked("show", str(runs["broken"]))
    assert result.exit_code == 0
    assert "✗ BROKEN: failingtime" in result.output
    assert "harm.effect" in result.output
    assert "+0.000  harm.sent" in result.output
    assert "heartbeat" not in result.output


def test_show_why_tells_what_a_verdict_rests_on(runs: dict[str, Path]) -> None:
    said = invoked("show", "--why", str(runs["broken"])).output
    assert "Crash has its effect" in said
    assert "the onset lies between" in said
    assert "arrivals sent; late by" in said
    assert "HELD with a limit of 6" in said.partition(": failingtime")[2]
    assert "HELD with a limit of" in said.partition("successshare")[2]
    assert "beyond the limit" in said.partition(": failingtime")[2]


def test_show_why_says_what_would_decide_a_run_that_proves_nothing(runs: dict[str, Path]) -> None:
    assert "decided by a harm that bites" in invoked("show", "--why", str(runs["no effect"])).output
    assert "decided by a system that keeps its objective" in invoked("show", "--why", str(runs["not steady"])).output


def test_show_as_json_has_all_of_it(runs: dict[str, Path]) -> None:
    found = json.loads(invoked("show", "--why", "--json", str(runs["held"])).output)
    assert found["verdict"] == "HELD"
    assert found["plan"]["scenario"] == "One pod crashes"
    assert {"phase", "harm.sent"} <= {event["kind"] for event in found["timeline"]}
    assert [one["claim"] for one in found["explanations"]][:2] == ["healswithin", "successshare"]


@pytest.mark.parametrize("name", ["held", "broken"])
def test_the_limits_that_a_explained_names_do_what_it_says(runs: dict[str, Path], name: str) -> None:
    record = RunFolder(runs[name]).load()
    for finding, one in zip((judgement := judge(record)).findings, explanations(record, judgement), strict=False):
        if finding.figure is None or finding.limit is None or one.margin is None or finding.claim == "nofailure":
            continue
        upper = 1 if finding.claim != "successshare" else -1
        # As far as the margin, and a little further: the verdict is another one.
        moved = finding.limit - upper * (one.margin + 0.01)
        again = next(f for f in judge(record, {finding.claim: {"limit": moved}}).findings if f.claim == finding.claim)
        same = judge(record, {finding.claim: {"limit": moved + upper * 0.02}})
        assert again.verdict is not Verdict.HELD
        assert next(f for f in same.findings if f.claim == finding.claim).verdict is not Verdict.BROKEN


def test_a_figure_on_both_sides_names_both_limits(runs: dict[str, Path]) -> None:
    record = RunFolder(runs["broken"]).load()
    measured = judge(record).findings[2].figure
    assert measured is not None
    close = judge(record, {"failingtime": {"limit": measured.middle}})
    one = explanations(record, close)[2]
    assert one.verdict == "INCONCLUSIVE"
    assert [text.partition(" a limit ")[0] for text in one.needed[1:]] == ["HELD with", "BROKEN with"]


def test_a_run_that_was_never_judged_is_judged_and_says_so(runs: dict[str, Path], tmp_path: Path) -> None:
    folder = tmp_path / "cut off"
    shutil.copytree(runs["held"], folder)
    (folder / "findings.json").unlink()
    done = squall(ROOT, "show", str(folder))
    assert done.code == 0
    assert "was never judged" in done.errors
    assert not (folder / "findings.json").exists()


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"{}", b"\xff\xfe", b'{"run": 1}'])
def test_a_broken_record_is_misuse(runs: dict[str, Path], tmp_path: Path, content: bytes) -> None:
    folder = tmp_path / "broken"
    shutil.copytree(runs["held"], folder)
    (folder / "plan.json").write_bytes(content)
    result = invoked("show", str(folder))
    assert isinstance(result.exception, Misuse)
    assert str(folder / "plan.json") in str(result.exception)


@undoes("test-stubborn")
def _stubborn(args: object) -> str:
    raise OSError("it holds fast")


def unfinished(folder: Path, kind: str) -> Path:
    folder.mkdir()
    UndoLog(folder / "undo.jsonl").open(Undo(kind, "the thing"))
    return folder


def test_undo_undoes_what_stands_and_says_it(tmp_path: Path) -> None:
    unfinished(tmp_path / "run", "simulated")
    result = invoked("undo", "--runs", str(tmp_path))
    assert (result.exit_code, result.output) == (0, f"{tmp_path}/run: the thing: nothing was there\n")
    assert invoked("undo", "--runs", str(tmp_path)).output == "nothing to undo\n"


def test_undo_finds_runs_that_share_a_folder(tmp_path: Path) -> None:
    (tmp_path / "demo").mkdir()
    unfinished(tmp_path / "demo" / "run", "simulated")
    assert invoked("undo", "--runs", str(tmp_path)).output == f"{tmp_path}/demo/run: the thing: nothing was there\n"


def test_undo_says_what_is_not_undone(tmp_path: Path) -> None:
    unfinished(tmp_path / "run", "test-stubborn")
    result = invoked("undo", "--json", str(tmp_path / "run"))
    assert result.exit_code == 3
    assert [(one["state"], one["about"]) for one in json.loads(result.output)] == [("not undone", "the thing")]


FOREIGN = {"entry": 1, "state": "open", "kind": "simulated", "about": "a thing\u001b[2K", "args": {"folder": "/"}}


def received(folder: Path) -> Path:
    folder.mkdir()
    (folder / "undo.jsonl").write_text(json.dumps(FOREIGN) + "\n")
    return folder


def test_undo_leaves_alone_what_somebody_else_wrote(tmp_path: Path) -> None:
    received(tmp_path / "run")
    unfinished(tmp_path / "own", "simulated")
    result = invoked("undo", "--runs", str(tmp_path), "--json")
    assert result.exit_code == 3
    assert [one["state"] for one in json.loads(result.output)] == ["undone", "not undone"]
    assert "was not written by you on this machine" in json.loads(result.output)[1]["proof"]


def test_undo_shows_what_somebody_else_wrote_before_it_trusts_it(tmp_path: Path) -> None:
    run = received(tmp_path / "run")
    asked = squall(ROOT, "undo", "--trust", str(run))
    assert "\x1b" not in asked.errors
    assert r"a thing\u001b[2K" in asked.errors
    assert '{"folder": "/"}' in asked.errors
    assert asked.code != 0
    assert UndoLog(run / "undo.jsonl").contents().foreign
    assert invoked("undo", "--trust", "--yes", str(run)).exit_code == 0
    assert invoked("undo", str(run)).exit_code == 0


def test_one_folder_that_cannot_be_read_keeps_none_of_the_others(tmp_path: Path) -> None:
    (tmp_path / "a" / "undo.jsonl").mkdir(parents=True)
    unfinished(tmp_path / "b", "simulated")
    result = invoked("undo", "--runs", str(tmp_path), "--json")
    assert [one["state"] for one in json.loads(result.output)] == ["not undone", "undone"]


def test_undo_of_what_is_no_run_is_misuse(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    for words in (["/nope"], [str(tmp_path / "empty")], ["--runs", "/nope"]):
        done = squall(ROOT, "undo", *words)
        assert (done.code, done.out, len(done.complaints())) == (4, "", 1), done


def test_an_undo_log_that_cannot_be_read_still_stands(tmp_path: Path) -> None:
    (tmp_path / "run" / "undo.jsonl").mkdir(parents=True)
    assert invoked("undo", "--runs", str(tmp_path)).exit_code == 3
