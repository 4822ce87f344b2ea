"""Users of Locust's own classes as arrivals. Imported only in the load process, as it imports Locust.

Locust's user asks, rests for her ``wait_time``, and asks again. Here an arrival is one task of a user who has rested,
or of a new one if none has: she comes with her ``on_start``. So a system that stalls is asked as often as before, by
more users, and where it does not, the users there are as many as Locust would need for that rate. All of a user is her
own, as in Locust: cookies, attributes, the place in a TaskSet. ``on_stop`` is called when the load ends; what it asks,
and what a user asks between two arrivals, is no arrival's and counts nowhere.

Locust's own loops run them; they wait for the next arrival where they would begin a task.
"""

from collections import deque
from collections.abc import Callable
from typing import Any

import gevent  # type: ignore[import-untyped]
from gevent.event import Event  # type: ignore[import-untyped]
from locust import FastHttpUser, HttpUser
from locust.env import Environment
from locust.user import TaskSet, User

from squall.load.arrival import Arrival
from squall.load.requests_session import Adapters, RequestsSession
from squall.load.run_header import run_header
from squall.load.session import clients, session
from squall.load.settings import LoadSettings
from squall.load.visit import ENDS, Visits

# At the end, for all ``on_stop`` together (s).
_LEAVING = 2.0


class Returning:
    """One of Locust's own classes of users as a kind."""

    def __init__(self, user: type[User], environment: Environment, settings: LoadSettings, visits: Visits) -> None:
        self._class, self._environment, self._settings, self.visits = user, environment, settings, visits
        self._headers = run_header(settings.run)
        self._client = self._clients()
        self.rested: deque[Guest] = deque()
        self._guests: set[Guest] = set()

    def start(self) -> None:
        """Make Locust's loops wait for arrivals."""
        _wait_for_arrivals()

    def serve(self, intended: float) -> None:
        """Let the one who has rested longest come, or a new one; return when her task is over."""
        if not self.rested:
            self._guests.add(guest := Guest(self, self._made()))
        else:
            guest = self.rested.popleft()
        guest.come(intended)

    def stop(self) -> None:
        """Let all go: each has her ``on_stop``."""
        gevent.killall([guest.greenlet for guest in self._guests if guest.greenlet], timeout=_LEAVING)

    def gone(self, guest: "Guest") -> None:
        """Take that a user will not come again."""
        self._guests.discard(guest)

    def _made(self) -> User:
        user = self._class(self._environment)
        if isinstance(user, FastHttpUser | HttpUser):
            self._client(user)
        return user

    def _clients(self) -> Callable[[Any], None]:
        """Return what gives a user the client whose requests are hers, with what her class says of headers."""
        environment, settings = self._environment, self._settings
        if issubclass(self._class, FastHttpUser):
            shared = clients(settings)

            def give_fast(user: Any) -> None:
                headers = {**(user.default_headers or {}), **self._headers}
                user.client = session(user, environment, settings, headers, shared)

            return give_fast
        adapters = Adapters(settings)

        def give(user: Any) -> None:
            before, user.client = user.client, RequestsSession(user, environment, settings, self._headers, adapters)
            user.client.headers = {**before.headers, **self._headers}
            user.client.auth, user.client.cookies = before.auth, before.cookies

        return give


class Guest:
    """One user, and the greenlet in which Locust runs her."""

    def __init__(self, kind: Returning, user: User) -> None:
        self._kind = kind
        self._user = user
        self._intended = 0.0
        self._visit: Arrival | None = None
        self._called, self._done = Event(), Event()
        self.greenlet: gevent.Greenlet | None = None
        _GUESTS[user] = self

    def come(self, intended: float) -> None:
        """Do the next task for an arrival; return when it is over."""
        self._intended = intended
        self._done.clear()
        if self.greenlet is None:
            self.greenlet = gevent.spawn(self._live)
        else:
            self._called.set()
        try:
            self._done.wait()
        except gevent.GreenletExit:
            self.greenlet.kill()
            raise

    def enter(self) -> None:
        """Begin a visit when the next arrival is due, unless one goes on."""
        if self._visit is None:
            self._kind.rested.append(self)
            self._called.wait()
            self._called.clear()
            self._visit = self._kind.visits.begin(self._intended)

    def leave(self, task: str, error: BaseException | None = None) -> None:
        """End the visit that goes on, with what its task raised."""
        if self._visit is not None:
            visit, self._visit = self._visit, None
            self._kind.visits.end(visit, task, error)
            self._over()

    def cut_off(self) -> None:
        """End the visit that goes on before its task is over."""
        if self._visit is not None:
            visit, self._visit = self._visit, None
            self._kind.visits.cut_off(visit)
            self._over()

    def _over(self) -> None:
        gevent.getcurrent().spawn_tree_locals = None
        self._done.set()

    def _live(self) -> None:
        """Run her as Locust does: the first visit begins with her ``on_start``."""
        self._visit = self._kind.visits.begin(self._intended)
        try:
            self._user.run()  # type: ignore[no-untyped-call]
            self.leave("on_start")  # it ended her: StopUser
        except gevent.GreenletExit:
            self.cut_off()
        except (Exception, gevent.Timeout) as error:  # noqa: BLE001 - a bad arrival; others come
            self.leave("on_start", error)
        finally:
            del _GUESTS[self._user]
            self._kind.gone(self)
            if self in self._kind.rested:
                self._kind.rested.remove(self)
            self._done.set()


_GUESTS: dict[User, Guest] = {}


def _wait_for_arrivals() -> None:
    """Have Locust's TaskSets wait for an arrival before each task; a TaskSet within a TaskSet is none of its own."""
    if getattr(TaskSet.execute_next_task, "waits", False):
        return
    go_on = TaskSet.execute_next_task

    def execute_next_task(self: TaskSet) -> None:
        guest = _GUESTS[self.user]
        task = self._task_queue[0]
        name, nested = getattr(task, "__name__", "task"), isinstance(task, type)
        guest.enter()
        try:
            go_on(self)  # type: ignore[no-untyped-call]
        except gevent.GreenletExit:
            guest.cut_off()
            raise
        except ENDS:
            if not nested:
                guest.leave(name)
            raise
        except (Exception, gevent.Timeout) as error:  # noqa: BLE001 - a bad arrival; she goes on
            guest.leave(name, error)
        else:
            if not nested:
                guest.leave(name)

    execute_next_task.waits = True  # type: ignore[attr-defined]
    TaskSet.execute_next_task = execute_next_task  # type: ignore[method-assign]
