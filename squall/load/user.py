"""The user of a locustfile: ``OpenLoopUser``. Imported only in the load process, as it imports Locust.

    from locust import task
    from squall.load.user import OpenLoopUser

    class Reader(OpenLoopUser):
        @task(3)
        def read(self):
            self.client.get("/documents/1", name="read")

Each arrival does one task. The first request of a task is meant to leave when the arrival was, further ones when
they are made. Arrivals share no cookies, and connections as the system file says (``load.connections``).

A task may ask by any other client: ``with self.exchange("rank"):`` around the call makes it a request that counts. So
do requests of greenlets that a task starts. What a task raises makes its last request a bad one.
"""

import random
import sys
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from types import TracebackType
from typing import Any, ClassVar

import gevent  # type: ignore[import-untyped]
from locust import FastHttpUser
from locust.env import Environment
from locust.exception import RescheduleTask, StopUser

from squall.load.arrival import Arrival, current, of
from squall.load.arrivals import Arrivals
from squall.load.run_header import run_header
from squall.load.session import record, session
from squall.load.settings import LoadSettings
from squall.load.task_error import asked_nothing, task_error


class OpenLoopUser(FastHttpUser):
    """All users of the system in one object. Set ``x-instance`` on answers to see in the record who gave them."""

    abstract = True
    fixed_count = 1
    insecure = False
    max_redirects = 0

    settings: ClassVar[LoadSettings]
    arrivals: ClassVar[Arrivals]
    started: ClassVar[Callable[[], None]]

    def __init__(self, environment: Environment) -> None:
        settings = self.settings
        self.host = settings.host
        self.default_headers = {**(self.default_headers or {}), **run_header(settings.run)}
        self.connection_timeout = self.network_timeout = settings.timeout
        super().__init__(environment)
        self.random = random.Random(settings.seed)  # noqa: S311
        self.client = session(self, environment, settings, self.default_headers)
        # Locust runs one task of a user after another; the one that it sees here is the schedule itself.
        self._mix: list[Any] = list(self.tasks)  # functions: the process refuses TaskSets
        self.tasks = [OpenLoopUser._open_loop]
        self._numbers = count()
        self._shown: set[str] = set()
        environment.events.request.add_listener(record)  # type: ignore[no-untyped-call]
        gevent.get_hub().handle_error = self._greenlet_failed

    @contextmanager
    def exchange(self, name: str) -> Iterator[None]:
        """Count what the block does, by whichever client, as one request; it is good if the block raises nothing."""
        if (user := current()) is None:
            yield
            return
        with user.exchange(name):
            yield

    def _open_loop(self) -> None:
        self.arrivals.run(self._serve, type(self).started)

    def _serve(self, intended: float) -> None:
        task = self.random.choice(self._mix)
        user = Arrival(intended, self.settings.timeout, self.arrivals.log, next(self._numbers))
        user.begin()
        with self.arrivals.knowing(user):
            try:
                self._do(task, user)
                user.close()
            except gevent.GreenletExit:
                user.cut_off()

    def _do(self, task: Any, user: Arrival) -> None:
        try:
            task(self)
        except (RescheduleTask, StopUser):  # Locust's ways to end a task early
            return
        except (Exception, gevent.Timeout) as error:  # noqa: BLE001 - one bad sample; the schedule goes on
            self._failed(user, task_error(error), task.__name__, error)
        if not user.asked:
            gevent.sleep(0)  # a greenlet that it started may be about to ask
        if not user.asked:
            self._failed(user, asked_nothing(task.__name__), task.__name__)

    def _failed(self, user: Arrival, why: str, task: str, error: BaseException | None = None) -> None:
        """Make the arrival a bad one; the first of each kind is shown in full, the record counts all."""
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
