"""What the application counts, in Prometheus's terms."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from specimen.cache import Lookup
from specimen.documents import Pool

__all__ = ["Metrics", "RequestMetrics"]

# Around the runbook's limits: 50, 100, 200, 500 and 1000 ms.
BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0)


class RequestMetrics:
    """The figures that every instance has, whatever its role; a role registers its own besides."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._requests = Counter("requests", "Answers given.", ("path", "status"), registry=self.registry)
        self._seconds = Histogram(
            "request_duration_seconds", "Time to the answer.", ("path",), buckets=BUCKETS, registry=self.registry
        )
        self._ready = Gauge("ready", "1 if ready for traffic when last asked.", registry=self.registry)

    def answered(self, path: str, status: int, seconds: float) -> None:
        """Count an answer."""
        self._requests.labels(path, str(status)).inc()
        self._seconds.labels(path).observe(seconds)

    def readiness(self, ready: bool) -> None:
        """Note what readiness said."""
        self._ready.set(ready)

    def text(self) -> bytes:
        """Return all figures in the text format."""
        return generate_latest(self.registry)


class Metrics(RequestMetrics):
    """The figures of one instance of the API that reranks."""

    def __init__(self) -> None:
        super().__init__()
        self._lookups = Counter("cache_lookups", "Looks into the cache.", ("result",), registry=self.registry)
        self._free = Gauge(
            "database_pool_free", "Connections to the database that requests may still take.", registry=self.registry
        )
        self._waiting = Gauge(
            "database_pool_waiting", "Requests that wait for a connection to the database.", registry=self.registry
        )
        self._resting = Gauge(
            "cache_resting",
            "1 while a cache that failed is left alone.",
            registry=self.registry,
        )
        for result in Lookup:
            self._lookups.labels(result)

    def looked_up(self, result: Lookup) -> None:
        """Count a look into the cache."""
        self._lookups.labels(result).inc()

    def neighbours(self, pool: Pool, cache_resting: bool) -> None:
        """Note how the database's pool and the cache are now."""
        self._free.set(pool.free)
        self._waiting.set(pool.waiting)
        self._resting.set(cache_resting)
