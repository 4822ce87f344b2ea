"""A scenario as values: what its sentences came to, before anything is touched."""

from collections.abc import Sequence
from dataclasses import dataclass

from squall.claims.claim import Claim, OfItsEnd, Sampled, Settling, WhileItStands
from squall.claims.registry import planned
from squall.faults.fault import Harm, parts
from squall.measure.percentiles import enough
from squall.record.plan import ClaimPlan
from squall.run.schedule import Length, lasts, planned_duration
from squall.system.system import System


@dataclass(frozen=True, slots=True)
class Promise:
    """A ``Then`` sentence and its claim."""

    text: str
    claim: Claim
    keyword: str = "Then"


@dataclass(frozen=True, slots=True)
class Scenario:
    """One scenario: the system in its steady state under a load, one harm, claims. ``rate`` is arrivals per second.

    ``to_the_end``: it is observed for all its time, also where all is settled before, to be judged by other limits.
    """

    title: str
    feature: str
    system: System
    fault: Harm
    promises: Sequence[Promise]
    rate: float
    weaknesses: Sequence[str] = ()
    doors: Sequence[str] = ()
    tags: Sequence[str] = ()
    seed: int = 0
    command: str = ""
    to_the_end: bool = False
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
                *((harm.over if isinstance(claim, OfItsEnd) else harm.last) + reach for claim, reach in reaches),
            ]
        )

    @property
    def claims(self) -> list[ClaimPlan]:
        """The claims as the record holds them."""
        return [planned(promise.text, promise.keyword, promise.claim) for promise in self.promises]

    def undecidable(self) -> str | None:
        """Say why this scenario could not be decided however it went, or None: the lint before any harm."""
        rarely = too_rarely_watched(self.system, self.rate)
        return self._untimely() or (rarely[1] if rarely is not None else self._too_rarely_asked())

    def _untimely(self) -> str | None:
        """Say which claim is about a time that this harm does not have."""
        ends, overlap = any(lasts(part.fault) for part in parts(self.fault)), planned_duration(self.fault).overlap
        hold = self.system.steady.hold
        for promise in self.promises:
            if isinstance(promise.claim, OfItsEnd) and not ends:
                return (
                    f'"{promise.text}" counts from the end of a harm that has none ({self.fault.describe()}); '
                    'write "heals by itself within", which counts from its beginning'
                )
            if isinstance(promise.claim, WhileItStands) and 0 < overlap < promise.claim.limit + hold:
                return (
                    f'"{promise.text}" is about the time while the harm stands, and that is {overlap:g}s: let it last '
                    f'{promise.claim.limit + hold:g}s (limit and hold), or write "recovers within ... of its end"'
                )
        return None

    def _too_rarely_asked(self) -> str | None:
        for promise in self.promises:
            if isinstance(promise.claim, Sampled):
                there, needed = promise.claim.samples(self.rate)
                if there < needed:
                    return (
                        f'"{promise.text}" needs {needed} requests, and {self.rate:g} a second give {there}; '
                        "raise the rate or the length of its window"
                    )
        return None


def too_rarely_watched(system: System, rate: float) -> tuple[str, str] | None:
    """Say which length of the steady state is too short for its percentile at ``rate`` requests a second, and why."""
    percentile, per_second = system.objectives.latency.percentile, rate + 2 * system.probe.rate
    needed = enough(percentile)
    for name, length in (("window", system.steady.window), ("hold", system.steady.hold)):
        if length * per_second < needed:
            return name, (
                f"p{percentile:g} needs {needed} samples, and the steady {name} of {length:g}s has "
                f"{length * per_second:.0f} at {per_second:g}/s; raise the rate or steady.{name} in system.yaml"
            )
    return None
