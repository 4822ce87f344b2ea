"""The runs that are killed: one for each fault on each platform that offers it, short and under real probes."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from squall.claims.success_share import SuccessShare
from squall.faults.fault import Harm
from squall.run.scenario import Promise, Scenario
from squall.system.system import Objectives, Steady, System

ROOT = Path(__file__).parents[2]
# How long a harm that lasts stands: in a run that gets to its end, and in one that is killed while it stands. What
# stands for so long is still there when somebody else comes to undo it.
LASTS, STANDS = 1.0, 60.0


@dataclass(frozen=True, slots=True)
class Case:
    """A harm on a platform, of any length (s); ``context`` is the cluster's, ``fills`` a cache that is given keys."""

    platform: str
    system: Callable[[], System]
    harm: Callable[[float], Harm]
    context: str | None = None
    fills: str | None = None

    def scenario(self, lasts: float) -> Scenario:
        """Return a run of some seconds: its claim needs no more than one."""
        promises = [Promise("half of the requests succeed", SuccessShare(50, 1))]
        return Scenario("killed", "crash", self.system(), self.harm(lasts), promises, rate=50, seed=1)


def cases() -> Mapping[str, Case]:
    """Return all by their names: the platform, and the harm in words."""
    from tests.crash.kind_cases import KIND
    from tests.crash.local_cases import LOCAL

    return {**LOCAL, **KIND}


def quick(system: System) -> System:
    """Return a system whose steady state needs no more than half a second: p50 needs 20 samples."""
    steady = Steady.model_validate({"window": "500ms", "hold": "500ms", "patience": "40s"})
    objectives = Objectives.model_validate({"success": "90%", "latency": {"percentile": 50, "limit": "500ms"}})
    return system.model_copy(update={"steady": steady, "objectives": objectives})
