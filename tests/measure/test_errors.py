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
        "1 times: status 500 (1 % of all; GET /)",
    ]


def test_of_probes_the_lane_is_told() -> None:
    assert commonest([sample("refused", 0, "", "new")]) == ["1 times: refused (100 % of all; lane new)"]


def test_where_nothing_failed_there_is_nothing_to_tell() -> None:
    assert commonest([sample()] * 3) == []
    assert commonest([]) == []
