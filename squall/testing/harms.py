"""Harms through the platform's own objects, simulated: what they do to users and how they end, in virtual time."""

from abc import ABC, abstractmethod
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum, auto
from typing import Protocol
from weakref import WeakValueDictionary

from squall.errors import InjectionFailed
from squall.faults.registry import faults
from squall.instances import Ended, Ending, Evidence
from squall.interval import Interval
from squall.platforms.object_harms import ObjectHarms, ObjectOrder
from squall.safety.undo_log import Undo
from squall.testing.weakness import Weakness


class Fate(Enum):
    """What becomes of the instances that a simulated harm is aimed at, while it is active."""

    # Nobody feels it.
    NOTHING = auto()
    # They run on, and nobody reaches them.
    UNREACHED = auto()
    # They end, and the platform starts others, harm or not.
    LOST = auto()
    # Others take their place by turns, which no user feels.
    REPLACED = auto()
    # Others should take their place and cannot start.
    STUCK = auto()
    # There are to be none.
    REMOVED = auto()


# Those that are felt as long as they are active.
FELT = frozenset({Fate.UNREACHED, Fate.STUCK, Fate.REMOVED})
# Those whose evidence names the incarnations that it harmed, as on the real platforms.
NAMING = frozenset({Fate.LOST, Fate.REPLACED, Fate.STUCK})


class Simulation(Protocol):
    """What a simulated harm is given by its platform."""

    weakness: Weakness
    calls: list[str]
    # What is active, by the harm and its target, and what became of the instances.
    active: dict[str, Fate]

    def now(self) -> float:
        """Return the virtual moment."""
        ...

    def strike(self, fate: Fate, nodes: Collection[str]) -> tuple[str, ...]:
        """Let all instances on those nodes meet their fate (no node: all), and return their incarnations."""
        ...

    def free(self, fate: Fate) -> None:
        """End it."""
        ...

    def owned(self) -> None:
        """Raise InjectionFailed unless the run may harm."""
        ...


# The simulations of this process, by what undo entries call them.
_SIMULATIONS: WeakValueDictionary[str, Simulation] = WeakValueDictionary()


def reverted(simulation: str, harm: str) -> str:
    """Revert what an undo entry names, and say so; of what is over, or is another process's, nothing is there."""
    on = _SIMULATIONS.get(simulation)
    if on is None or harm not in on.active:
        return "nothing was there"
    if (fate := on.active.pop(harm)) in FELT:
        on.free(fate)
    return f"{harm} is over"


@dataclass(frozen=True, slots=True)
class SimulatedObjectHarm:
    """One harm, and what it does to instances."""

    name: str
    on: Simulation
    fate: Fate = Fate.UNREACHED
    nodes: Sequence[str] = ()
    service: str = ""

    @property
    def _key(self) -> str:
        return f"{self.name} of {', '.join(self.nodes) or self.service}"

    def warnings(self) -> Sequence[str]:
        """Warn of what is simulated, if someone else ends it."""
        return ["someone else will end it"] if self.on.weakness.ended is Ended.BY_OTHERS else []

    def undo(self, run: str) -> Sequence[Undo]:
        simulation = str(id(self.on))
        _SIMULATIONS[simulation] = self.on
        return [Undo("simulated", f"the {self.name}", {"simulation": simulation, "harm": self._key})]

    def prepare(self, run: str) -> None:
        """Need nothing."""

    def harm(self, run: str, lasts: float) -> Sequence[Evidence]:
        """Harm at once, unless it is so already."""
        self.on.owned()
        self.on.calls.append(self.name)
        if self.on.weakness.immune or self._key in self.on.active:
            raise InjectionFailed(f"{self.name}: it is so already")
        self.on.active[self._key] = self.fate
        now, struck = self.on.now(), self.on.strike(self.fate, self.nodes)
        named = struck if self.fate in NAMING else ()
        return [Evidence("the object", True, f"{self.name} has its effect", Interval(now, now + 0.002), named)]

    def end(self, run: str) -> Sequence[Ending]:
        self.on.calls.append(f"end {self.name}")
        self.on.active.pop(self._key, None)
        self.on.free(self.fate)
        return [Ending("the object", self.on.weakness.ended, f"{self.name} is over", Interval.exact(self.on.now()))]

    def ended(self, run: str) -> Sequence[Ending]:
        """Tell if someone else has ended it."""
        if self.on.weakness.ended is not Ended.BY_OTHERS:
            return []
        now = Interval.exact(self.on.now())
        return [Ending("the object", Ended.BY_OTHERS, "changed by someone else", now)]


# What becomes of the instances of each fault; those of all others run on, and nobody reaches them.
FATES: Mapping[str, Fate] = {
    **dict.fromkeys(("ApiServerFreeze", "Cordon", "Pin", "RolloutPaused"), Fate.NOTHING),
    **dict.fromkeys(("Drain", "NodeStop", "NodeFreeze", "NodeLoss"), Fate.LOST),
    **dict.fromkeys(("Rollback", "SecretRotated"), Fate.REPLACED),
    "Configuration": Fate.STUCK,
    **dict.fromkeys(("Outage", "Scale"), Fate.REMOVED),
}


class SimulatedHarms(ABC):
    """Offers what real platforms do to their own objects. The platform that has it says what it is given."""

    @abstractmethod
    def simulation(self) -> Simulation:
        """Return it."""

    def object_harms(self) -> Collection[str]:
        """Return all that there are."""
        return {name for name, fault in faults().items() if fault.needs is ObjectHarms}

    def object_harm(self, order: ObjectOrder) -> SimulatedObjectHarm:
        """Return the harm; of a workload that is scaled all are removed, or none."""
        fate = FATES.get(order.fault, Fate.UNREACHED)
        if order.details.get("count", 0):
            fate = Fate.NOTHING
        return SimulatedObjectHarm(order.fault, self.simulation(), fate, order.nodes, order.service)
