"""The schedule of a run: which fault is injected into which targets, and when. Chooses nothing and does nothing."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from squall.faults.fault import Fault, Harm, Lasting, Target, parts
from squall.faults.fault import warnings as cautions
from squall.instances import Instance
from squall.safety.undo_log import Undo


@dataclass(frozen=True, slots=True)
class ScheduledFault:
    """One fault, its targets, and when it is injected: ``at`` seconds after the first."""

    fault: Fault
    target: Target
    at: float = 0.0


@dataclass(frozen=True, slots=True)
class Length:
    """How long a schedule takes, in seconds from its first fault.

    ``last`` is when the last fault starts, ``over`` when all have ended, and ``overlap`` for how long after ``last``
    every active fault stays active (0: none is).
    """

    last: float
    over: float
    overlap: float

    @classmethod
    def of(cls, each: Iterable[tuple[Fault, float]]) -> "Length":
        """Return the length of faults that begin at those times."""
        each = tuple(each)
        last = max((at for _, at in each), default=0.0)
        ends = [at + fault.lasts for fault, at in each if lasts(fault)]
        over = max((at + fault.lasts for fault, at in each), default=0.0)
        return cls(last, over, min((end - last for end in ends if end > last), default=0.0))


def lasts(fault: Fault) -> bool:
    """Whether a fault is active until it is ended."""
    return isinstance(fault, Lasting) and fault.lasts > 0


def planned_duration(harm: Harm) -> Length:
    """Return the duration of a harm whose targets are not chosen yet: one by one counts as one."""
    return Length.of((part.fault, part.at) for part in parts(harm))


def duration_of(schedule: Sequence[ScheduledFault]) -> Length:
    """Return the duration of a schedule whose targets are chosen."""
    return Length.of((scheduled.fault, scheduled.at) for scheduled in schedule)


def instances(schedule: Sequence[ScheduledFault]) -> tuple[Instance, ...]:
    """Return every target, each once."""
    return tuple(
        {
            (instance.service, instance.name): instance
            for scheduled in schedule
            for instance in scheduled.target.instances
        }.values()
    )


def undo(schedule: Sequence[ScheduledFault]) -> list[Undo]:
    """Return what must be in the undo log before anything is prepared, in order, each entry once."""
    found: list[Undo] = []
    for scheduled in schedule:
        found += [entry for entry in scheduled.fault.plan(scheduled.target) if entry not in found]
    return found


def prepare(schedule: Sequence[ScheduledFault]) -> None:
    """Put in place what each fault needs, without harming."""
    for scheduled in schedule:
        scheduled.fault.prepare(scheduled.target)


def warnings(schedule: Sequence[ScheduledFault]) -> list[str]:
    """Return what may hinder a fault or revert it, each once. Touches nothing."""
    return list(dict.fromkeys(text for scheduled in schedule for text in cautions(scheduled.fault, scheduled.target)))
