"""What a proxy has counted: calls, how they went, how they were harmed; in total and for each second. Pure.

A call begins with what a client sends while nothing of its is unanswered, and is answered by the first byte back; so
it is told of any protocol in which clients ask and servers answer.
"""

from collections import deque
from collections.abc import Callable
from dataclasses import asdict, dataclass, field

# As many seconds as are kept: more than any harness takes to come for them.
KEPT = 900


@dataclass(slots=True)
class CountedSecond:
    """One second of the clock ``at`` whose beginning it is named."""

    at: int
    calls: int = 0
    answered: int = 0
    # Answered by an error (HTTP 5xx), cut off, or not connected.
    failed: int = 0
    # The client hung up before the answer came.
    given_up: int = 0


@dataclass(slots=True)
class Counts:
    """See the module; ``now`` is CLOCK_MONOTONIC."""

    now: Callable[[], float]
    connections: int = 0
    open: int = 0
    calls: int = 0
    answered: int = 0
    failed: int = 0
    given_up: int = 0
    # What the proxy itself did: answers that it delayed and delivered, made up, cut off or kept back.
    harmed: int = 0
    # The shortest time (s) from a call to the delivery of an answer that was delayed.
    quickest: float | None = None
    tls: int = 0
    http: int = 0
    _seconds: deque[CountedSecond] = field(default_factory=lambda: deque(maxlen=KEPT))

    def call(self) -> float:
        """Count a call that begins, and return when."""
        self.calls += 1
        self._second().calls += 1
        return self.now()

    def answer(self, failed: bool) -> None:
        """Count an answer."""
        second = self._second()
        self.answered += 1
        second.answered += 1
        if failed:
            self.fail()

    def fail(self) -> None:
        """Count a call that failed."""
        self.failed += 1
        self._second().failed += 1

    def give_up(self) -> None:
        """Count a call whose client went away."""
        self.given_up += 1
        self._second().given_up += 1

    def delivered(self, took: float) -> None:
        """Count an answer that was delayed, and is on its way now."""
        self.harmed += 1
        self.quickest = took if self.quickest is None else min(took, self.quickest)

    def totals(self) -> dict[str, float | int | None]:
        """Return all figures by name, but for the seconds."""
        names = ("connections", "open", "calls", "answered", "failed", "given_up", "harmed", "quickest", "tls", "http")
        return {name: getattr(self, name) for name in names}

    def seconds(self, since: int) -> list[dict[str, int]]:
        """Return the seconds that are over, from one on; those in which nothing was seen are left out."""
        over = int(self.now())
        return [asdict(second) for second in self._seconds if since <= second.at < over]

    def _second(self) -> CountedSecond:
        at = int(self.now())
        if not self._seconds or self._seconds[-1].at != at:
            self._seconds.append(CountedSecond(at))
        return self._seconds[-1]
