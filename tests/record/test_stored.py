"""Runs that an older squall recorded and judged are read, and judged to what they were then.

They were made on ``local`` by the last version whose events were maps and whose findings held their figures themselves.
"""

from pathlib import Path

import pytest

from squall.claims.judge import judge
from squall.record import line
from squall.record.event import UnknownEvent
from squall.record.folder import RunFolder
from squall.verdict import Finding, Verdict

STORED = Path(__file__).parent / "stored"
RUNS = {"held": Verdict.HELD, "broken": Verdict.BROKEN, "inconclusive": Verdict.INCONCLUSIVE}


def overlap(then: Finding, now: Finding) -> bool:
    """Say whether both figures may be the same: rules may narrow or widen what is known, and not move it."""
    if then.figure is None or now.figure is None:
        return then.figure is now.figure
    return then.figure.low <= now.figure.high and now.figure.low <= then.figure.high


@pytest.mark.parametrize("name", RUNS)
def test_a_stored_run_is_judged_as_it_was(name: str) -> None:
    folder = RunFolder(STORED / name)
    then, now = folder.judgement(), judge(folder.load())
    assert then.verdict is now.verdict is RUNS[name]
    pairs = list(zip([*then.findings, *then.built_in], [*now.findings, *now.built_in], strict=True))
    for before, after in pairs:
        assert (after.claim, after.verdict, after.cause) == (before.claim, before.verdict, before.cause)
        assert (after.limit, after.unit) == (before.limit, before.unit)
        assert overlap(before, after), (before, after)


@pytest.mark.parametrize("name", RUNS)
def test_every_line_of_a_stored_run_is_known_and_written_alike(name: str) -> None:
    for written in (STORED / name / "timeline.jsonl").read_bytes().splitlines(keepends=True):
        event = line.read(written)
        assert not isinstance(event, UnknownEvent)
        assert line.read(line.write(event)) == event
