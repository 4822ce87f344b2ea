import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from squall.clock import SYSTEM
from squall.errors import HarnessFailed
from squall.instances import Instance
from squall.probes.gauges import Readings, gauges_read, unread
from squall.record.event import (
    Event,
    GaugeRead,
    GaugeUnread,
    InstanceChanged,
    InstanceListed,
    InstancesListed,
    Noted,
    State,
)
from squall.record.folder import RunFolder
from squall.record.line import details
from squall.system.gauge import Gauge
from squall.system.system import System
from squall.testing.platform import SimulatedPlatform, VirtualClock
from tests.records import system

FREE, WAITING = Gauge(metric="free"), Gauge(metric="waiting")


class Exporting:
    """A platform whose instances export what a test says: pages by instance, or why there is none."""

    def __init__(self) -> None:
        self.pages: dict[str, str | HarnessFailed] = {}
        self.asked: list[tuple[str, str]] = []
        self._lock = threading.Lock()

    def metrics(self, instance: Instance, path: str, within: float) -> str:
        with self._lock:
            self.asked.append((instance.name, path))
        page = self.pages[instance.name]
        if isinstance(page, HarnessFailed):
            raise page
        return page


@pytest.fixture
def exporting() -> Exporting:
    return Exporting()


@pytest.fixture
def told() -> list[Event]:
    return []


@pytest.fixture
def found(exporting: Exporting, told: list[Event]) -> Iterator[Readings]:
    readings = Readings(exporting, {"api": {"free": FREE, "waiting": WAITING}}, told.append, VirtualClock())
    yield readings
    readings.close()


def listed(*names: str, service: str = "api") -> Event:
    return InstancesListed(1.0, service, instances=tuple(InstanceListed(n, f"{n}/1", ready=True) for n in names))


def shown(name: str, state: State) -> Event:
    return InstanceChanged(2.0, "api", name=name, incarnation=f"{name}/2", state=state)


def values(told: list[Event]) -> list[tuple[object, ...]]:
    return sorted((e.instance, e.name, e.value) for e in told if isinstance(e, GaugeRead))


def test_each_gauge_of_each_instance_is_read_and_each_page_once(
    found: Readings, exporting: Exporting, told: list[Event]
) -> None:
    exporting.pages = {"api-1": "free 3\nwaiting 0\n", "api-2": "free 0\nwaiting 7\n"}
    found.hear(listed("api-1", "api-2"))
    found.hear(listed("redis-1", service="redis"))
    found.read()
    expected = [("api-1", "free", 3.0), ("api-1", "waiting", 0.0), ("api-2", "free", 0.0), ("api-2", "waiting", 7.0)]
    assert values(told) == expected
    assert sorted(exporting.asked) == [("api-1", "/metrics"), ("api-2", "/metrics")]
    assert {event.who for event in told} == {"api"}


def test_the_instances_are_those_of_the_watch(found: Readings, exporting: Exporting, told: list[Event]) -> None:
    exporting.pages = {"api-1": "free 3\nwaiting 0", "api-3": "free 5\nwaiting 0"}
    found.hear(listed("api-1"))
    found.hear(shown("api-1", "gone"))
    found.hear(shown("api-3", "unready"))
    found.read()
    assert [name for name, _ in exporting.asked] == ["api-3"]


def test_what_cannot_be_read_is_no_value_and_is_told_once_until_it_can(
    found: Readings, exporting: Exporting, told: list[Event]
) -> None:
    found.hear(listed("api-1"))
    refused = HarnessFailed("refused")
    for page in (refused, refused, "free 1\n", "free 2\n", HarnessFailed("timed out")):
        exporting.pages["api-1"] = page
        found.read()
    assert values(told) == [("api-1", "free", 1.0), ("api-1", "free", 2.0)]
    unread_events = [(e.name, e.reason) for e in told if isinstance(e, GaugeUnread)]
    assert unread_events == [("free", "refused"), ("waiting", "refused"), ("free", "timed out")]


def test_one_that_is_gone_is_not_said_to_be_unread(found: Readings, exporting: Exporting, told: list[Event]) -> None:
    found.hear(listed("api-1"))

    class Going(HarnessFailed):
        def __str__(self) -> str:
            found.hear(shown("api-1", "gone"))
            return "refused"

    exporting.pages["api-1"] = Going()
    found.read()
    assert told == []


def gauged() -> System:
    plain = system()
    api = plain.services["api"].model_copy(update={"gauges": {"free": FREE}})
    return plain.model_copy(update={"services": {"api": api}})


def test_a_thread_reads_from_the_first_events_on_and_ends_with_the_block(exporting: Exporting, tmp_path: Path) -> None:
    exporting.pages["api-1"] = "free 3"
    folder, read = RunFolder.create(tmp_path, "run"), threading.Event()
    folder.listen(lambda event: read.set() if isinstance(event, GaugeRead) else None)
    with gauges_read(exporting, gauged(), folder, SYSTEM):  # type: ignore[arg-type]
        folder.append(listed("api-1"))
        assert read.wait(5)
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("squall-gauge")]
    assert next(event.value for event in folder.timeline() if isinstance(event, GaugeRead)) == 3.0


def test_a_reader_that_crashes_says_so_in_the_timeline(exporting: Exporting, tmp_path: Path) -> None:
    folder, said = RunFolder.create(tmp_path, "run"), threading.Event()
    folder.listen(lambda event: said.set() if isinstance(event, Noted) else None)
    with gauges_read(exporting, gauged(), folder, SYSTEM):  # type: ignore[arg-type]
        folder.append(listed("nobody"))
        assert said.wait(5)
    assert "gauges are no longer read: KeyError" in str(details(folder.timeline()[-1])["text"])


def test_a_platform_that_reads_none_is_left_alone(tmp_path: Path) -> None:
    folder = RunFolder.create(tmp_path, "run")
    with gauges_read(SimulatedPlatform("api", VirtualClock()), gauged(), folder, SYSTEM):
        folder.append(listed("api-1"))
    assert [event.kind for event in folder.timeline()] == ["instances"]


def test_why_a_gauge_cannot_be_read(exporting: Exporting) -> None:
    instances = [Instance("api", name, f"{name}/1", "", ready=True) for name in ("api-1", "api-2")]
    exporting.pages = {"api-1": "free 1", "api-2": "waiting 1"}
    assert unread(exporting, instances, FREE) == "api-2: there is no free"
    assert unread(exporting, instances[:1], FREE) is None
