"""The commonest errors of requests that failed: with their share, and whose they were."""

from squall.measure.errors import commonest
from squall.record.samples import Sample


def sample(error: str = "", status: int = 200, name: str = "GET /", lane: str = "") -> Sample:
    return Sample(0.0, 0.0, 0.1, status, not error and status == 200, name, lane, "", error)


def test_the_commonest_come_first_with_whose_they_are() -> None:
    samples = [sample()] * 60 + [sample("status 401", 401, "POST /ask")] * 30 + [sample("timeout", 0)] * 9
    assert commonest([*samples, sample("", 500)]) == [
        "30 times: status 401 (30 % of all; POST /ask)",
        "9 times: timeout (9 % of all; GET /)",
        "once: status 500 (1 % of all; GET /)",
    ]


def test_of_probes_the_lane_is_told() -> None:
    assert commonest([sample("refused", 0, "", "new")]) == ["once: refused (100 % of all; lane new)"]


def test_where_nothing_failed_there_is_nothing_to_tell() -> None:
    assert commonest([sample()] * 3) == []
    assert commonest([]) == []


def test_of_several_kinds_the_commonest_is_told_with_its_own_count() -> None:
    samples = [sample("timeout", 0, name) for name in ("GET /", "POST /ask", "POST /ask")]
    assert commonest(samples) == ["3 times: timeout (100 % of all; POST /ask 2 of 3)"]


def test_one_of_a_thousand_is_not_none() -> None:
    assert commonest([sample()] * 999 + [sample("timeout", 0)]) == ["once: timeout (0.1 % of all; GET /)"]
