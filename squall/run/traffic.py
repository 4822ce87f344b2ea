"""The traffic of a run: load and prober, started, watched and stopped together. Knows nothing of what they send."""

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import Protocol

from squall.errors import HarnessFailed
from squall.load.rate import RunningLoad
from squall.platforms.capability import Sink
from squall.record.folder import RunFolder
from squall.run.scenario import Scenario
from squall.run.signals import uninterrupted


class Generator(Protocol):
    """A process that sends requests on a schedule: the load, or the prober."""

    def stop(self) -> None:
        """End it, and return when its log is complete."""
        ...

    def failure(self) -> str | None:
        """Say why it is no longer running, or None while it is."""
        ...


class Generators(Protocol):
    """How load and prober are started; each returns once it has sent its first request."""

    def load(self, scenario: Scenario, url: str, folder: RunFolder, sink: Sink) -> Generator:
        """Start the scenario's load."""
        ...

    def prober(self, scenario: Scenario, url: str, folder: RunFolder, sink: Sink) -> Generator:
        """Start the prober."""
        ...


class LoadAndProber:
    """Load and prober of one run; ``users`` is the load as faults may change it."""

    def __init__(self, generators: Generators, scenario: Scenario, folder: RunFolder, users: RunningLoad) -> None:
        self._generators, self._scenario, self._folder = generators, scenario, folder
        self.users = users
        self._running: list[Generator] = []

    @contextmanager
    def stopped(self) -> Iterator[None]:
        """Stop whatever was started, however the block ends."""
        try:
            yield
        finally:
            with uninterrupted():
                self.stop()

    def start(self, url: str, pool: ThreadPoolExecutor) -> tuple[Future[Generator], Future[Generator]]:
        """Start both in threads of the pool: each takes seconds on its own."""
        return pool.submit(self._start_load, url), pool.submit(self._start, self._generators.prober, url)

    def check(self) -> None:
        """Raise HarnessFailed if one of them has ended by itself."""
        for generator in self._running:
            if (failure := generator.failure()) is not None:
                raise HarnessFailed(failure)

    def stop(self) -> None:
        """Stop both at once: while one drained what is under way, the other would make windows of its own."""
        if self._running:
            with ThreadPoolExecutor(len(self._running)) as pool:
                ended = [pool.submit(generator.stop) for generator in self._running]
            self._running.clear()
            for each in ended:
                each.result()

    def _start_load(self, url: str) -> Generator:
        load = self._start(self._generators.load, url)
        self.users.load = load
        return load

    def _start(self, kind: Callable[[Scenario, str, RunFolder, Sink], Generator], url: str) -> Generator:
        generator = kind(self._scenario, url, self._folder, self._folder.append)
        self._running.append(generator)
        return generator
