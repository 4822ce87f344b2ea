"""``self.client`` of a HttpUser: Locust's own on python-requests, each of whose requests is one exchange of its user.

Imported only in the load process, as it imports Locust. What ``squall.load.session`` says of redirects, patience and
connections holds here, too.
"""

import os
from typing import Any
from urllib.parse import urlsplit

import gevent  # type: ignore[import-untyped]
from locust.clients import HttpSession, LocustHttpAdapter, ResponseContextManager
from locust.env import Environment
from locust.user import User
from requests.adapters import HTTPAdapter
from requests.exceptions import ReadTimeout

from squall.clock import SYSTEM
from squall.load.arrival import Arrival, current
from squall.load.connections import sources
from squall.load.session import EXCHANGE
from squall.load.settings import KEPT, NEW, LoadSettings
from squall.record.samples import DROPPED
from squall.tls import context


class Adapters:
    """Which connections a user's requests take: of an adapter of her own, or of one that she shares."""

    def __init__(self, settings: LoadSettings) -> None:
        self._settings = settings
        self._tls = context(settings.ca, insecure=settings.insecure)
        self._sources = sources(urlsplit(settings.host).hostname or "") or ("",)
        self._own: dict[Arrival, HTTPAdapter] = {}
        shared = 1 if settings.connections in {NEW, KEPT} else int(settings.connections)
        self._shared = [self._made(number) for number in range(shared)]

    def of(self, user: Arrival | None) -> HTTPAdapter:
        """Return a user's adapter; that of nobody who arrived is shared."""
        if user is None or self._settings.connections != NEW:
            return self._shared[user.number % len(self._shared) if user else 0]
        if (adapter := self._own.get(user)) is None:
            adapter = self._own[user] = self._made(user.number)
            user.closing.append(lambda: self._own.pop(user).close())
        return adapter

    def _made(self, number: int) -> HTTPAdapter:
        most = self._settings.max_in_flight if self._settings.connections == KEPT else 1
        source = self._sources[number % len(self._sources)]
        return _Adapter(self._tls, source, pool_maxsize=most)


class _Adapter(LocustHttpAdapter):
    def __init__(self, tls: Any, source: str, **options: Any) -> None:
        self._own = {"ssl_context": tls, **({"source_address": (source, 0)} if source else {})}
        super().__init__(None, **options)

    def init_poolmanager(self, *arguments: Any, **options: Any) -> None:
        super().init_poolmanager(*arguments, **options, **self._own)  # type: ignore[no-untyped-call]


class RequestsSession(HttpSession):
    """Bounds each request by the user's patience as a whole, and tells its sample when it was meant and sent."""

    def __init__(self, user: User, environment: Environment, settings: LoadSettings, headers: dict[str, str],
                 adapters: Adapters) -> None:  # fmt: skip
        super().__init__(settings.host, environment.events.request, user)
        self._adapters = adapters
        self.headers.update(headers)
        self.verify = False if settings.insecure else settings.ca or os.environ.get("SSL_CERT_FILE") or True

    def get_adapter(self, url: str | bytes) -> HTTPAdapter:
        """Return that of the user to whom the greenlet belongs."""
        return self._adapters.of(current())

    def get(self, url: str | bytes, **options: Any) -> ResponseContextManager:  # type: ignore[override]
        """Send a GET; redirects are followed only by ``allow_redirects=True``."""
        return self.request("GET", url, **options)

    def options(self, url: str | bytes, **options: Any) -> ResponseContextManager:
        """Send an OPTIONS; redirects are followed only by ``allow_redirects=True``."""
        return self.request("OPTIONS", url, **options)

    def request(  # type: ignore[override]
        self, method: str, url: str | bytes, name: str | None = None, **options: Any
    ) -> ResponseContextManager:
        """Make a request, for the user to whom the greenlet belongs."""
        options.setdefault("allow_redirects", False)
        user = current()
        if user is None:  # on_stop: nobody arrived
            return super().request(method, url, name, **options)
        name = name or self.request_name or str(url).partition("?")[0]
        exchange = user.send(name)
        options["context"] = {**options.get("context", {}), EXCHANGE: exchange}
        if (left := user.left(exchange)) <= 0:  # so late that the user has gone: the generator's fault
            user.end(exchange, SYSTEM.now(), error=DROPPED)
            raise gevent.GreenletExit
        self._left = left
        exchange.answer = answer = super().request(method, url, name, **options)
        return answer

    def _send_request_safe_mode(self, method: str | bytes, url: str | bytes, **options: Any) -> Any:
        left = self._left if current() is not None else None
        limit = gevent.Timeout(left)
        with limit:
            try:
                return super()._send_request_safe_mode(method, url, **options)
            except gevent.Timeout as over:
                if over is not limit:
                    raise
                given_up = ReadTimeout("no answer within load.timeout")
                given_up.original = over  # type: ignore[attr-defined]
                return ResponseContextManager(given_up)
