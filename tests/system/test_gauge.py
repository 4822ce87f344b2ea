import pytest
from pydantic import ValidationError

from squall.system.gauge import Gauge, Unread

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
        (Gauge(metric="broken"), "broken: line 6: 'x' is not a number"),
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
