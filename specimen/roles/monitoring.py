"""Monitoring: gathers the counters of the instances of a service, and shows their sum."""

import asyncio
import logging
import socket
from collections import defaultdict
from collections.abc import Iterable, Sequence

import aiohttp
from prometheus_client.core import CounterMetricFamily, Metric
from prometheus_client.parser import text_string_to_metric_families
from prometheus_client.registry import Collector
from starlette.routing import Route

from specimen.metrics import RequestMetrics
from specimen.settings import Settings

__all__ = ["Monitoring", "Sums"]

log = logging.getLogger(__name__)
READ_WITHIN_SECONDS = 0.8


class Sums(Collector):
    """Answers, errors and seconds of all instances together, whoever of them is still there, below some path.

    An instance that began anew, or is gone, takes nothing away from what it had counted.
    """

    def __init__(self, path: str) -> None:
        self._path = path
        self._last: dict[str, dict[str, float]] = {}
        self._sums: dict[str, float] = defaultdict(float)

    def add(self, instance: str, page: str) -> None:
        """Add what an instance counted since it was last read."""
        now = _counted(page, self._path)
        before = self._last.get(instance, {})
        # One whose count is less than before began anew from 0, with all that it counts.
        anew = now["answers"] < before.get("answers", 0.0)
        for name, value in now.items():
            self._sums[name] += value if anew else value - before.get(name, 0.0)
        self._last[instance] = now

    def collect(self) -> Iterable[Metric]:
        for name, about in (("answers", "Answers to users."), ("errors", "Those of them that are errors of ours."),
                            ("seconds", "Time that answers took, in all.")):  # fmt: skip
            yield CounterMetricFamily(f"users_{name}", about, value=self._sums[name])


class Monitoring:
    """Answers nothing but its metrics."""

    def __init__(self, settings: Settings, metrics: RequestMetrics) -> None:
        self._host, _, port = settings.scraped.rpartition(":")
        self._port, self._every = int(port), settings.scrape_seconds
        self._sums = Sums(settings.monitored)
        metrics.registry.register(self._sums)
        self._scraping: asyncio.Task[None] | None = None

    def routes(self) -> Sequence[Route]:
        return ()

    async def open(self) -> None:
        self._scraping = asyncio.create_task(self._scrape())

    async def close(self) -> None:
        if self._scraping is not None:
            self._scraping.cancel()

    async def unready(self) -> str | None:
        return None

    async def _scrape(self) -> None:
        within = aiohttp.ClientTimeout(total=READ_WITHIN_SECONDS)
        async with aiohttp.ClientSession(timeout=within, connector=aiohttp.TCPConnector(force_close=True)) as session:
            while True:
                await asyncio.gather(*(self._read(session, address) for address in await self._addresses()))
                await asyncio.sleep(self._every)

    async def _addresses(self) -> Sequence[str]:
        try:
            found = await asyncio.get_running_loop().getaddrinfo(self._host, self._port, type=socket.SOCK_STREAM)
        except OSError as error:
            log.warning("nobody is scraped: %s", error)
            return []
        return sorted({str(address[0]) for *_, address in found})

    async def _read(self, session: aiohttp.ClientSession, address: str) -> None:
        try:
            async with session.get(f"http://{address}:{self._port}/metrics") as response:
                self._sums.add(address, await response.text())
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            log.warning("%s is not read: %s", address, type(error).__name__)


def _counted(page: str, path: str) -> dict[str, float]:
    found = {"answers": 0.0, "errors": 0.0, "seconds": 0.0}
    for family in text_string_to_metric_families(page):
        for sample in family.samples:
            if not sample.labels.get("path", "").startswith(path):
                continue
            if sample.name == "requests_total":
                found["answers"] += sample.value
                found["errors"] += sample.value if sample.labels["status"].startswith("5") else 0.0
            elif sample.name == "request_duration_seconds_sum":
                found["seconds"] += sample.value
    return found
