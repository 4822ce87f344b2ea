"""Each known run is judged to what is true of it."""

import pytest

from squall.claims.judge import judge
from squall.verdict import Cause, Finding, Verdict
from tests.vectors.building import Expected, Vector
from tests.vectors.known import VECTORS

FEWEST = 60


def matches(finding: Finding, expected: Expected) -> bool:
    if isinstance(expected, Cause):
        return (finding.verdict, finding.cause) == (Verdict.INCONCLUSIVE, expected)
    return finding.verdict is expected


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector.name)
def test_a_known_run_is_judged_to_what_is_true(vector: Vector) -> None:
    found = judge(vector.record())
    for finding, (_, expected) in zip(found.findings, vector.claims.values(), strict=True):
        assert matches(finding, expected), (expected, finding)
    if vector.again is not None:
        assert matches(found.built_in[0], vector.again), (vector.again, found.built_in[0])


def test_there_are_enough_of_them_each_of_its_own_kind() -> None:
    assert len({vector.name for vector in VECTORS}) == len(VECTORS) >= FEWEST


def test_of_each_it_is_said_which_tool_judges_it_wrong() -> None:
    assert [vector.name for vector in VECTORS if not vector.wrong] == []
    verdicts = [expected for vector in VECTORS for _, expected in vector.claims.values()]
    for verdict in (Verdict.HELD, Verdict.BROKEN):
        assert verdicts.count(verdict) >= 15
    assert len({each for each in verdicts if isinstance(each, Cause)}) >= 8
