"""One user who came: what her task asks, how each request ends, and what of it counts. Knows nothing of HTTP.

Imported only in the load process: it needs gevent. All greenlets that a task starts belong to its arrival.
"""

import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import gevent  # type: ignore[import-untyped]
from gevent.event import Event  # type: ignore[import-untyped]

from squall.clock import SYSTEM
from squall.record.arrivals import ARRIVAL, FOLLOWING
from squall.record.outcome import TIMEOUT, outcome
from squall.record.samples import DROPPED, UNFINISHED, Sample

# A task that took longer (s) before it asked had something else to do first: it asks when it asks, not late.
_OWN_TIME = 0.1
_KEY = "squall.arrival"


class Exchange:
    """One request on its way; becomes exactly one sample. ``answer`` is what its client handed to the task."""

    def __init__(self, intended: float, sent: float, name: str) -> None:
        self.intended, self.sent, self.name = intended, sent, name
        self.logged = False
        self.answer: object = None


class Arrival:
    """A user who came at ``intended`` and waits ``patience`` seconds for each answer.

    Her last request is logged when her task is over, or the patience: until then the task may find its answer wrong.
    """

    def __init__(self, intended: float, patience: float, log: Callable[[Sample], None], number: int = 0,
                 lane: str = ARRIVAL) -> None:  # fmt: skip
        self.number, self.patience, self._lane = number, patience, lane
        self._intended, self._started, self._log = intended, SYSTEM.now(), log
        self._exchanges: list[Exchange] = []
        self._held: Sample | None = None
        self._failed = self.over = False
        self.closing: list[Callable[[], None]] = []
        # Made when somebody waits for it: few do, and each costs.
        self._ended: Event | None = None

    def begin(self) -> None:
        """Take the greenlet that runs, and all that are started from it, for this user's."""
        gevent.getcurrent().spawn_tree_locals = {_KEY: self}

    @property
    def asked(self) -> bool:
        """Whether her task made any request that was seen."""
        return bool(self._exchanges)

    def send(self, name: str) -> Exchange:
        """Begin a request now."""
        now = SYSTEM.now()
        exchange = Exchange(now if self._exchanges else self._first_meant(now), now, name)
        self._take(exchange)
        return exchange

    def left(self, exchange: Exchange) -> float:
        """Return how many seconds she still waits for an answer."""
        return exchange.intended + self.patience - exchange.sent

    def end(self, exchange: Exchange, done: float, status: int = 0, error: str = "", *, ok: bool = False,
            instance: str = "", mark: str = "") -> None:  # fmt: skip
        """Take how a request ended, once. ``ok`` says that it counts as good in spite of an ``error``."""
        if exchange.logged:
            return
        exchange.logged = True
        sent, good = exchange.sent, ok or not error
        if error == DROPPED:
            sent, done, good = math.nan, math.nan, False
        lane = self._lane if exchange is self._exchanges[0] else FOLLOWING
        sample = Sample(exchange.intended, sent, done, status, good, exchange.name, lane, instance, error, mark)
        if exchange is self._exchanges[-1] and good and not self.over:
            self._held = sample
        else:
            self._log(sample)
        self._failed = not good
        if self._ended is not None and not self._under_way():
            self._ended.set()

    @contextmanager
    def exchange(self, name: str) -> Iterator[None]:
        """Make a request by any client within the block; it is good if the block ends without an error."""
        exchange = self.send(name)
        try:
            with gevent.Timeout(max(0.0, self.left(exchange))):
                yield
        except gevent.Timeout:
            self.end(exchange, SYSTEM.now(), error=TIMEOUT)
            raise
        except Exception as error:
            self.end(exchange, SYSTEM.now(), error=outcome(error))
            raise
        self.end(exchange, SYSTEM.now())

    def report(self, name: str, seconds: float, status: int, error: str, *, ok: bool) -> None:
        """Take a request that another client has made already, which took so many seconds."""
        exchange = self.send(name)
        exchange.sent -= seconds
        exchange.intended = min(exchange.intended, exchange.sent)
        self.end(exchange, exchange.sent + seconds, status, error, ok=ok)

    def fail(self, why: str, name: str) -> None:
        """Take that the task raised: the request that it followed is bad, or, without one, the arrival itself.

        What follows a request that failed already is its consequence, and counts once.
        """
        under_way = self._under_way()
        for exchange in under_way:
            self.end(exchange, SYSTEM.now(), error=why)
        if self._held is not None:
            self._held = self._held._replace(ok=False, error=why)
            self.release()
        elif not under_way and not self._failed:
            own = self._bare(name) if not self._exchanges else self.send(name)
            self.end(own, SYSTEM.now(), error=why)
        self._failed = True

    def release(self, before: float = math.inf) -> None:
        """Log the last request if it was meant before that moment: nobody waits any longer for what the task finds."""
        if self._held is not None and self._held.intended < before:
            self._log(self._held)
            self._held = None

    def close(self) -> None:
        """Return when what was asked has ended, whichever greenlet asked it: the task is over."""
        while self._under_way():
            self._ended = Event()
            self._ended.wait()
        self._end()

    def cut_off(self) -> None:
        """Log as unfinished what has not ended; who has not asked yet counts as one that could have gone either way."""
        if not self._exchanges:
            self._bare("")
        for exchange in self._under_way():
            self.end(exchange, math.nan, error=UNFINISHED)
        self._end()

    def _end(self) -> None:
        self.over = True
        self.release()
        for close in self.closing:
            close()
        self.closing.clear()

    def _bare(self, name: str) -> Exchange:
        """Return a request in place of the one that was never made."""
        self._take(exchange := Exchange(self._intended, self._started, name))
        return exchange

    def _take(self, exchange: Exchange) -> None:
        self.release()
        self._exchanges.append(exchange)

    def _under_way(self) -> list[Exchange]:
        return [exchange for exchange in self._exchanges if not exchange.logged]

    def _first_meant(self, now: float) -> float:
        own = now - self._started
        return self._intended if own < _OWN_TIME else self._intended + own


def current() -> Arrival | None:
    """Return the user to whom the greenlet that runs belongs; None: nobody has come yet."""
    return of(gevent.getcurrent())


def of(greenlet: object) -> Arrival | None:
    """Return the user to whom a greenlet belongs."""
    tree = getattr(greenlet, "spawn_tree_locals", None)
    return tree.get(_KEY) if tree else None
