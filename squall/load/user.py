"""``OpenLoopUser``: users of a locustfile who come, do one task and go. Imported only where Locust runs.

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

Run by Locust alone it is a FastHttpUser.
"""

import random
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from locust import FastHttpUser
from locust.env import Environment

from squall.load.arrival import current
from squall.load.run_header import run_header
from squall.load.session import UserSession, clients, session
from squall.load.settings import LoadSettings
from squall.load.visit import Visits


class OpenLoopUser(FastHttpUser):
    """All users of the system in one object. Set ``x-instance`` on answers to see in the record who gave them."""

    abstract = True
    insecure = False

    def __init__(self, environment: Environment) -> None:
        super().__init__(environment)
        # Seeded by the scenario: who is driven gives it to us.
        self.random = random.Random()  # noqa: S311

    @contextmanager
    def exchange(self, name: str) -> Iterator[None]:
        """Count what the block does, by whichever client, as one request; it is good if the block raises nothing."""
        if (user := current()) is not None:
            with user.exchange(name):
                yield
        elif driven(self):  # on_start: nobody arrived
            yield
        else:
            with self.environment.events.request.measure("exchange", name):
                yield


class OneForAll:
    """A class of ``OpenLoopUser`` as a kind: one object does the tasks of all who arrive, side by side."""

    def __init__(self, user: type[OpenLoopUser], environment: Environment, settings: LoadSettings,
                 visits: Visits) -> None:  # fmt: skip
        self._visits = visits
        self._user = user(environment)
        headers = {**(user.default_headers or {}), **run_header(settings.run)}
        self._user.random = random.Random(settings.seed if settings.workers == 1 else settings.own_seed)  # noqa: S311
        self._user.client = session(self._user, environment, settings, headers, clients(settings))
        self._user.client.forget_cookies()
        self._tasks: list[Any] = list(self._user.tasks)

    def start(self) -> None:
        """Call its ``on_start``."""
        self._user.on_start()

    def serve(self, intended: float) -> None:
        """Do one task, chosen by the weights."""
        task = self._user.random.choice(self._tasks)
        with self._visits.visit(intended, task.__name__):
            task(self._user)

    def stop(self) -> None:
        """Call its ``on_stop``."""
        self._user.on_stop()  # type: ignore[no-untyped-call]


def driven(user: OpenLoopUser) -> bool:
    """Whether squall drives a user, and not Locust alone."""
    return isinstance(user.client, UserSession)
