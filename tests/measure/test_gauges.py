import pytest

from squall.measure.gauges import readings
from squall.record.event import Event, GaugeRead
from tests.records import HARM, record


def read(t: float, value: float, instance: str = "api-1", name: str = "free", took: float = 0.1) -> Event:
    return GaugeRead(t, "api", instance=instance, name=name, value=value, took=took)


def test_readings_are_those_of_one_gauge_by_instance_and_time() -> None:
    events = [read(HARM + 2, 1), read(HARM + 1, 5), read(HARM + 1, 9, name="waiting"), read(HARM + 1, 3, "api-2")]
    found = readings(record(more=events), "api", "free")
    assert {name: [reading.value for reading in of] for name, of in found.items()} == {"api-1": [5, 1], "api-2": [3]}
    assert found["api-1"][0].when.low == pytest.approx(HARM + 0.9)
    assert found["api-1"][0].when.high == HARM + 1
    assert readings(record(more=events), "redis", "free") == {}
