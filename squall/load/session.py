"""``self.client`` of a locustfile: Locust's own, each of whose requests is one exchange of the user who asks.

Imported only in the load process, as it imports Locust. Redirects are followed only by ``allow_redirects=True``.
"""

from typing import Any

import gevent  # type: ignore[import-untyped]
from geventhttpclient.response import HTTPConnectionClosed
from locust.contrib.fasthttp import FastHttpSession
from locust.env import Environment
from locust.exception import CatchResponseError
from locust.user import User
from requests.exceptions import ChunkedEncodingError

from squall.clock import SYSTEM
from squall.load.arrival import Exchange, current
from squall.load.connections import Clients
from squall.load.mark import MarkRule
from squall.load.settings import LoadSettings
from squall.record.outcome import CLOSED, TIMEOUT, WRONG, answered, outcome
from squall.record.samples import DROPPED
from squall.tls import context

_MOST_REDIRECTS = 30
# In the context of a request of our own client.
EXCHANGE = "squall.exchange"
_NO_MARK = MarkRule()


class UserSession(FastHttpSession):
    """Bounds each request by the user's patience as a whole, and tells its sample when it was meant and sent."""

    following: "UserSession | None" = None

    def request(  # type: ignore[override]
        self, method: str, url: str, name: str | None = None, *, allow_redirects: bool = False, **options: Any
    ) -> Any:
        """Make a request, for the user to whom the greenlet belongs."""
        if allow_redirects and self.following is not None:
            return self.following.request(method, url, name or self.request_name, **options)
        user = current()
        if user is None:  # on_start: nobody arrived
            return super().request(method, url, name, **options)
        exchange = user.send(name or self.request_name or url.partition("?")[0])
        options["context"] = {**options.get("context", {}), EXCHANGE: exchange}
        if (left := user.left(exchange)) <= 0:  # so late that the user has gone: the generator's fault
            user.end(exchange, SYSTEM.now(), error=DROPPED)
            raise gevent.GreenletExit
        with gevent.Timeout(left):
            exchange.answer = super().request(method, url, name, **options)
        return exchange.answer

    def forget_cookies(self) -> None:
        """Keep no cookies: one client asks for many users."""
        for each in (self, self.following):
            if each is not None:
                each.client.cookiejar = None


def clients(settings: LoadSettings) -> Clients:
    """Return the connections of users, as the system file says how they connect."""
    tls = context(settings.ca, insecure=settings.insecure)
    return Clients(
        settings.connections, ssl_context_factory=lambda: tls, insecure=settings.insecure,
        connection_timeout=settings.timeout, network_timeout=settings.timeout,
    )  # fmt: skip


def session(
    user: User, environment: Environment, settings: LoadSettings, headers: dict[str, str], over: Clients
) -> UserSession:
    """Return the client of a user, whose requests go over connections that she may share."""
    made, following = (
        UserSession(
            settings.host, environment.events.request, user, insecure=settings.insecure, client_pool=over,
            max_redirects=most, max_retries=0, headers=headers,
        )
        for most in (0, _MOST_REDIRECTS)
    )  # fmt: skip
    made.following = following
    following.cookiejar = following.client.cookiejar = made.cookiejar
    return made


def record(
    name: str, response_time: float, exception: BaseException | None, context: dict[str, Any] | None = None,
    response: Any = None, rule: MarkRule = _NO_MARK, **_: object,
) -> None:  # fmt: skip
    """Hear Locust's ``request``: of our own client, or of any other that a task uses.

    ``rule`` says which answers are a fallback's; of other clients nobody sees the answer.
    """
    if (user := current()) is None:
        return
    exchange: Exchange | None = (context or {}).get(EXCHANGE)
    status = found if isinstance(found := getattr(response, "status_code", 0), int) else 0
    error = _error(exception, status) or _by_the_rule(response, status)
    called = (getattr(each, "_manual_result", None) for each in (response, getattr(exchange, "answer", None)))
    ok = exception is None and True in called
    if exchange is None:
        user.report(name, response_time / 1000, status, error, ok=ok)
        return
    headers = getattr(response, "headers", None)
    instance = str(headers.get("x-instance") or "") if headers is not None else ""
    mark = rule.of(headers, getattr(response, "content", None)) if status else ""
    user.end(exchange, exchange.sent + response_time / 1000, status, error, ok=ok, instance=instance, mark=mark)


def _by_the_rule(response: object, status: int) -> str:
    """Return what is wrong with an answer that the task, or another client, found nothing wrong with."""
    if status:
        return answered(status)
    cause = getattr(response, "error", None)
    return _error(cause, 0) if isinstance(cause, BaseException) else ""


def _error(exception: BaseException | None, status: int) -> str:
    if exception is None:
        return ""
    cause = getattr(exception, "original", None) or exception
    if isinstance(cause, gevent.Timeout):
        return TIMEOUT
    if isinstance(cause, HTTPConnectionClosed | ChunkedEncodingError):
        return CLOSED
    if isinstance(cause, CatchResponseError):
        return WRONG
    return f"http {status}" if status else outcome(cause)
