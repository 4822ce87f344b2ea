"""The prober as the harness sees it."""

import sys
from pathlib import Path
from typing import Self

from squall import system
from squall.child import Child, Hear
from squall.probes.prober import Settings

_START = 30.0


class Prober:
    """Probes of a system, on schedule until stopped."""

    def __init__(self, child: Child, settings: Settings) -> None:
        self._child = child
        self._settings = settings

    @classmethod
    def start(cls, probe: system.Probe, url: str, samples: Path, tell: Hear) -> Self:
        """Start it and wait until the first probe is due.

        ``tell(kind, what)`` gets ``prober.started`` {start, rate: of each lane} and ``prober.stopped`` {end, cpu,
        lateness_p99: seconds, reopened, extra: connections of the reused lane}, from another thread.

        Raises:
            Misuse: the URL's name cannot be resolved.
            HarnessFailed: the process did not start.
        """
        settings = Settings(url.rstrip("/") + probe.path, probe.rate, probe.timeout, probe.connections, str(samples))
        child = Child("prober", [sys.executable, "-m", "squall.probes.prober"], tell, settings.environment())
        try:
            child.expect("prober.started", within=_START)
        except BaseException:
            child.stop(0)
            raise
        return cls(child, settings)

    @property
    def pid(self) -> int:
        """The process's number."""
        return self._child.pid

    @property
    def alive(self) -> bool:
        """Whether it still probes."""
        return self._child.alive

    def failure(self) -> str | None:
        """Say why it ended if nobody asked it to."""
        return self._child.failure()

    def stop(self) -> None:
        """Wait for the probes under way and end; all samples are written on return."""
        self._child.stop(timeout=self._settings.timeout + 5)
