"""A simulated platform whose instances export the state of their connection pools."""

from collections.abc import Mapping

from squall.instances import Instance
from squall.system.gauge import Gauge
from squall.testing.platform import SimulatedPlatform


class Pools(SimulatedPlatform):
    """Whose instances have pools: exhausted as long as they are silent."""

    def gauges(self, service: str) -> Mapping[str, Gauge]:
        return {name: Gauge(metric=name.replace(" ", "_")) for name in ("pool free", "pool waiting")}

    def metrics(self, instance: Instance, path: str, within: float) -> str:
        silent = self._down.get(instance.name, 0.0) > self._clock.now()
        return f"pool_free {0 if silent else 5}\npool_waiting {3 if silent else 0}\n"
