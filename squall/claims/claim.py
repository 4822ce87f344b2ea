"""The contract of a claim, and how a figure is held against a limit. No claim is defined here."""

import math
from typing import ClassVar, Protocol, runtime_checkable

from squall.instances import Ended
from squall.interval import Interval
from squall.record.event import HarmEnded
from squall.record.folder import Record
from squall.units import as_duration, rounded
from squall.verdict import Cause, Finding, Verdict


@runtime_checkable
class Claim(Protocol):
    """A promise as a frozen value. Pure: it reads a record and nothing else.

    Its docstring's first line is what ``squall list`` says of it.
    """

    def observation(self, hold: float) -> float:
        """Return how many seconds after the onset the record must reach for this claim to be decided."""
        ...

    def judge(self, record: Record, began: Interval) -> Finding:
        """Judge a record whose harm ``began`` in that interval. The finding's ``claim`` is filled in by the caller."""
        ...


@runtime_checkable
class OfItsEnd(Protocol):
    """A claim whose observation counts from the end of a harm that lasts, and not from its onset."""

    of_its_end: ClassVar[bool]


@runtime_checkable
class WhileItStands(Protocol):
    """A claim about what happens by ``limit`` seconds (and the hold after it) while a harm that lasts stands."""

    while_it_stands: ClassVar[bool]

    @property
    def limit(self) -> float:
        """Seconds after the onset."""
        ...


@runtime_checkable
class Sampled(Protocol):
    """A claim that rests on a number of samples which the load's rate decides: the lint asks before any harm."""

    def samples(self, rate: float) -> tuple[int, int]:
        """Return how many it will have at ``rate`` requests a second, and how many it needs."""
        ...


@runtime_checkable
class Settling(Protocol):
    """A claim that may be decided before its observation is over; one without this is decided at its end."""

    def settled(self, record: Record, began: Interval, known: float) -> bool:
        """Say whether nothing that may still come can change the verdict; once it is so it stays so.

        ``record`` is what there is while the observation goes on. What was meant to leave before ``known`` is in it
        with its end; of later requests those that are still under way are missing.
        """
        ...


def decided(finding: Finding) -> bool:
    """Whether a finding is a verdict."""
    return finding.verdict is not Verdict.INCONCLUSIVE


def at_most(figure: Interval, limit: float, unit: str, samples: int, what: str) -> Finding:
    """Hold a figure against an upper limit: HELD or BROKEN only if all of it lies on one side."""
    if figure.high <= limit:
        verdict, cause = Verdict.HELD, None
    elif figure.low > limit:
        verdict, cause = Verdict.BROKEN, None
    else:
        verdict, cause = Verdict.INCONCLUSIVE, Cause.TOO_CLOSE
    reason = f"{what}: {written(figure, unit)}, {_relation[verdict]} the limit of {amount(limit, unit)}"
    return Finding("", verdict, reason, cause, figure, limit, unit, samples)


def at_least(figure: Interval, limit: float, unit: str, samples: int, what: str) -> Finding:
    """Hold a figure against a lower limit."""
    if figure.low >= limit:
        verdict, cause = Verdict.HELD, None
    elif figure.high < limit:
        verdict, cause = Verdict.BROKEN, None
    else:
        verdict, cause = Verdict.INCONCLUSIVE, Cause.TOO_CLOSE
    reason = f"{what}: {written(figure, unit)}, {_relation[verdict]} the limit of {amount(limit, unit)}"
    return Finding("", verdict, reason, cause, figure, limit, unit, samples)


def too_few(seen: int, needed: int, what: str) -> Finding:
    """Return the finding of a claim that rests on too little."""
    reason = f"{what}: {seen} samples, {needed} needed"
    return Finding("", Verdict.INCONCLUSIVE, reason, Cause.TOO_FEW_SAMPLES, samples=seen)


def unwatched(service: str) -> Finding:
    """Return the finding of a claim about a service of which the platform showed nothing."""
    reason = f"the platform showed no instances of {service}"
    return Finding("", Verdict.INCONCLUSIVE, reason, Cause.GAUGE_MISSING)


def never_ended(record: Record) -> Finding:
    """Return the finding of a claim about the end of a harm that did not end as the scenario states."""
    ends = [event.how for event in record.events(HarmEnded) if event.ended != Ended.AS_STATED]
    reason = f"the harm did not end as stated: {'; '.join(ends) or 'its end is not in the record'}"
    return Finding("", Verdict.INCONCLUSIVE, reason, Cause.ENDED_EARLY)


def amount(value: float, unit: str) -> str:
    """Write a number with its unit for people."""
    if math.isinf(value):
        return "never"
    if unit == "s":
        return as_duration(value)
    return rounded(value, unit)


def written(figure: Interval, unit: str) -> str:
    """Write a figure: one number if its error does not show at four digits, else the range."""
    if math.isinf(figure.low):
        return "not at all"
    if math.isinf(figure.high) and unit != "s":
        return f"{amount(figure.low, unit)} or more"
    if math.isinf(figure.high):
        return f"longer than {amount(figure.low, unit)}, not over when the observation ended"
    low, high = amount(figure.low, unit), amount(figure.high, unit)
    return low if low == high else f"{low} to {high}"


_relation = {Verdict.HELD: "inside", Verdict.BROKEN: "beyond", Verdict.INCONCLUSIVE: "on both sides of"}
