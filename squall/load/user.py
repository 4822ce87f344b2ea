"""The user of a locustfile: ``OpenLoopUser``. Imported only in the load process, as it imports Locust.

    from locust import task
    from squall.load.user import OpenLoopUser

    class Reader(OpenLoopUser):
        @task(3)
        def read(self):
            self.client.get("/documents/1", name="read")

Each arrival does one task. The first request of a task is meant to leave when the arrival was, further ones when
they are made. All arrivals share one pool of kept connections, and no cookies.
"""

import math
import random
import sys
import traceback
from collections.abc import Callable
from contextvars import ContextVar
from typing import Any, ClassVar

import gevent  # type: ignore[import-untyped]
from geventhttpclient.client import HTTPClient, HTTPClientPool
from geventhttpclient.response import HTTPConnectionClosed
from locust import FastHttpUser
from locust.contrib.fasthttp import FastHttpSession
from locust.env import Environment
from locust.exception import CatchResponseError

from squall.clock import SYSTEM
from squall.load.arrivals import LANE, Arrivals
from squall.load.run_header import run_header
from squall.load.settings import LoadSettings
from squall.record.outcome import CLOSED, TIMEOUT, outcome
from squall.record.samples import DROPPED, UNFINISHED, Sample

# Arrivals are bounded by ``max_in_flight``; the pool of connections never is the bound.
_CONNECTIONS = 1_000_000
_ARRIVAL: ContextVar["Arrival | None"] = ContextVar("arrival", default=None)


class Exchange:
    """One request on its way; becomes exactly one sample."""

    def __init__(self, intended: float, sent: float, name: str) -> None:
        self.intended, self.sent, self.name = intended, sent, name
        self.logged = False


class Arrival:
    """A user who came at ``intended``; greenlet-local while her task runs."""

    def __init__(self, intended: float, arrivals: Arrivals) -> None:
        self._next = intended
        self._arrivals = arrivals
        self.exchanges: list[Exchange] = []

    def send(self, name: str) -> Exchange:
        """Begin a request now."""
        now = SYSTEM.now()
        exchange = Exchange(now if self.exchanges else self._next, now, name)
        self.exchanges.append(exchange)
        return exchange

    def log(self, exchange: Exchange, done: float, status: int, error: str, instance: str = "") -> None:
        """Log how a request ended, once; if it never left by the generator's fault, it was dropped."""
        if exchange.logged:
            return
        exchange.logged = True
        sent = exchange.sent
        if error == DROPPED:
            sent, done = math.nan, math.nan
        self._arrivals.log(
            Sample(exchange.intended, sent, done, status, not error, exchange.name, LANE, instance, error)
        )

    def close(self, error: str, name: str) -> None:
        """Account for what no end was logged of; an arrival without any request was dropped by the locustfile."""
        if not self.exchanges:
            self.log(Exchange(self._next, math.nan, name), math.nan, 0, DROPPED)
        for exchange in self.exchanges:
            self.log(exchange, math.nan if error == UNFINISHED else SYSTEM.now(), 0, error)


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
        close = {} if settings.keep_alive else {"Connection": "close"}
        self.default_headers = {**(self.default_headers or {}), **close, **run_header(settings.run)}
        self.connection_timeout = self.network_timeout = settings.timeout
        super().__init__(environment)
        self.random = random.Random(settings.seed)  # noqa: S311
        self.client = _session(self, environment)
        # Locust runs one task of a user after another; the one that it sees here is the schedule itself.
        self._mix: list[Any] = list(self.tasks)  # functions: the process refuses TaskSets
        self.tasks = [OpenLoopUser._open_loop]
        environment.events.request.add_listener(_record)  # type: ignore[no-untyped-call]

    def _open_loop(self) -> None:
        self.arrivals.run(self._serve, type(self).started)

    def _serve(self, intended: float) -> None:
        task = self.random.choice(self._mix)
        arrival = Arrival(intended, self.arrivals)
        _ARRIVAL.set(arrival)
        error = "task failed"
        try:
            task(self)
        except gevent.GreenletExit:
            error = UNFINISHED
        except gevent.Timeout:
            error = TIMEOUT
        except Exception:  # noqa: BLE001 - a task that raises is one bad sample; the schedule goes on
            traceback.print_exc(limit=-3, file=sys.stderr)
        arrival.close(error, task.__name__)


class _Session(FastHttpSession):
    """Bounds each request by the user's patience as a whole, and tells its sample when it was meant and sent."""

    patience: float

    def request(self, method: str, url: str, name: str | None = None, **options: Any) -> Any:  # type: ignore[override]
        arrival = _ARRIVAL.get()
        if arrival is None:  # on_start: nobody arrived
            return super().request(method, url, name, **options)
        exchange = arrival.send(name or url.partition("?")[0])
        options["context"] = {**options.get("context", {}), "exchange": exchange, "arrival": arrival}
        left = exchange.intended + self.patience - exchange.sent
        if left <= 0:  # so late that the user has gone: the generator's fault
            arrival.log(exchange, math.nan, 0, DROPPED)
            raise gevent.GreenletExit
        with gevent.Timeout(left):
            return super().request(method, url, name, **options)


class _Client(HTTPClient):
    """One attempt at each request: a second one behind our back would hide a failure from the record."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._connection_pool.size = -1


class _Clients(HTTPClientPool):
    def get_client(self, url: Any) -> HTTPClient:
        key = url.host, url.port
        if key not in self.clients:
            self.clients[key] = _Client.from_url(url, **self.client_args)
        return self.clients[key]


def _session(user: OpenLoopUser, environment: Environment) -> _Session:
    options = {"headers": user.default_headers, "insecure": user.insecure, "concurrency": _CONNECTIONS,
               "connection_timeout": user.connection_timeout, "network_timeout": user.network_timeout}  # fmt: skip
    session = _Session(
        user.host, environment.events.request, user, insecure=user.insecure, client_pool=_Clients(**options),
        max_redirects=0, max_retries=0, headers=user.default_headers,
    )  # fmt: skip
    session.client.cookiejar = None
    session.patience = user.settings.timeout
    return session


def _record(
    response_time: float, exception: BaseException | None, context: dict[str, Any], response: Any = None, **_: object
) -> None:
    exchange: Exchange | None = context.get("exchange")
    if exchange is None:
        return
    status = int(getattr(response, "status_code", 0) or 0)
    headers = getattr(response, "headers", None)
    instance = str(headers.get("x-instance") or "") if headers is not None else ""
    context["arrival"].log(exchange, exchange.sent + response_time / 1000, status, _error(exception, status), instance)


def _error(exception: BaseException | None, status: int) -> str:
    if exception is None:
        return ""
    cause = getattr(exception, "original", None) or exception
    if isinstance(cause, gevent.Timeout):
        return TIMEOUT
    if isinstance(cause, HTTPConnectionClosed):
        return CLOSED
    if isinstance(cause, CatchResponseError):
        return "wrong answer"
    return f"http {status}" if status else outcome(cause)
