"""Harms through the platform's own objects, simulated: what they do to users and how they end, in virtual time."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

from squall.errors import InjectionFailed
from squall.faults.registry import faults
from squall.instances import Ended, Ending, Evidence
from squall.interval import Interval
from squall.platforms.object_harms import ObjectHarms, ObjectOrder
from squall.safety.undo_log import Undo


@dataclass(frozen=True, slots=True)
class Simulation:
    """What a simulated harm is given by its platform: the moment, how it is told, how users are hit and freed."""

    now: Callable[[], float]
    call: Callable[[str], None]
    immune: bool
    ended: Ended
    silence: Callable[[], None]
    free: Callable[[], None]
    # Raises InjectionFailed unless the run may harm.
    owned: Callable[[], None]


@dataclass(frozen=True, slots=True)
class SimulatedObjectHarm:
    """One harm; ``hits`` says whether users feel it while it stands."""

    name: str
    on: Simulation
    hits: bool = True

    def warnings(self) -> Sequence[str]:
        """Warn of what is simulated, if someone else ends it."""
        return ["someone else will end it"] if self.on.ended is Ended.BY_OTHERS else []

    def undo(self, run: str) -> Sequence[Undo]:
        """Return one undo."""
        return [Undo("simulated", f"the {self.name}", {})]

    def prepare(self, run: str) -> None:
        """Need nothing."""

    def harm(self, run: str, lasts: float) -> Sequence[Evidence]:
        """Harm at once, unless it is so already."""
        self.on.owned()
        self.on.call(self.name)
        if self.on.immune:
            raise InjectionFailed(f"{self.name}: it is so already")
        if self.hits:
            self.on.silence()
        now = self.on.now()
        return [Evidence("the object", True, f"{self.name} has its effect", Interval(now, now + 0.002))]

    def end(self, run: str) -> Sequence[Ending]:
        """Free the users."""
        self.on.call(f"end {self.name}")
        self.on.free()
        return [Ending("the object", self.on.ended, f"{self.name} is over", Interval.exact(self.on.now()))]

    def ended(self, run: str) -> Sequence[Ending]:
        """Tell if someone else has ended it."""
        if self.on.ended is not Ended.BY_OTHERS:
            return []
        return [Ending("the object", self.on.ended, "changed by someone else", Interval.exact(self.on.now()))]


# Harms that no user feels; all others all users do.
UNFELT = {"ApiServerFreeze", "Cordon", "Pin", "Rollback", "RolloutPaused", "SecretRotated"}


class SimulatedHarms:
    """Offers what real platforms do to their own objects. The platform that has it says what it is given."""

    def simulation(self) -> Simulation:
        """Return it."""
        raise NotImplementedError

    def workers(self) -> Collection[str]:
        """Return the one node."""
        return ("node-1",)

    def object_harms(self) -> Collection[str]:
        """Return all that there are."""
        return {name for name, fault in faults().items() if fault.needs is ObjectHarms}

    def object_harm(self, order: ObjectOrder) -> SimulatedObjectHarm:
        """Return the harm; a workload that is scaled is felt if nothing is left of it."""
        felt = order.fault not in UNFELT and order.details.get("count", 0) == 0
        return SimulatedObjectHarm(order.fault, self.simulation(), felt)
