"""What one who arrives does: a task of the locustfile, whoever runs it, and what becomes of all that it raises.

Imported only in the load process: it needs gevent and Locust. It asks nobody.
"""

import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from types import TracebackType

import gevent  # type: ignore[import-untyped]
from locust.exception import InterruptTaskSet, RescheduleTask, RescheduleTaskImmediately, StopUser

from squall.load.arrival import Arrival, of
from squall.load.arrivals import Arrivals
from squall.load.task_error import asked_nothing, task_error

# Locust's ways to end a task early: they fail nothing.
ENDS = (InterruptTaskSet, RescheduleTask, RescheduleTaskImmediately, StopUser)


class Visits:
    """The visits of all users. The first thing of each kind that goes wrong is shown in full, the record counts all."""

    def __init__(self, arrivals: Arrivals) -> None:
        self._arrivals = arrivals
        self._numbers = count(arrivals.settings.worker, arrivals.settings.workers)
        self._shown: set[str] = set()
        gevent.get_hub().handle_error = self._greenlet_failed

    @contextmanager
    def visit(self, intended: float, task: str) -> Iterator[Arrival]:
        """Take what the block does for a task of a user who came at ``intended``; it raises nothing but its end."""
        user = self.begin(intended)
        error: BaseException | None = None
        try:
            try:
                yield user
            except ENDS:
                pass
            except (Exception, gevent.Timeout) as raised:  # noqa: BLE001 - one bad sample; the schedule goes on
                error = raised
            self.end(user, task, error)
        except gevent.GreenletExit:
            self.cut_off(user)

    def begin(self, intended: float) -> Arrival:
        """Take the greenlet that runs for one who came at ``intended``; ``end`` or ``cut_off`` follows."""
        user = Arrival(intended, self._arrivals.timeout, self._arrivals.log, next(self._numbers),
                       self._arrivals.settings.lane)  # fmt: skip
        user.begin()
        self._arrivals.users.add(user)
        return user

    def cut_off(self, user: Arrival) -> None:
        """Take that her task is given up."""
        user.cut_off()
        self._arrivals.users.discard(user)

    def end(self, user: Arrival, task: str, error: BaseException | None) -> None:
        """Take that her task is over, and what it raised; return when all that it asked has ended."""
        if error is not None:
            self._failed(user, task_error(error), task, error)
        if not user.asked:
            gevent.sleep(0)  # a greenlet that it started may be about to ask
        if not user.asked:
            self._failed(user, asked_nothing(task), task)
        user.close()
        self._arrivals.users.discard(user)

    def _failed(self, user: Arrival, why: str, task: str, error: BaseException | None = None) -> None:
        user.fail(why, task)
        if why not in self._shown:
            self._shown.add(why)
            text = "".join(traceback.format_exception(error, limit=-3)) if error else f"{why}\n"
            sys.stderr.write(text)

    def _greenlet_failed(
        self, context: object, kind: type[BaseException], error: BaseException, trace: TracebackType | None
    ) -> None:
        """Hear gevent: a greenlet raised, which a task may have started."""
        if (user := of(context)) is not None and isinstance(error, Exception):
            self._failed(user, task_error(error, trace), "greenlet", error)
        else:
            type(gevent.get_hub()).handle_error(gevent.get_hub(), context, kind, error, trace)
