"""The command's words and exit codes, on a run that the simulation stored. Selecting and showing are tests/commands."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from squall.claims.failing_time import FailingTime
from squall.claims.heals_within import HealsWithin
from squall.claims.success_share import SuccessShare
from squall.cli import main
from squall.faults.crash import Crash
from squall.process.identity import claim_folder
from squall.record.event import LeftoverFound
from squall.record.folder import RunFolder
from squall.run.experiment import Experiment, Surroundings
from squall.run.scenario import Promise, Scenario
from squall.safety.undo_log import Undo, UndoLog
from squall.testing.platform import SimulatedPlatform, SimulatedTraffic, VirtualClock, Weakness
from tests.records import system

PROMISES = (
    Promise("it heals", HealsWithin("api", 30)),
    Promise("requests fail for no longer than 5s", FailingTime(5)),
    Promise("most succeed", SuccessShare(80, 60)),
)
Squall = Callable[..., tuple[int, str, str]]


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run in which the only replica was away for six seconds: failing is BROKEN, the rest HELD."""
    clock = VirtualClock()
    platform = SimulatedPlatform("api", clock, Weakness(replicas=1, restart=6))
    folder = RunFolder.create(tmp_path_factory.mktemp("runs"), "crash")
    scenario = Scenario("crash", "feature", system(), Crash("api"), PROMISES, 50, to_the_end=True)
    Experiment(scenario, Surroundings(platform, SimulatedTraffic(platform, clock), clock), folder).run()
    return folder.path


@pytest.fixture
def squall(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., tuple[int, str, str]]:
    """Call the command in an empty folder; returns its exit code, output and errors."""
    monkeypatch.chdir(tmp_path)

    def call(*arguments: object) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["squall", *map(str, arguments)])
        with pytest.raises(SystemExit) as ended:
            main()
        out, err = capsys.readouterr()
        assert isinstance(ended.value.code, int)
        return ended.value.code, out, err

    return call


def test_a_stored_run_is_judged_again(squall: Squall, run: Path) -> None:
    code, out, err = squall("judge", run)
    assert (code, err) == (1, "")
    assert "BROKEN" in out
    assert squall("judge", run) == (code, out, err)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        (["FailingTime.limit=10"], 0),
        (["FailingTime.limit=10s"], 0),
        (["FailingTime.limit=10", "SuccessShare.limit=99.9%"], 1),
        (["requests fail for no longer than 5s.limit=10"], 0),
        (["FailingTime.limit=10", "SuccessShare.limit=99.9"], 1),
        (["FailingTime.limit=3", "FailingTime.limit=10"], 0),
    ],
)
def test_other_limits_give_other_verdicts(squall: Squall, run: Path, changes: list[str], code: int) -> None:
    options = [word for change in changes for word in ("--set", change)]
    assert squall("judge", run, *options)[0] == code


def test_a_limit_inside_the_error_is_inconclusive(squall: Squall, run: Path) -> None:
    _, out, _ = squall("judge", run, "--json")
    (judgement,) = json.loads(out).values()
    figure = judgement["findings"][1]["measured"]["figure"]
    middle = (figure["low"] + figure["high"]) / 2
    assert squall("judge", run, "--set", f"FailingTime.limit={middle}")[0] == 2


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ("limit=3", "write CLAIM.FIELD=VALUE, for instance FailingTime.limit=2"),
        ("FailingTime.limit", "write CLAIM.FIELD=VALUE, for instance FailingTime.limit=2"),
        (".limit=2", "write CLAIM.FIELD=VALUE, for instance FailingTime.limit=2"),
        ("=", "write CLAIM.FIELD=VALUE, for instance FailingTime.limit=2"),
        ("NoFailure.limit=2", "has no such claim (it has: FailingTime, HealsWithin, SuccessShare)"),
        ("FailingTime.within=2", "the claim has no such field (it has: limit)"),
        ("FailingTime.limit=soon", "no limit; write a number, 200ms or 99.5%"),
        ("FailingTime.limit=nan", "no limit; write a number, 200ms or 99.5%"),
        ("FailingTime.limit=inf", "no limit; write a number, 200ms or 99.5%"),
    ],
)
def test_a_change_that_means_nothing_is_one_line(squall: Squall, run: Path, change: str, problem: str) -> None:
    code, out, err = squall("judge", run, "--set", change)
    assert (code, out) == (4, "")
    assert problem in err
    assert err.startswith("squall: ")
    assert err.count("\n") == 1


