"""Reading the gauges of all instances once a second, from threads of its own, while a run goes on.

It learns which instances there are from the events of the watch and asks the platform nothing but their metrics. What
cannot be read is no value; that it cannot is told once, and what it means is for claims to say.
"""

import threading
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

from squall.clock import Clock
from squall.errors import HarnessFailed
from squall.instances import Instance
from squall.platforms.capability import Gauges, Platform, Sink
from squall.process.background import background
from squall.record.event import Event, GaugeRead, GaugeUnread, InstanceChanged, InstanceListed, InstancesListed, Noted
from squall.record.folder import RunFolder
from squall.system.gauge import Gauge, Unread
from squall.system.system import System

PERIOD = 1.0
# Less than the period: one that hangs is not asked twice at a time.
READ_WITHIN = 0.8
# So many that hang do not keep the others waiting.
AT_ONCE = 32

Asked = tuple[Instance, str, Mapping[str, Gauge]]


@contextmanager
def gauges_read(platform: Platform, system: System, folder: RunFolder, clock: Clock) -> Iterator[None]:
    """Read the gauges that the system names into the timeline while the block runs, if the platform can read any.

    To be entered before the watch begins: its first events say which instances there are.
    """
    named = {name: service.gauges for name, service in system.services.items() if service.gauges}
    if not named or not isinstance(platform, Gauges):
        yield
        return
    readings = Readings(platform, named, folder.append, clock)
    folder.listen(readings.hear)
    try:
        with background("squall-gauges", lambda over: _rounds(readings, over, clock)):
            yield
    finally:
        readings.close()


def _rounds(readings: "Readings", over: threading.Event, clock: Clock) -> None:
    due = clock.now()
    while not over.wait(max(0.0, due - clock.now())):
        try:
            readings.read()
        except Exception as error:  # noqa: BLE001 - a thread has no caller: told in the timeline, where claims miss it
            readings.give_up(f"{type(error).__name__}: {error}")
            return
        # A round that took longer than the period costs the rounds that it took the place of.
        due = max(due + PERIOD, clock.now())


class Readings:
    """The gauges of some services: what is there to be read, and one round of reading it."""

    def __init__(self, platform: Gauges, gauges: Mapping[str, Mapping[str, Gauge]], sink: Sink, clock: Clock) -> None:
        self._platform, self._gauges, self._sink, self._clock = platform, gauges, sink, clock
        self._lock = threading.Lock()
        self._there: dict[tuple[str, str], Instance] = {}
        self._unread: set[tuple[str, str, str]] = set()
        self._pool = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="squall-gauge")

    def hear(self, event: Event) -> None:
        """Learn from an event of the watch which instances there are."""
        if event.who not in self._gauges or not isinstance(event, InstancesListed | InstanceChanged):
            return
        listed = event.instances if isinstance(event, InstancesListed) else (event,)
        with self._lock:
            for each in listed:
                self._note(event.who, each)

    def read(self) -> None:
        """Read each gauge of each instance once, all at the same time; it takes no longer than the slowest."""
        with self._lock:
            there = list(self._there.values())
        asked = [(one, path, named) for one in there for path, named in self._pages(one.service)]
        # What a thread raises is raised here: only what is not foreseen.
        list(self._pool.map(self._read, asked))

    def give_up(self, reason: str) -> None:
        """Tell that nothing will be read from here on."""
        self._sink(Noted(self._clock.now(), "squall", text=f"gauges are no longer read: {reason}"))

    def close(self) -> None:
        """End the threads."""
        self._pool.shutdown()

    def _note(self, service: str, seen: InstanceListed | InstanceChanged) -> None:
        key = (service, seen.name)
        if isinstance(seen, InstanceChanged) and seen.state == "gone":
            self._there.pop(key, None)
        else:
            self._there[key] = Instance(service, seen.name, seen.incarnation, seen.node, ready=True)

    def _pages(self, service: str) -> Iterator[tuple[str, Mapping[str, Gauge]]]:
        """Yield each page of a service, and the gauges that are on it: it is asked for once."""
        gauges = self._gauges[service]
        for path in dict.fromkeys(gauge.path for gauge in gauges.values()):
            yield path, {name: gauge for name, gauge in gauges.items() if gauge.path == path}

    def _read(self, asked: Asked) -> None:
        instance, path, gauges = asked
        before = self._clock.now()
        try:
            page = self._platform.metrics(instance, path, READ_WITHIN)
        except HarnessFailed as error:
            for name in gauges:
                self._failed(instance, name, str(error))
            return
        now = self._clock.now()
        for name, gauge in gauges.items():
            try:
                value = gauge.value(page)
            except Unread as error:
                self._failed(instance, name, str(error))
                continue
            with self._lock:
                self._unread.discard((instance.service, instance.name, name))
            self._sink(GaugeRead(now, instance.service, instance.name, name, value, round(now - before, 6)))

    def _failed(self, instance: Instance, name: str, reason: str) -> None:
        key = (instance.service, instance.name, name)
        with self._lock:
            # One that is gone by now was told of by the watch.
            new = key not in self._unread and key[:2] in self._there
            self._unread.add(key)
        if new:
            self._sink(GaugeUnread(self._clock.now(), instance.service, instance.name, name, reason))


def unread(platform: Gauges, instances: Sequence[Instance], gauge: Gauge) -> str | None:
    """Say why a gauge cannot be read of all of these instances, or None if it can."""
    for instance in instances:
        try:
            gauge.value(platform.metrics(instance, gauge.path, READ_WITHIN))
        except (HarnessFailed, Unread) as error:
            return f"{instance.name}: {error}"
    return None
