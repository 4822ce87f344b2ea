"""The file of a baseline: written whole, read back alike, and refused where it is none."""

from dataclasses import replace
from pathlib import Path

import pytest

from squall.errors import Misuse
from squall.gate.baseline import KEPT, Baseline, kept, read_baseline, write_baseline
from squall.gate.evidence import read_runs, run_folders
from squall.interval import Interval
from tests.gate.evidence import run


def test_it_is_read_as_it_was_written(tmp_path: Path) -> None:
    never = run(figure=Interval(60.0, float("inf")), name="never")
    baseline = Baseline((kept(run()), kept(never)))
    write_baseline(tmp_path / "deep" / "baseline.json", baseline)
    assert read_baseline(tmp_path / "deep" / "baseline.json") == baseline


def test_the_newest_are_kept_and_none_twice() -> None:
    many = [kept(run(name=f"run-{number}")) for number in range(KEPT + 5)]
    other = kept(run(title="another", name="other"))
    found = Baseline((other,)).with_more(many).with_more(many[-1:])
    assert [each.run for each in found.runs] == ["other", *(f"run-{number}" for number in range(5, KEPT + 5))]


@pytest.mark.parametrize(
    ("text", "said"),
    [("{", "not a baseline"), ('{"runs": 1}', "not a baseline of squall compare: runs"), ("[]", "not a baseline")],
)
def test_what_is_no_baseline_is_refused(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "baseline.json"
    path.write_text(text)
    with pytest.raises(Misuse, match=said):
        read_baseline(path)


def test_one_that_is_not_there_says_how_it_is_made(tmp_path: Path) -> None:
    with pytest.raises(Misuse, match=r"there is no baseline .*: squall compare RUNS --save"):
        read_baseline(tmp_path / "none.json")
    with pytest.raises(Misuse, match="Is a directory"):
        read_baseline(tmp_path)


def test_one_of_a_later_version_is_refused(tmp_path: Path) -> None:
    write_baseline(tmp_path / "b.json", replace(Baseline(()), version=9))
    with pytest.raises(Misuse, match="version 9, and this squall knows 1"):
        read_baseline(tmp_path / "b.json")


def test_where_there_is_no_room_it_is_misuse_and_what_was_there_stays(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(Misuse, match="writing"):
        write_baseline(tmp_path / "file" / "b.json", Baseline(()))


def test_a_run_that_never_began_is_a_problem_and_no_run(tmp_path: Path) -> None:
    (tmp_path / "20261201T000000-x").mkdir()
    found, problems = read_runs(run_folders(tmp_path))
    assert (found, [problem.split(": ", 1)[1] for problem in problems]) == ([], ["the run never began: it has no plan"])


def test_a_folder_without_runs_is_misuse(tmp_path: Path) -> None:
    with pytest.raises(Misuse, match="there is no run in"):
        run_folders(tmp_path)
    with pytest.raises(Misuse, match="No such file"):
        run_folders(tmp_path / "none")
