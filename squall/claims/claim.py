"""The contract of a claim, and how a figure is held against a limit. No claim is defined here."""

import math
from typing import ClassVar, Protocol, runtime_checkable

from squall.figures import amount, counted, written
from squall.instances import Ended
from squall.interval import Interval
from squall.record.event import HarmEnded
from squall.record.folder import Record
from squall.verdict import Cause, Finding, Measured, Side, Verdict


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
class OfUsers(Protocol):
    """A claim about what users feel: if nobody asks those who are harmed, that it is kept proves nothing."""

    of_users: ClassVar[bool]


@runtime_checkable
class WhileItStands(Protocol):
    """A claim about what happens by ``limit`` seconds (and the hold after it) while a harm that lasts is active."""

    while_it_stands: ClassVar[bool]

    @property
    def limit(self) -> float:
        """Seconds after the onset."""
        ...


@runtime_checkable
class WhileActive(Protocol):
    """A claim about what happens while a harm that lasts is active, which must be so for long enough."""

    @property
    def active_for(self) -> float:
        """Seconds for which the harm must be active."""
        ...

    @property
    def fewest(self) -> int:
        """How many requests of the load it needs in what follows that time; 0: none."""
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
    kept, broken = figure.high <= limit, figure.low > limit
    return _compared(kept, broken, figure, limit, Measured(what, figure, limit, unit, samples, Side.AT_MOST))


def at_least(figure: Interval, limit: float, unit: str, samples: int, what: str) -> Finding:
    """Hold a figure against a lower limit."""
    kept, broken = figure.low >= limit, figure.high < limit
    return _compared(kept, broken, figure, limit, Measured(what, figure, limit, unit, samples, Side.AT_LEAST))


def _compared(kept: bool, broken: bool, figure: Interval, limit: float, measured: Measured) -> Finding:
    verdict = Verdict.HELD if kept else Verdict.BROKEN if broken else Verdict.INCONCLUSIVE
    cause = None if kept or broken else Cause.TOO_CLOSE
    seen, held_against = written(figure, measured.unit, limit), amount(limit, measured.unit)
    reason = f"{measured.what}: {seen}, {_RELATION[verdict]} the limit of {held_against}"
    return Finding("", verdict, reason, cause, measured)


def too_few(seen: int, needed: int, what: str) -> Finding:
    """Return the finding of a claim that rests on too little."""
    reason = f"{what}: {counted(seen, 'sample')}, {needed} needed"
    return Finding("", Verdict.INCONCLUSIVE, reason, Cause.TOO_FEW_SAMPLES, Measured(what, samples=seen))


def broken_or_enough(finding: Finding, seen: int, needed: int, what: str) -> Finding:
    """Return a finding unless it rests on too little; what did happen is BROKEN however few were seen."""
    return finding if seen >= needed or finding.verdict is Verdict.BROKEN else too_few(seen, needed, what)


def back_within(back: Interval, limit: float, what: str, *, known: int, unknown: int, unseen: str) -> Finding:
    """Hold the time (s) after which a figure was back for good against a limit; endless: it was not by the clean-up.

    It rests on ``known`` readings a second apart; of ``unknown`` ones it can only be said that it was ``unseen``.
    """
    finding = at_most(back.not_below(0.0), limit, "s", known, what)
    if finding.verdict is Verdict.INCONCLUSIVE and unknown:
        return finding.voided(Cause.GAUGE_MISSING, f"it was {unseen} for {unknown} s: {finding.reason}")
    if finding.verdict is Verdict.INCONCLUSIVE and math.isinf(back.high):
        text = f"it was not by the clean-up, which was too soon: {finding.reason}"
        return finding.voided(Cause.TOO_FEW_SAMPLES, text)
    return finding


def undecided(reason: str, cause: Cause) -> Finding:
    """Return a finding that has no figure."""
    return Finding("", Verdict.INCONCLUSIVE, reason, cause)


def unwatched(service: str) -> Finding:
    """Return the finding of a claim about a service of which the platform showed nothing."""
    reason = f"the platform showed no instances of {service}"
    return undecided(reason, Cause.GAUGE_MISSING)


def never_ended(record: Record) -> Finding:
    """Return the finding of a claim about the end of a harm that did not end as the scenario states."""
    ends = [event.how for event in record.events(HarmEnded) if event.ended != Ended.AS_STATED]
    reason = f"the harm did not end as stated: {'; '.join(ends) or 'its end is not in the record'}"
    return undecided(reason, Cause.ENDED_EARLY)


_RELATION = {Verdict.HELD: "inside", Verdict.BROKEN: "beyond", Verdict.INCONCLUSIVE: "on both sides of"}
