"""The process: uvicorn, and how it stops."""

import asyncio
import logging
import signal
from functools import partial
from types import FrameType

import uvicorn
from starlette.applications import Starlette

from specimen.api import Api
from specimen.cache import Answers, store_for
from specimen.documents import Documents
from specimen.gate import ErrorShare, Gate
from specimen.lifecycle import Life
from specimen.metrics import Metrics, RequestMetrics
from specimen.roles.by_name import role
from specimen.roles.role import Endpoints
from specimen.settings import Settings

__all__ = ["DrainingServer", "application", "serve"]

log = logging.getLogger(__name__)
# Longer than the ingress keeps an idle connection: who closes first must not be the one who is sent requests.
KEEP_ALIVE_SECONDS = 75
FINISH_SECONDS = 5


class DrainingServer(uvicorn.Server):
    """Stops in two steps: told to stop, it drains and still answers; then it finishes what it has and ends.

    Uvicorn alone closes its port at once, while others still send there for as long as the news takes to reach them.
    """

    def __init__(self, config: uvicorn.Config, life: Life, drain: float) -> None:
        super().__init__(config)
        self._life = life
        self._drain = drain

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Take a signal. A second one, or an interrupt, ends the drain."""
        if sig != signal.SIGTERM or self._life.draining:
            self.should_exit = True
            return
        self._life.drain()
        # The loop may be asleep: call_soon_threadsafe wakes it. Not handed to uvicorn as captured: it would
        # send itself the signal again at its end and turn a clean stop into exit code 143.
        asyncio.get_running_loop().call_soon_threadsafe(self._finish_later)

    def _finish_later(self) -> None:
        log.info("draining for %gs", self._drain)
        asyncio.get_running_loop().call_later(self._drain, self._finish)

    def _finish(self) -> None:
        self.should_exit = True


def application(settings: Settings, life: Life) -> Gate:
    """Return the application with its real neighbours."""
    errors = ErrorShare(settings.error_share)
    if settings.role == "rerank":
        metrics = Metrics()
        return Gate(_rerank(settings, life, metrics), life, settings.instance, errors, metrics)
    figures = RequestMetrics()
    endpoints = Endpoints(role(settings, figures), life, figures)
    return Gate(endpoints.application(), life, settings.instance, errors, figures, paths=endpoints.paths)


def _rerank(settings: Settings, life: Life, metrics: Metrics) -> Starlette:
    answers = Answers(store_for(settings), settings.cache_rest_seconds)
    pause = partial(asyncio.sleep, settings.similarity_pause_seconds)
    return Api(life, Documents(settings), answers, metrics, pause).application()


def serve(settings: Settings) -> None:
    """Serve until told to stop."""
    life = Life(settings.warm_up_seconds, at_first_request=settings.warm_up_at == "first-request")
    config = uvicorn.Config(
        application(settings, life),
        host=settings.host,
        port=settings.port,
        access_log=False,
        server_header=False,
        date_header=False,
        log_config=None,
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=FINISH_SECONDS,
        ssl_certfile=settings.tls_certificate or None,
        ssl_keyfile=settings.tls_key or None,
    )
    DrainingServer(config, life, settings.drain_seconds).run()
