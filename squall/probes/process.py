"""The prober as the harness sees it."""

from pathlib import Path
from typing import Self

from squall.probes.prober import ProberSettings
from squall.process.child import Child, Hear
from squall.process.python import module_command
from squall.process.sender import Sender
from squall.system import system

_START = 30.0


class ProberProcess(Sender):
    """Probes of a system, on schedule until stopped."""

    @classmethod
    def start(cls, probe: system.Probe, url: str, samples: Path, tell: Hear, run: str = "", *,
              tls: system.Tls | None = None, root: Path = Path()) -> Self:  # fmt: skip
        """Start it and wait until the first probe is due; ``run`` is named in each request.

        ``tell(kind, what)`` gets ``prober.started`` {start, rate: of each lane} and ``prober.stopped`` {end, cpu,
        lateness_p99: seconds, reopened, extra: connections of the reused lane}, from another thread.

        Raises:
            Misuse: the URL's name cannot be resolved.
            HarnessFailed: the process did not start.
        """
        target = url.rstrip("/") + probe.path
        tls = tls or system.Tls()
        settings = ProberSettings(target, probe.rate, probe.timeout, probe.connections, str(samples), run,
                            tls.ca_file(root), tls.insecure)  # fmt: skip
        child = Child("prober", module_command("squall.probes.prober"), tell, settings.environment())
        return cls.awaited(child, "prober.started", _START, probe.timeout)
