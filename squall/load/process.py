"""The load process as the harness sees it. Locust itself is never imported here."""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Self

from squall.errors import Misuse
from squall.load.mark import MarkRule
from squall.load.settings import LoadSettings
from squall.process.child import Child, Hear
from squall.process.sender import Sender
from squall.record.arrivals import LoadPlan, Stage
from squall.system import system

# Importing Locust on a busy machine of two cores takes seconds.
START = 60.0


class LoadProcess(Sender):
    """Users of a system, arriving on schedule until stopped."""

    @classmethod
    def start(cls, load: system.UserLoad, url: str, samples: Path, tell: Hear, *, seed: int = 0,
              rate: float | None = None, plan: LoadPlan | None = None, root: Path = Path(), run: str = "",
              tls: system.Tls | None = None) -> Self:  # fmt: skip
        """Start it and wait until the first arrival is due; ``rate`` overrides the system's normal one.

        ``plan`` says how they arrive; its stages come with ``begin_stages``.
        ``run`` is named in each request. ``root`` is the repository's: locustfiles are found, and import, from there.

        ``tell(kind, what)`` gets ``load.started``, ``load.rate`` and ``load.stopped``, from another thread.

        Raises:
            Misuse: there is no such locustfile, or its users are not open-loop.
            HarnessFailed: the process did not start.
        """
        rate, plan = rate or load.rate, plan or LoadPlan()
        settings = settings_of(load, url, samples, seed=seed, rate=rate, plan=plan, root=root, run=run, tls=tls)
        child = Child("load", command(load, root), tell, settings.environment(), root)
        return cls.awaited(child, "load.started", START, load.timeout)

    def change(self, rate: float, at: float | None = None) -> None:
        """Let users arrive at another rate from a moment on, or from now; ``load.rate`` tells since when."""
        self._child.send({"rate": rate, "at": at})

    def begin_stages(self, stages: Sequence[Stage], at: float | None = None) -> None:
        """Let the rate change in stages from a moment on, or from now; a ``load.rate`` for each tells since when."""
        self._child.send({"stages": [[stage.over, stage.rate, stage.to] for stage in stages], "at": at})


def command(load: system.UserLoad, root: Path) -> Sequence[str]:
    """Return what runs a load process. Raises Misuse: there is no such locustfile."""
    locustfile = root.absolute() / load.locustfile
    if not locustfile.is_file():
        raise Misuse(f"starting the load: there is no {locustfile}")
    return [sys.executable, "-m", "squall.load", str(locustfile)]


def settings_of(load: system.UserLoad, url: str, samples: Path, *, seed: int, rate: float, plan: LoadPlan, root: Path,
                run: str, tls: system.Tls | None) -> LoadSettings:  # fmt: skip
    """Return what a load process that is alone is told. Raises Misuse: there is no such file of certificates."""
    tls = tls or system.Tls()
    return LoadSettings(
        url.rstrip("/"), rate, load.timeout, load.max_in_flight, str(samples.absolute()), seed, load.connections, run,
        tls.ca_file(root), tls.insecure, plan.pace, plan.users, plan.pause, plan.kinds, list(load.arguments),
        _mark(load.degraded),
    )  # fmt: skip


def _mark(degraded: system.Degraded | None) -> MarkRule:
    if degraded is None:
        return MarkRule()
    return MarkRule(degraded.header or "", degraded.body or "", degraded.value)
