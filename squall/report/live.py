"""How a run goes while it goes: read from its folder by a thread of its own, so that showing it cannot disturb it.

A terminal gets one line that is renewed; anything else gets a plain line now and then.
"""

import math
import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import dataclass
from functools import partial
from typing import TextIO

from rich.console import Console
from rich.status import Status

from squall.clock import SYSTEM, Clock
from squall.measure.percentiles import percentile
from squall.record.event import PhaseBegan
from squall.record.folder import RunFolder
from squall.record.plan import Plan
from squall.record.samples import Sample, SampleReader
from squall.report.plain import plain

_RENEW = 0.5
_PLAIN_EVERY = 10.0
# What is said of the second before the last: of the last one, answers are still under way.
_SPAN, _SETTLED = 1.0, 0.5

_PHASES = {
    "prepare": "bringing the system up",
    "start": "starting load and prober",
    "leave": "waiting for GO",
    "steady": "watching the steady state",
    "harm": "doing the harm",
    "observe": "watching what users see",
    "undo": "cleaning up",
    "hold": "waiting for the steady state to be reached again",
    "done": "judging",
}
# What is said of a phase that takes longer than its window (s): the patience is running.
_LATE = 1.0
_WAITED = {"steady": "the system is not steady yet", "hold": "the system is not steady again yet"}


@dataclass(frozen=True, slots=True)
class Moment:
    """What is going on: the phase in words, what is left of it (s; None: unknown), the last second's traffic."""

    phase: str
    left: float | None
    rate: float
    good: float
    latency: float

    def __str__(self) -> str:
        # What takes longer than planned has nothing left to count.
        left = "" if self.left is None or self.left <= 0 else f", {math.ceil(self.left)} s left"
        if not self.rate:
            return f"{self.phase}{left}"
        slow = "no answer" if math.isinf(self.latency) else f"{self.latency:.0f} ms"
        return f"{self.phase}{left} | {self.rate:.0f} requests/s, {self.good:.1f}% succeed, p95 {slow}"


def moment(plan: Plan | None, phase: PhaseBegan | None, last: Sequence[Sample], now: float) -> Moment:
    """Return how a run is going: from its plan, the phase that it is in, and the last second's requests."""
    name = phase.name if phase else "prepare"
    lengths = {} if plan is None else {"steady": plan.steady_window, "observe": plan.observation, "hold": plan.hold}
    left = lengths[name] - (now - phase.t) if phase and name in lengths else None
    if plan is not None and left is not None and left < -_LATE and name in _WAITED:
        name, left = _WAITED[name], left + plan.patience
    good = 100 * sum(sample.ok for sample in last) / len(last) if last else 100.0
    slow = percentile([sample.latency * 1000 for sample in last], 95) if last else 0.0
    return Moment(_PHASES.get(name, name), left, len(last) / _SPAN, good, slow)


class Viewer:
    """Follows one run folder, also that of another process."""

    def __init__(self, folder: RunFolder, clock: Clock = SYSTEM) -> None:
        self._folder, self._clock = folder, clock
        self._reader = SampleReader(folder.requests)
        self._recent: deque[Sample] = deque()
        self._plan: Plan | None = None

    def look(self) -> Moment:
        """Return how the run is going now."""
        now = self._clock.now()
        self._recent.extend(self._reader.read())
        begin = now - _SPAN - _SETTLED
        while self._recent and self._recent[0].intended < begin:
            self._recent.popleft()
        last = [sample for sample in self._recent if begin <= sample.intended < begin + _SPAN]
        phase = next((event for event in reversed(self._folder.timeline()) if isinstance(event, PhaseBegan)), None)
        if phase is not None and phase.name not in {"prepare", "start"}:
            self._plan = self._plan or self._folder.plan()
        return moment(self._plan, phase, last, now)


@contextmanager
def shown(folder: RunFolder, out: TextIO) -> Iterator[Callable[[str], None]]:
    """Show how the run goes on ``out`` while the block runs; what it is given prints a line beside that."""
    viewer, console, over = Viewer(folder), Console(file=out), threading.Event()
    with Status("starting", console=console) if console.is_terminal else nullcontext() as status:
        follow = _line_by_line if status is None else partial(_in_place, status)
        thread = threading.Thread(target=follow, args=(viewer, console, over), name="squall-live", daemon=True)
        thread.start()
        try:
            yield partial(_say, console)
        finally:
            over.set()
            thread.join()


def _say(console: Console, text: str) -> None:
    # Who read it may be gone (rich would end the process for that); the run goes on.
    with suppress(OSError, SystemExit):
        console.print(f"  {plain(text)}", highlight=False, markup=False)


def _in_place(status: Status, viewer: Viewer, console: Console, over: threading.Event) -> None:
    while not over.wait(_RENEW):
        status.update(str(viewer.look()))


def _line_by_line(viewer: Viewer, console: Console, over: threading.Event) -> None:
    said, at = "", -math.inf
    while not over.wait(_RENEW):
        now, seen = SYSTEM.now(), viewer.look()
        if seen.phase != said or now - at >= _PLAIN_EVERY:
            console.print(f"  {seen}", highlight=False)
            said, at = seen.phase, now
