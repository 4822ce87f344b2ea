"""The prober, a process of its own: ``python -m squall.probes.prober``, told by ``SQUALL_PROBER``. Ends on SIGTERM.

GETs one path on a fixed schedule over two lanes, half an interval apart, and logs each probe. Says ``prober.started``
and ``prober.stopped``. Started by ``squall.probes.process``.
"""

import asyncio
import json
import math
import os
import signal
import sys
from array import array
from collections.abc import Mapping
from contextlib import closing
from dataclasses import asdict, dataclass
from http.client import HTTPException
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Self

from squall.clock import SYSTEM
from squall.probes.http import Endpoint
from squall.probes.lane import Lane, New, Reused
from squall.process.parent import Parent
from squall.process.scheduling import settle
from squall.record.outcome import answered, outcome
from squall.record.samples import DROPPED, UNFINISHED, Sample, SampleWriter
from squall.tls import context

if TYPE_CHECKING:
    from pydantic import JsonValue as Json

VARIABLE = "SQUALL_PROBER"
FLUSH = 0.25
# From saying "started" to the first probe.
_LEAD = 0.1


@dataclass(frozen=True, slots=True)
class ProberSettings:
    """What to GET, how often in each lane, when a probe gives up (seconds), and where the samples go."""

    url: str
    rate: float
    timeout: float
    connections: int
    samples: str
    run: str = ""
    ca: str = ""
    insecure: bool = False

    @classmethod
    def read(cls, environment: Mapping[str, str]) -> Self:
        """Read them back."""
        return cls(**json.loads(environment[VARIABLE]))

    def environment(self) -> dict[str, str]:
        """Return them as they are passed on."""
        return {VARIABLE: json.dumps(asdict(self))}


class Prober:
    """Keeps the schedule; each probe is a task of its own, bounded by the timeout from its intended moment."""

    def __init__(self, settings: ProberSettings, writer: SampleWriter, lanes: tuple[Lane, ...]) -> None:
        self._rate = settings.rate * len(lanes)
        self._timeout = settings.timeout
        self._most = math.ceil(2 * self._rate * settings.timeout)
        self._writer = writer
        self._lanes = lanes
        self._flying: set[asyncio.Task[None]] = set()
        self._late = array("d")
        self._cpu = _cpu()
        self.start = SYSTEM.now() + _LEAD
        self.end = math.inf

    async def run(self) -> None:
        """Probe until cancelled."""
        for number in count():
            intended = self.start + number / self._rate
            await asyncio.sleep(intended - SYSTEM.now())
            self._launch(self._lanes[number % len(self._lanes)], intended)

    async def finish(self, *, wait: bool) -> None:
        """Wait for the probes that are under way, none longer than the timeout, or leave them unfinished."""
        for probe in () if wait else self._flying:
            probe.cancel()
        if self._flying:
            await asyncio.wait(self._flying)

    async def flush_for_ever(self) -> None:
        """Write what waits, again and again."""
        while True:
            await asyncio.sleep(FLUSH)
            self._writer.flush()

    def summary(self) -> "dict[str, Json]":
        """Return what ``prober.stopped`` tells; lateness in seconds."""
        late = sorted(self._late)
        p99 = late[min(len(late) - 1, int(len(late) * 0.99))] if late else None
        return {"end": self.end, "cpu": _cpu() - self._cpu, "lateness_p99": p99}

    def _launch(self, lane: Lane, intended: float) -> None:
        if len(self._flying) >= self._most:
            self._writer.add(Sample(intended, math.nan, math.nan, 0, False, lane=lane.name, error=DROPPED))
            return
        probe = asyncio.create_task(self._probe(lane, intended))
        self._flying.add(probe)
        probe.add_done_callback(self._flying.discard)

    async def _probe(self, lane: Lane, intended: float) -> None:
        sent = SYSTEM.now()
        self._late.append(sent - intended)
        # A probe that leaves late still gets its time: the lateness shows, and is not blamed on the system.
        deadline = max(intended, sent) + self._timeout
        status, instance, error, done = 0, "", UNFINISHED, math.nan
        try:
            async with asyncio.timeout_at(deadline):
                answer = await lane.get()
            status, instance = answer.status, answer.instance
            error = answered(status)
            done = SYSTEM.now()
        except (OSError, EOFError, HTTPException) as trouble:
            error, done = outcome(trouble), SYSTEM.now()
        finally:
            sent, done = (math.nan, math.nan) if error == DROPPED else (sent, done)
            self._writer.add(Sample(intended, sent, done, status, not error, "probe", lane.name, instance, error))


async def probe(settings: ProberSettings, parent: Parent) -> None:
    """Run until SIGTERM, or until the harness is gone."""
    try:
        endpoint = await Endpoint.of(settings.url, settings.run, context(settings.ca, insecure=settings.insecure))
    except OSError as error:
        parent.refuse(f"starting the prober: {settings.url} cannot be resolved: {error.strerror}")
    reused = Reused(endpoint, settings.connections)
    await reused.warm(settings.timeout)
    settle()
    with closing(SampleWriter(Path(settings.samples))) as writer:
        prober = Prober(settings, writer, (New(endpoint), reused))
        parent.say("prober.started", {"start": prober.start, "rate": settings.rate})
        await _until_told(prober)
        parent.say("prober.stopped", prober.summary() | {"reopened": reused.reopened, "extra": reused.extra})


async def _until_told(prober: Prober) -> None:
    loop = asyncio.get_running_loop()
    running = [asyncio.create_task(prober.run()), asyncio.create_task(prober.flush_for_ever())]
    told = asyncio.Event()
    loop.add_signal_handler(signal.SIGTERM, told.set)
    ends = [asyncio.create_task(told.wait()), asyncio.create_task(_orphaned(loop))]
    done, _ = await asyncio.wait([*running, *ends], return_when=asyncio.FIRST_COMPLETED)
    prober.end = SYSTEM.now()
    for task in [*running, *ends]:
        task.cancel()
    await prober.finish(wait=ends[0] in done)
    for task in done:
        task.result()


async def _orphaned(loop: asyncio.AbstractEventLoop) -> None:
    reader = asyncio.StreamReader()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    while await reader.read(1024):
        pass


def _cpu() -> float:
    times = os.times()
    return times.user + times.system


if __name__ == "__main__":
    asyncio.run(probe(ProberSettings.read(os.environ), Parent()))
