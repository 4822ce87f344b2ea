"""Watching a project: each event of the daemon has the container looked at anew, and what changed is reported.

An event bears the moment at which the daemon's news arrived here.
"""

import threading
from collections.abc import Mapping

from squall.clock import Clock
from squall.errors import HarnessFailed
from squall.instances import Trouble
from squall.platforms.capability import Sink
from squall.platforms.containers.engine import Engine
from squall.platforms.containers.events import changes, first
from squall.platforms.containers.status import ContainerStatus, service_of, status_of
from squall.record.event import Noted, RunVoided, TroubleSeen
from squall.verdict import Cause

# A gap in watching longer than this makes what is seen after it too late to be believed.
LONGEST_GAP = 1.0
TRY_EVERY = 0.1


class ContainerWatch:
    """A running watch; ``services`` gives the compose file's name of each service.

    The whole state is in the sink when this is made. Raises HarnessFailed if the daemon does not answer.
    """

    def __init__(self, engine: Engine, services: Mapping[str, str], sink: Sink, clock: Clock) -> None:
        self._engine, self._sink, self._clock = engine, sink, clock
        self._services = {own: service for service, own in services.items()}
        self._there: dict[str, tuple[str, ContainerStatus]] = {}
        self._stopping = threading.Event()
        self._error: Exception | None = None
        self._stream = engine.events()
        self._begin()
        self._thread = threading.Thread(target=self._run, name="watch of containers", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End it after a last look. Raises HarnessFailed if it had failed."""
        self._stopping.set()
        self._stream.close()
        self._thread.join()
        if self._error is not None:
            raise HarnessFailed(f"watching the containers: {self._error}") from self._error

    def _begin(self) -> None:
        t, seen = self._clock.now(), dict[str, list[ContainerStatus]]()
        for each in self._engine.containers():
            if (service := self._services.get(service_of(each))) is not None:
                self._there[str(each["Id"])] = (service, status_of(each))
                seen.setdefault(service, []).append(status_of(each))
        for service in self._services.values():
            for event in first(t, service, seen.get(service, ())):
                self._sink(event)

    def _run(self) -> None:
        try:
            while True:
                self._follow()
                if self._stopping.is_set():
                    break
                self._reopen()
            self._look_at_all()
        except Exception as error:  # noqa: BLE001 - a thread has no caller: kept for stop(), and reported at once
            self._error = error
            self._void(f"the watch of the containers ended: {error}")

    def _follow(self) -> None:
        """Tell what happens until the stream ends."""
        for identity, what in self._stream:
            t = self._clock.now()
            self._look_at(t, identity)
            if what == "oom" and identity in self._there:
                service, known = self._there[identity]
                text = f"{known.name} ran out of memory"
                self._sink(Noted(t, service, text=text))
                self._sink(TroubleSeen(t, service, known.name, Trouble.OUT_OF_MEMORY, text))

    def _reopen(self) -> None:
        """Open the stream anew, and tell what changed meanwhile."""
        cut = self._clock.now()
        while not self._stopping.is_set():
            try:
                self._stream = self._engine.events()
                self._look_at_all()
                break
            except HarnessFailed:
                self._stopping.wait(TRY_EVERY)
        text = f"the watch of containers was cut for {self._clock.now() - cut:.2f} s"
        self._sink(Noted(self._clock.now(), "squall", text=text))
        if self._clock.now() - cut > LONGEST_GAP:
            self._void(text)

    def _look_at_all(self) -> None:
        t = self._clock.now()
        for identity in {*self._there, *(str(each["Id"]) for each in self._engine.containers())}:
            self._look_at(t, identity)

    def _look_at(self, t: float, identity: str) -> None:
        container = self._engine.container(identity)
        known = self._there.get(identity)
        service = known[0] if known else self._services.get(service_of(container)) if container else None
        if service is None:
            return
        now = status_of(container) if container else None
        for event in changes(t, service, known[1] if known else None, now):
            self._sink(event)
        if now is None:
            del self._there[identity]
        else:
            self._there[identity] = (service, now)

    def _void(self, reason: str) -> None:
        self._sink(RunVoided(self._clock.now(), "squall", Cause.HARNESS_ERROR, reason))
