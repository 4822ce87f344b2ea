"""Our reader of the text format beside Prometheus's own, on what that writes and on what it should refuse."""

import math
import string

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.parser import text_string_to_metric_families

from squall.system.exposition import Measured, Unreadable, samples

PAGE = """\
# HELP requests_total Answers given.
# TYPE requests_total counter
requests_total{path="/a",status="200"} 3.0
requests_total{path="/b, \\"quoted\\" }{",status="500"} 1e+03 1395066363000
requests_total_more 7
requests 9
  requests_total   {  path = "c" , status="404", }   +Inf # {trace="x"} 1
"""


def test_the_samples_of_one_metric_are_read() -> None:
    assert list(samples(PAGE, "requests_total")) == [
        Measured({"path": "/a", "status": "200"}, 3.0),
        Measured({"path": '/b, "quoted" }{', "status": "500"}, 1000.0),
        Measured({"path": "c", "status": "404"}, math.inf),
    ]
    assert list(samples(PAGE, "requests")) == [Measured({}, 9.0)]
    assert list(samples(PAGE, "nothing")) == []


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("up", ""),
        ("up ", ""),
        ("up{", "line 1 has no value"),
        ('up{a="b"}', "line 1 has no value"),
        ("up 1 2 3", "line 1 has no value"),
        ("up one", "line 1: 'one' is not a number"),
        ("up 1_000", "line 1: '1_000' is not a number"),
        ("up 0x10", "line 1: '0x10' is not a number"),
        ("up{a=b} 1", "line 1: its labels cannot be read"),
        ('up{a="b" c="d"} 1', "line 1: its labels cannot be read"),
        ('up{1a="b"} 1', "line 1: its labels cannot be read"),
    ],
)
def test_a_line_of_the_metric_that_means_nothing_is_refused(line: str, says: str) -> None:
    if not says:
        assert list(samples(line, "up")) == []
        return
    with pytest.raises(Unreadable, match=says):
        list(samples(line, "up"))


def test_lines_of_other_metrics_may_be_anything() -> None:
    assert list(samples("nonsense {{{\nup 1\n\x00", "up")) == [Measured({}, 1.0)]


LABELS = st.dictionaries(
    st.sampled_from(["a", "b_1", "Path"]), st.text(st.characters(exclude_categories=["Cs"]), max_size=12), max_size=3
)
VALUES = st.floats(allow_nan=False)


@settings(max_examples=50, deadline=None)
@given(st.lists(st.tuples(LABELS, VALUES), max_size=6))
def test_what_prometheus_writes_is_read_as_prometheus_reads_it(written: list[tuple[dict[str, str], float]]) -> None:
    registry = CollectorRegistry()
    plain = Gauge("plain", "One value.", registry=registry)
    counted = Counter("counted", "Some.", ("a", "b_1", "Path"), registry=registry)
    spread = Histogram("spread", "More.", registry=registry)
    for labels, value in written:
        plain.set(value)
        counted.labels(**{"a": "", "b_1": "", "Path": "", **labels}).inc(abs(value) if math.isfinite(value) else 1)
        spread.observe(value)
    page = generate_latest(registry).decode()
    theirs = [sample for family in text_string_to_metric_families(page) for sample in family.samples]
    for name in {sample.name for sample in theirs}:
        assert list(samples(page, name)) == [Measured(s.labels, s.value) for s in theirs if s.name == name]


@settings(deadline=None)
@given(st.text(string.printable, max_size=60))
def test_whatever_follows_the_name_is_read_or_refused(rest: str) -> None:
    try:
        found = list(samples(f"up{rest}", "up"))
    except Unreadable as error:
        assert str(error).startswith("line ")  # noqa: PT017 - either is right
    else:
        assert all(isinstance(each.value, float) for each in found)
