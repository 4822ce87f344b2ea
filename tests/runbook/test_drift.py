"""Numbers that drift, and those that agree; promises that are proven, broken, and not shown."""

from dataclasses import replace
from pathlib import Path

import pytest

from squall.record.folder import RunFolder
from squall.record.judgement import Judgement
from squall.runbook.drift import drift, quantities
from squall.runbook.marks import MarkedLine
from squall.runbook.proofs import states
from squall.verdict import Cause, Finding, Verdict
from tests.gameday.drills import scenario
from tests.report.runs import PLAN

Q2 = replace(scenario(), tags=["promise.Q2"])


def of(text: str, *keys: str, promise: str = "Q2") -> list[str]:
    return drift(MarkedLine(3, [promise], keys, text), Q2.system, [Q2])


def test_durations_and_shares_are_read_as_people_write_them() -> None:
    read = [
        (each.value, each.unit) for each in quantities("30 seconds, 1.5min, 99,9 %, 200ms, 2 h, 5-minute; v1.2, 3 pods")
    ]
    assert read == [(30, "s"), (90, "s"), (99.9, "%"), (0.2, "s"), (7200, "s"), (300, "s")]


def test_a_number_of_the_scenario_or_the_system_file_agrees() -> None:
    assert of("A crashed pod is back within 30 seconds") == []
    assert of("p95 is below 200 ms, and 99% succeed") == []
    assert of("nothing is said in numbers, but for 3 pods") == []


def test_a_number_that_nothing_says_drifts() -> None:
    assert of("A crashed pod is back within 45 seconds") == [
        "it says 45 seconds, which neither the system file nor a scenario of the promise does"
    ]


def test_a_limit_of_another_promise_s_scenario_does_not_agree() -> None:
    # 60 s stands in a claim of Q2 alone.
    assert of("within 60 seconds") == []
    assert of("within 61 seconds", promise="Q3") != []


def test_a_key_holds_a_line_against_its_one_value() -> None:
    assert of("99% of requests succeed", "objectives.success") == []
    assert of("99.5% of requests succeed", "objectives.success") == [
        "it says 99.5 %, and objectives.success is 99 (seconds, or per cent)"
    ]
    assert of("within 200 ms", "objectives.latency.limit") == []
    (unknown,) = of("99%", "objectives.succes")
    assert unknown.startswith("the system file has no number objectives.succes (it has: objectives.")


def stored(runs: Path, verdict: Verdict, realtime: float, weakness: str = "", title: str = "One crashes") -> None:
    folder = RunFolder.create(runs, title)
    anchor = replace(PLAN.anchor, realtime=realtime)
    tags, weak = ["promise.Q2"], [weakness] if weakness else []
    folder.write_plan(replace(PLAN, scenario=title, system="quantum-rerank", tags=tags, weaknesses=weak, anchor=anchor))
    cause = Cause.NO_EFFECT if verdict is Verdict.INCONCLUSIVE else None
    folder.write_judgement(Judgement([Finding("heals", verdict, "why", cause)], []))


@pytest.mark.parametrize(
    ("verdicts", "proven"),
    [
        ([], False),
        ([Verdict.HELD], True),
        ([Verdict.HELD, Verdict.BROKEN], False),
        ([Verdict.BROKEN, Verdict.HELD], True),
        ([Verdict.HELD, Verdict.INCONCLUSIVE], False),
    ],
)  # fmt: skip
def test_the_last_run_decides(verdicts: list[Verdict], proven: bool, tmp_path: Path) -> None:
    for number, verdict in enumerate(verdicts):
        stored(tmp_path, verdict, 1_795_000_000.0 + 1000 * number)
    (state,) = states(["Q2"], [Q2], tmp_path)
    assert state.proven is proven
    (line,) = state.lines()
    assert line.startswith(f"{verdicts[-1].name} on 2026-11-18" if verdicts else "never run: One crashes")


def test_a_twin_proves_nothing_and_neither_does_what_cannot_be_read(tmp_path: Path) -> None:
    stored(tmp_path, Verdict.HELD, 1_795_000_000.0, weakness="one replica")
    (tmp_path / "odd").mkdir()
    (tmp_path / "odd" / "findings.json").write_text("{")
    (state,) = states(["Q2"], [Q2], tmp_path)
    assert (state.proven, list(state.lines())) == (False, ["never run: One crashes"])


def test_a_promise_without_a_scenario_is_not_proven(tmp_path: Path) -> None:
    (state,) = states(["Q9"], [Q2], tmp_path)
    assert (state.proven, list(state.lines())) == (False, ["no scenario has the tag @promise.Q9"])
