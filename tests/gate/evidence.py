"""Runs made by hand, as a gate reads them."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from squall.gate.evidence import ExpectedScenario, JudgedRun
from squall.interval import Interval
from squall.record.judgement import Judgement
from squall.verdict import Cause, Finding, Measured, Side, Verdict
from tests.records import plan

HELD, BROKEN, INCONCLUSIVE = Verdict.HELD, Verdict.BROKEN, Verdict.INCONCLUSIVE
CLAIM = "requests fail for no longer than 5s"


def finding(verdict: Verdict, figure: Interval | None = None, side: Side | None = Side.AT_MOST) -> Finding:
    cause = Cause.TOO_CLOSE if verdict is INCONCLUSIVE else None
    measured = Measured("failing", figure or Interval(1.0, 1.2), 5.0, "s", 100, side)
    return Finding(CLAIM, verdict, f"it is {verdict.name}", cause, measured)


def scenario(title: str = "a pod crashes", *tags: str, items: int = 1) -> ExpectedScenario:
    return ExpectedScenario("crash", title, tags, items)


def run(
    verdict: Verdict = HELD,
    title: str = "a pod crashes",
    figure: Interval | None = None,
    name: str = "run",
    not_undone: Sequence[str] = (),
    rate: float = 50.0,
    side: Side | None = Side.AT_MOST,
) -> JudgedRun:
    judgement = Judgement([finding(verdict, figure, side)], [], not_undone)
    return JudgedRun(Path("runs") / name, replace(plan(rate=rate), scenario=title, run=name), judgement)


def runs(*verdicts: Verdict, title: str = "a pod crashes") -> list[JudgedRun]:
    return [run(verdict, title, name=f"run-{number}") for number, verdict in enumerate(verdicts)]