def test_what_is_no_run_is_one_line(squall: Squall, run: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    for arguments in (["nowhere"], ["file"], [run, "nowhere"], []):
        code, out, err = squall("judge", *arguments)
        assert (code, out) == (4, "")
        assert err.startswith("squall: ")
        assert err.count("\n") == 1


def test_what_a_run_left_behind_is_worse_than_any_finding(squall: Squall, run: Path, tmp_path: Path) -> None:
    subprocess.run(["cp", "-r", str(run), str(tmp_path / "left")], check=True)
    RunFolder(tmp_path / "left").append(LeftoverFound(2000.0, "agent", text="the agent beside api-1"))
    code, out, _ = squall("judge", "left", "--set", "FailingTime.limit=10")
    assert code == 3
    assert "the agent beside api-1" in out


def test_with_nothing_standing_there_is_nothing_to_undo(squall: Squall, run: Path) -> None:
    for arguments in ([], [run]):
        assert squall("undo", *arguments) == (0, "nothing to undo\n", "")


def opened(folder: Path, kind: str) -> Path:
    folder.mkdir(parents=True)
    UndoLog(folder / "undo.jsonl").open(Undo(kind, f"the thing of {folder.name}"))
    return folder


def test_what_stands_is_undone_once(squall: Squall, tmp_path: Path) -> None:
    opened(tmp_path / "runs" / "one", "simulated")
    code, out, _ = squall("undo")
    assert code == 0
    assert "the thing of one: nothing was there" in out
    assert squall("undo")[1] == "nothing to undo\n"


def test_what_cannot_be_undone_keeps_no_other_from_it(squall: Squall, tmp_path: Path) -> None:
    spoiled = opened(tmp_path / "runs" / "0-spoiled", "simulated") / "undo.jsonl"
    spoiled.write_bytes(spoiled.read_bytes() + b"nonsense\n")
    opened(tmp_path / "runs" / "1-unknown", "from the future")
    opened(tmp_path / "runs" / "2-good", "simulated")
    code, out, _ = squall("undo")
    assert code == 3
    assert "undo.jsonl:2: not an entry of an undo log" in out
    assert "no undo of the kind 'from the future' is known here" in out
    assert "the thing of 2-good: nothing was there" in out


def test_a_run_whose_harness_lives_is_left_alone(squall: Squall, tmp_path: Path) -> None:
    folder = opened(tmp_path / "runs" / "one", "simulated")
    claim_folder(folder)
    assert "its harness is alive; left alone" in squall("undo")[1]
    assert list(UndoLog(folder / "undo.jsonl").open_entries()) == [1]
    assert squall("undo", "--force")[0] == 0
    assert UndoLog(folder / "undo.jsonl").open_entries() == {}


def test_a_run_of_another_container_asks_for_force(squall: Squall, tmp_path: Path) -> None:
    """Whether its harness lives cannot be seen, so that it is neither undone under its hands nor called undone."""
    folder = opened(tmp_path / "runs" / "one", "simulated")
    note = {"pid": 1, "started": "b/1", "machine": "another", "namespace": "pid:[1]"}
    (folder / "harness.json").write_text(json.dumps(note))
    code, out, _ = squall("undo")
    assert code == 3
    assert "ran on another machine or in another container; whether it is alive cannot be seen here; left alone" in out
    assert list(UndoLog(folder / "undo.jsonl").open_entries()) == [1]
    assert squall("undo", "--force")[0] == 0
    assert UndoLog(folder / "undo.jsonl").open_entries() == {}


def test_a_folder_that_is_not_there_is_misuse_before_anything_is_undone(squall: Squall, tmp_path: Path) -> None:
    folder = opened(tmp_path / "runs" / "one", "simulated")
    code, out, err = squall("undo", folder, "nowhere")
    assert (code, out) == (4, "")
    assert "nowhere" in err
    assert list(UndoLog(folder / "undo.jsonl").open_entries()) == [1]


@pytest.mark.parametrize("arguments", [["storm"], ["judge", "--colour"], ["undo", "--force=maybe"]])
def test_what_is_no_command_is_misuse(squall: Squall, arguments: list[str]) -> None:
    code, out, err = squall(*arguments)
    assert (code, out) == (4, "")
    assert err.startswith("squall: ")


def test_a_harness_that_fails_is_not_taken_for_a_broken_promise(
    squall: Squall, run: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def crash(folder: RunFolder) -> None:
        raise ZeroDivisionError("a bug of ours")

    monkeypatch.setattr(RunFolder, "load", crash)
    code, _, err = squall("judge", run)
    assert code == 5
    assert "squall: the harness failed: ZeroDivisionError: a bug of ours" in err


def test_help_and_version_are_no_error(squall: Squall) -> None:
    assert squall("--help")[0] == 0
    assert squall("--version")[1].startswith("squall, version ")


def test_it_is_a_module_too(run: Path) -> None:
    ran = subprocess.run(
        [sys.executable, "-m", "squall", "judge", "nowhere"], capture_output=True, text=True, check=False
    )
    assert (ran.returncode, ran.stdout) == (4, "")
    assert ran.stderr == "squall: reading a run: there is no nowhere/plan.json\n"
