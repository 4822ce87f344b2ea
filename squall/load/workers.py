"""Several load processes that keep one schedule between them: the k-th of N takes each N-th arrival, from the k-th on.

They run on this machine, so that one clock (CLOCK_MONOTONIC) times all of them, and no error is added to any figure.
The first arrival, and each change of rate, is at a moment that is told to all beforehand. All append whole blocks to
one log, each in a lane of its own. What the run hears of them is what one process would have said.
"""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Lock
from typing import Self

from squall.clock import SYSTEM
from squall.errors import Misuse
from squall.load.process import START, LoadProcess, command, settings_of
from squall.load.settings import KEPT, NEW, LoadSettings
from squall.process.child import Child, Hear
from squall.process.message import What
from squall.record.arrivals import LoadPlan, Stage
from squall.system import system

# From telling all the moment of something to that moment (s).
LEAD = 0.2


class LoadWorkers:
    """Users of a system, arriving on one schedule that several processes keep until stopped."""

    def __init__(self, workers: Sequence[LoadProcess], hear: "_Merged") -> None:
        self._workers, self._hear = workers, hear

    @classmethod
    def start(cls, count: int, load: system.UserLoad, url: str, samples: Path, tell: Hear, *, seed: int, rate: float,
              plan: LoadPlan, root: Path, run: str = "", tls: system.Tls | None = None) -> Self:  # fmt: skip
        """Start so many, and wait until the first arrival is due; otherwise as ``LoadProcess.start``.

        Raises:
            Misuse: there is no such locustfile, it cannot be driven, or there are more workers than connections.
            HarnessFailed: one of them did not start.
        """
        whole = settings_of(load, url, samples, seed=seed, rate=rate, plan=plan, root=root, run=run, tls=tls)
        hear, children = _Merged(tell, whole), []
        try:
            for number, settings in enumerate(shared(whole, count)):
                name = f"load worker {number + 1} of {count}"
                told = hear.of(number)
                children.append(Child(name, command(load, root), told, settings.environment(), root))
            for child in children:
                child.expect("load.ready", within=START)
            moment = SYSTEM.now() + LEAD
            for child in children:
                child.send({"start": moment})
            workers = [LoadProcess.awaited(child, "load.started", START, load.timeout) for child in children]
        except BaseException:
            for child in children:
                child.stop(0)
            raise
        return cls(workers, hear)

    @property
    def pids(self) -> Sequence[int]:
        """The processes' numbers."""
        return [worker.pid for worker in self._workers]

    def failure(self) -> str | None:
        """Say why one of them ended if nobody asked it to: its arrivals are missing from then on."""
        return next((failure for worker in self._workers if (failure := worker.failure()) is not None), None)

    def change(self, rate: float) -> None:
        """Let users arrive at another rate soon; ``load.rate`` tells since when."""
        self._at_once(lambda worker, moment: worker.change(rate, moment))

    def begin_stages(self, stages: Sequence[Stage]) -> None:
        """Let the rate change in stages soon; a ``load.rate`` for each tells since when."""
        self._at_once(lambda worker, moment: worker.begin_stages(stages, moment))

    def stop(self) -> None:
        """Send nothing more, wait for what is in flight, and end; all samples are written on return."""
        with ThreadPoolExecutor(len(self._workers)) as pool:
            ended = [pool.submit(worker.stop) for worker in self._workers]
        for each in ended:
            each.result()
        self._hear.over()

    def _at_once(self, tell: Callable[[LoadProcess, float], None]) -> None:
        moment = SYSTEM.now() + LEAD
        for worker in self._workers:
            tell(worker, moment)


def shared(whole: LoadSettings, count: int) -> list[LoadSettings]:
    """Return what each of so many workers is told, so that all together do what one would.

    Raises:
        Misuse: there are fewer connections, or users of a closed loop, than workers.
    """
    number = None if whole.connections in {NEW, KEPT} else int(whole.connections)
    for what, there in (("load.connections", number), ("users in a closed loop", whole.users or None)):
        if there is not None and there < count:
            raise Misuse(f"{count} workers share {there} {what}: take no more workers than there are of them")
    return [
        whole.worked_by(
            worker,
            count,
            users=_part(whole.users, worker, count),
            max_in_flight=max(1, _part(whole.max_in_flight, worker, count)),
            connections=whole.connections if number is None else str(_part(number, worker, count)),
        )
        for worker in range(count)
    ]


def _part(whole: int, worker: int, count: int) -> int:
    return whole // count + (worker < whole % count)


class _Merged:
    """Hears all workers, and tells what one process would say."""

    def __init__(self, tell: Hear, whole: LoadSettings) -> None:
        self._tell = tell
        self._whole: What = {"connections": whole.connections, "users": whole.users}
        self._stopped: list[What] = []
        self._lock = Lock()

    def of(self, worker: int) -> Hear:
        """Return what hears one worker. All are told the same; the first says it for all."""

        def hear(kind: str, what: What) -> None:
            if kind == "load.stopped":
                with self._lock:
                    self._stopped.append(what)
            elif kind == "load.started" and worker == 0:
                self._tell(kind, {**what, **self._whole})
            elif kind != "load.ready" and worker == 0:
                self._tell(kind, what)

        return hear

    def over(self) -> None:
        """Tell when the first of them stopped, and what all took; nothing if none lived to say so."""
        if self._stopped:
            ends = [float(str(what["end"])) for what in self._stopped]
            cpu = sum(float(str(what["cpu"])) for what in self._stopped)
            self._tell("load.stopped", {"end": min(ends), "cpu": cpu})
