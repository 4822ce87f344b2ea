"""The contract of a fault: a frozen value that says what it needs, how it harms, and how it proves that it bit."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import ClassVar, Protocol, runtime_checkable

from squall.clock import SYSTEM, Clock
from squall.instances import Ending, Evidence, Impact, Instance, Reach, Share
from squall.load.rate import NoTraffic, Traffic
from squall.platforms.capability import Need, Platform
from squall.safety.undo_log import Undo


class Reversal(StrEnum):
    """What is left when a harm is over, from the best to the worst."""

    REVERSIBLE = "reversible"
    PASSING = "passing"
    RESTORABLE = "restorable"
    IRREVERSIBLE = "irreversible"

    @property
    def meaning(self) -> str:
        """Say it in one clause."""
        return _MEANINGS[self]

    @property
    def costs_data(self) -> bool:
        """Whether only stores that are marked ``disposable`` may be harmed so."""
        return self in {Reversal.RESTORABLE, Reversal.IRREVERSIBLE}


_MEANINGS = {
    Reversal.REVERSIBLE: "taken back as it was, and read back",
    Reversal.PASSING: "done in an instant; whoever runs the target makes it good, and only what a process held is lost",
    Reversal.RESTORABLE: "a backup is made and restored on trial before the harm, and restored after it",
    Reversal.IRREVERSIBLE: "data is gone for good: only on stores that are marked disposable",
}


@dataclass(frozen=True, slots=True)
class Target:
    """The instances to be harmed, the platform they run on, the run that harms them, its clock and its load."""

    platform: Platform
    instances: Sequence[Instance]
    run: str
    clock: Clock = SYSTEM
    traffic: Traffic = field(default_factory=NoTraffic)

    @property
    def nodes(self) -> Sequence[str]:
        """The nodes that the instances are on, by name."""
        return sorted({instance.node for instance in self.instances})


@runtime_checkable
class Fault(Protocol):
    """A way to make a target worse.

    ``needs`` is the capability it asks of the platform; ``service`` and ``share`` say whom it harms;
    ``lasts`` is how long, in seconds (0: it is instantaneous); ``reversal``, what is left of it.
    """

    needs: ClassVar[type]
    reversal: ClassVar[Reversal]

    @property
    def service(self) -> str:
        """Whose instances are harmed."""
        ...

    @property
    def share(self) -> Share:
        """How many of them."""
        ...

    @property
    def lasts(self) -> float:
        """Seconds; 0 for a harm that is done in an instant."""
        ...

    def describe(self) -> str:
        """Say what is done to whom, in one clause."""
        ...

    def plan(self, target: Target) -> Sequence[Undo]:
        """Return what must be written down before the harm is prepared."""
        ...

    def prepare(self, target: Target) -> None:
        """Put in place what the harm needs, without harming; before the steady state is measured."""
        ...

    def inject(self, target: Target) -> Sequence[Evidence]:
        """Do the harm and read its effect at each target. Raises InjectionFailed."""
        ...


@runtime_checkable
class Checked(Fault, Protocol):
    """A fault that the system file may forbid, or say too little for."""

    def check(self, platform: Platform) -> None:
        """Raise Misuse, with what the file would have to say; asked before anything is done."""
        ...


@runtime_checkable
class Lasting(Fault, Protocol):
    """A fault that is active until it is ended."""

    def end(self, target: Target) -> Sequence[Ending]:
        """End the harm, as the scenario states, and read at each target that it is over.

        It may have ended already: then how is read. Raises HarnessFailed if it cannot be ended or told.
        """
        ...


@runtime_checkable
class OpenEnded(Fault, Protocol):
    """A fault that can be asked whether it is still active; one without a duration is active until it is reverted."""

    def ended(self, target: Target) -> Sequence[Ending]:
        """Return an ending for each object at which it is no longer active, though squall has not ended it."""
        ...


@runtime_checkable
class Confirmed(Fault, Protocol):
    """A fault whose effect the platform also reports, later (e.g. OOMKilled)."""

    def confirmed(self, target: Target) -> Sequence[tuple[str, str]]:
        """Return each target of which it does, and what it says. That it says nothing proves nothing."""
        ...


@runtime_checkable
class KeepsCallersAway(Protocol):
    """A fault that keeps calls from reaching the proxy that counts them."""

    keeps_callers_away: ClassVar[bool]


@runtime_checkable
class Cautious(Fault, Protocol):
    """A fault that knows what may get in its way."""

    def warnings(self, target: Target) -> Sequence[str]:
        """Return what may hinder the harm or revert it, one line each. Touches nothing."""
        ...


def warnings(fault: Fault, target: Target) -> Sequence[str]:
    """Return what a fault warns of, if it knows of anything."""
    return fault.warnings(target) if isinstance(fault, Cautious) else ()


def need(fault: Fault) -> Need:
    """Return what a fault needs of the platform that it harms."""
    return Need(fault.needs, type(fault).__name__, fault.service)


@runtime_checkable
class _Aimed(Protocol):
    reaches: ClassVar[Reach]


def reach(fault: Fault) -> Reach:
    """Return what a fault is aimed at: instances, unless it says otherwise by ``reaches``."""
    return fault.reaches if isinstance(fault, _Aimed) else Reach.INSTANCES


@runtime_checkable
class _Felt(Protocol):
    impact: ClassVar[Impact]


def impact(fault: Fault) -> Impact:
    """Return what a fault harms: the processes of its instances, unless it says otherwise by ``impact``."""
    return fault.impact if isinstance(fault, _Felt) else Impact.INSTANCES


@runtime_checkable
class RaisesLoad(Protocol):
    """A fault that has more requests arrive."""

    def to(self, rate: float) -> float:
        """Return how many requests a second arrive while it is active, in the place of ``rate``."""
        ...


@dataclass(frozen=True, slots=True)
class HarmPart:
    """One fault of a harm: ``at`` seconds after the harm begins.

    ``apart``: its instances are harmed one by one, with that many seconds between two; None: all at once.
    """

    fault: Fault
    at: float = 0.0
    apart: float | None = None

    @property
    def open(self) -> bool:
        """Whether its length hangs on how many instances there are."""
        return self.apart is not None


@runtime_checkable
class Composed(Protocol):
    """Several faults as one harm. Each part has targets of its own; they are undone in reverse."""

    @property
    def parts(self) -> Sequence[HarmPart]:
        """What it is made of."""
        ...

    def describe(self) -> str:
        """Say what is done to whom."""
        ...


# What a scenario does to its system.
Harm = Fault | Composed


def parts(harm: Harm) -> Sequence[HarmPart]:
    """Return what a harm is made of: of itself, unless it is composed."""
    return harm.parts if isinstance(harm, Composed) else (HarmPart(harm),)


def later(harm: Harm, seconds: float) -> list[HarmPart]:
    """Return a harm's parts, all of them that much later."""
    return [replace(part, at=part.at + seconds) for part in parts(harm)]


def length(harm: Harm) -> float:
    """Return how many seconds a harm takes from its beginning until all of it is over. Raises ValueError: unknown."""
    if any(part.open for part in parts(harm)):
        raise ValueError(f"how long it takes hangs on how many instances there are: {harm.describe()}")
    return max(part.at + part.fault.lasts for part in parts(harm))
