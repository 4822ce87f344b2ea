import math
import string

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from squall.system.gauge import Gauge, Unread, samples

PAGE = """\
pool_free 4
lookups_total{result="hit",tier="local"} 10
lookups_total{result="hit",tier="shared"} 5
lookups_total{result="miss",tier="local"} 2
ratio NaN
broken x
"""


@pytest.mark.parametrize(
    ("gauge", "value"),
    [
        (Gauge(metric="pool_free"), 4),
        (Gauge(metric="lookups_total", labels={"result": "miss"}), 2),
        (Gauge(metric="lookups_total", labels={"result": "hit"}, combine="sum"), 15),
        (Gauge(metric="lookups_total", labels={"result": "hit"}, combine="max"), 10),
        (Gauge(metric="lookups_total", combine="min"), 2),
    ],
)
def test_a_gauge_is_what_its_samples_come_to(gauge: Gauge, value: float) -> None:
    assert gauge.value(PAGE) == value


@pytest.mark.parametrize(
    ("gauge", "says"),
    [
        (Gauge(metric="pool"), "there is no pool"),
        (Gauge(metric="lookups_total", labels={"result": "off"}, combine="sum"), 'no lookups_total{result="off"}'),
        (Gauge(metric="lookups_total", labels={"result": "hit"}), "2 samples are lookups_total.*name their labels"),
        (Gauge(metric="ratio"), "ratio is nan"),
        (Gauge(metric="broken"), "broken: line 6 is not in Prometheus's text format: broken x"),
    ],
)
def test_what_is_no_value_says_why(gauge: Gauge, says: str) -> None:
    with pytest.raises(Unread, match=says):
        gauge.value(PAGE)


@pytest.mark.parametrize(
    "bad",
    [
        {},
        {"metric": "a b"},
        {"metric": "a", "path": "metrics"},
        {"metric": "a", "colour": 1},
        {"metric": "a", "labels": {"1": "b"}},
        {"metric": "a", "combine": "mean"},
    ],
)
def test_what_means_nothing_is_refused(bad: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        Gauge.model_validate(bad)


EXPOSITION = """\
# HELP requests_total Answers given.
# TYPE requests_total counter
requests_total{path="/a",status="200"} 3.0
requests_total{path="/b, \\"quoted\\" }{",status="500"} 1e+03 1395066363000
requests_total_more 7
requests 9
  requests_total   {  path = "c" , status="404", }   +Inf # {trace="x"} 1
nonsense {{{
"""


def read(page: str, metric: str) -> list[tuple[dict[str, str], float]]:
    return [(sample.labels, sample.value) for sample in samples(page, metric)]


def test_the_samples_of_one_metric_are_read_whatever_other_lines_are() -> None:
    assert read(EXPOSITION, "requests_total") == [
        ({"path": "/a", "status": "200"}, 3.0),
        ({"path": '/b, "quoted" }{', "status": "500"}, 1000.0),
        ({"path": "c", "status": "404"}, math.inf),
    ]
    assert read(EXPOSITION, "requests") == [({}, 9.0)]
    assert read(EXPOSITION, "nothing") == []


@pytest.mark.parametrize(
    "line", ["up{", 'up{a="b"}', "up one", "up 1_000", "up 0x10", "up{a=b} 1", 'up{a="b" c="d"} 1']
)
def test_a_line_of_the_metric_that_means_nothing_is_refused(line: str) -> None:
    with pytest.raises(Unread, match="up: line 2 is not in"):
        read(f"down 1\n{line}", "up")


@settings(deadline=None)
@given(st.text(string.printable, max_size=60))
def test_whatever_follows_the_name_is_read_or_refused(rest: str) -> None:
    try:
        found = read(f"up{rest}", "up")
    except Unread as error:
        assert str(error).startswith("up: line ")  # noqa: PT017 - either is right
    else:
        assert all(isinstance(value, float | int) for _, value in found)
