import subprocess
from pathlib import Path

import pytest

from tests.both.scenarios import Place, Row, chosen, compared, outcome, table

CRASH = Path("features/quantum_rerank/crash.feature")


def test_promises_are_chosen_and_other_systems_are_not() -> None:
    titles = [title for _, title in chosen()]
    assert "One pod crashes and users hardly notice" in titles
    assert "The load cannot keep its schedule" not in titles
    assert [title for _, title in chosen(text="users hardly notice, and")] == []
    assert [title for _, title in chosen(text="One pod freezes")] == ["One pod freezes for a while"]


def test_a_scenario_that_one_platform_skips_is_not_compared() -> None:
    rows = [Row("a", "HELD", "HELD"), Row("b", "BROKEN", "HELD"), Row("c", "skipped", "HELD")]
    assert [(row.compared, row.same) for row in rows] == [(True, True), (True, False), (False, True)]
    lines = [line.split() for line in table(rows).splitlines()]
    assert lines == [
        ["scenario", "local", "kind", "same?"],
        ["a", "HELD", "HELD", "yes"],
        ["b", "BROKEN", "HELD", "NO"],
        ["c", "skipped", "HELD", "-"],
    ]


def test_what_local_skips_is_not_run_on_kind(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def run(command: list[str], **_: object) -> subprocess.CompletedProcess[str]:
        asked.append(command[command.index("--platform") + 1])
        said = "squall: nothing was run: all 1 scenarios were skipped, for the reasons in the summary"
        return subprocess.CompletedProcess(command, 4, said, "")

    monkeypatch.setattr(subprocess, "run", run)
    row = compared(CRASH, "t", Place("local"), Place("kind", "kind-squall"))
    assert (row.local, row.kind, row.compared, asked) == ("skipped", "not run", False, ["local"])


def test_another_cause_is_another_end() -> None:
    assert not Row("a", "INCONCLUSIVE (no target)", "INCONCLUSIVE (too close to call)").same


@pytest.mark.parametrize(
    ("code", "out", "expected"),
    [
        (4, "squall: nothing was run: all 1 scenarios were skipped, for the reasons in the summary", "skipped"),
        (4, "", "exit code 4: nothing said"),
        (1, "x\nboom\n", "exit code 1: boom"),
    ],
)
def test_what_left_no_run_says_why(monkeypatch: pytest.MonkeyPatch, code: int, out: str, expected: str) -> None:
    monkeypatch.setattr(subprocess, "run", lambda command, **_: subprocess.CompletedProcess(command, code, out, ""))
    assert outcome(CRASH, "t", Place("local")) == expected


def test_a_cluster_that_is_not_there_is_said_in_a_line() -> None:
    said = outcome(CRASH, "One pod crashes and users hardly notice", Place("kind", "kind-nowhere"))
    assert said.startswith("exit code 4: ")
