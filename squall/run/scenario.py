"""A scenario as values: what its sentences came to, before anything is touched."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from squall.claims.claim import Claim, OfItsEnd, Settling
from squall.claims.registry import planned
from squall.faults.fault import Harm
from squall.record.arrivals import LoadPlan
from squall.record.plan import ClaimPlan
from squall.run.schedule import Length, planned_duration
from squall.system.system import System

# A tag ``@promise.Q2`` says which promise of a runbook a scenario proves.
PROMISE = "promise."


def proven_by(tags: Iterable[str]) -> list[str]:
    """Return the ids of the promises that tags name."""
    return [tag.removeprefix(PROMISE) for tag in tags if tag.startswith(PROMISE)]


@dataclass(frozen=True, slots=True)
class Promise:
    """A ``Then`` sentence and its claim."""

    text: str
    claim: Claim
    keyword: str = "Then"


@dataclass(frozen=True, slots=True)
class Scenario:
    """One scenario: the system in its steady state under a load, one harm, claims.

    ``rate`` is arrivals per second before the harm, ``load`` says how they come.
    ``to_the_end``: it is observed for all its time, also where all is settled before, to be judged by other limits.
    """

    title: str
    feature: str
    system: System
    fault: Harm
    promises: Sequence[Promise]
    rate: float
    weaknesses: Sequence[str] = ()
    counted: Sequence[str] = ()
    tags: Sequence[str] = ()
    seed: int = 0
    command: str = ""
    to_the_end: bool = False
    load: LoadPlan = field(default_factory=LoadPlan)
    # What the system file names for other platforms and not for this one: then the scenario is skipped by name.
    lacking: str = ""

    @property
    def settles(self) -> bool:
        """Whether its observation may end early: each claim can be settled, and nobody wants all of it."""
        return not self.to_the_end and all(isinstance(promise.claim, Settling) for promise in self.promises)

    @property
    def observation(self) -> float:
        """Seconds after the onset for which the system is watched, as far as they are known beforehand."""
        return self.observed(planned_duration(self.fault))

    def observed(self, harm: Length) -> float:
        """Return the seconds after the onset until the last claim can be decided, for a harm of that length.

        Claims count from the last of the harm's beginnings, or from the end of all of it.
        """
        hold = self.system.steady.hold
        reaches = [(promise.claim, promise.claim.observation(hold)) for promise in self.promises]
        return max(
            [
                harm.over,
                self.load.length,
                *((harm.over if isinstance(claim, OfItsEnd) else harm.last) + reach for claim, reach in reaches),
            ]
        )

    @property
    def lowest_rate(self) -> float:
        """The fewest arrivals per second that there will be."""
        return self.load.lowest(self.rate)

    @property
    def claims(self) -> list[ClaimPlan]:
        """The claims as the record holds them."""
        return [planned(promise.text, promise.keyword, promise.claim) for promise in self.promises]
