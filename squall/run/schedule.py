"""The course of a harm: which fault strikes whom, and when. Nothing is chosen here, and nothing done."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from squall.faults.fault import Fault, Harm, Lasting, Target, parts
from squall.faults.fault import warnings as cautions
from squall.safety.undo_log import Undo
from squall.target import Instance


@dataclass(frozen=True, slots=True)
class Act:
    """One fault, whom it strikes, and when: ``at`` seconds after the first."""

    fault: Fault
    target: Target
    at: float = 0.0


@dataclass(frozen=True, slots=True)
class Length:
    """How long a harm takes, in seconds from its beginning.

    ``last`` is when the last of it begins and ``over`` when all of it is over; ``stands`` is how long from ``last`` on
    all that stands then goes on standing (0: nothing does).
    """

    last: float
    over: float
    stands: float

    @classmethod
    def of(cls, each: Iterable[tuple[Fault, float]]) -> "Length":
        """Return the length of faults that begin at those times."""
        each = tuple(each)
        last = max((at for _, at in each), default=0.0)
        ends = [at + fault.lasts for fault, at in each if lasts(fault)]
        over = max((at + fault.lasts for fault, at in each), default=0.0)
        return cls(last, over, min((end - last for end in ends if end > last), default=0.0))


def lasts(fault: Fault) -> bool:
    """Say whether a fault stands until it is ended."""
    return isinstance(fault, Lasting) and fault.lasts > 0


def ahead(harm: Harm) -> Length:
    """Return how long a harm takes as far as that is known before its instances are: one by one counts as one."""
    return Length.of((part.fault, part.at) for part in parts(harm))


def taken(acts: Sequence[Act]) -> Length:
    """Return how long the chosen acts take."""
    return Length.of((act.fault, act.at) for act in acts)


def instances(acts: Sequence[Act]) -> tuple[Instance, ...]:
    """Return all that are struck, each once."""
    return tuple(
        {(instance.service, instance.name): instance for act in acts for instance in act.target.instances}.values()
    )


def undo(acts: Sequence[Act]) -> list[Undo]:
    """Return what must be written down before anything is prepared, in the order of the acts; each thing once."""
    found: list[Undo] = []
    for act in acts:
        found += [entry for entry in act.fault.plan(act.target) if entry not in found]
    return found


def prepare(acts: Sequence[Act]) -> None:
    """Put in place what each act needs, without harming."""
    for act in acts:
        act.fault.prepare(act.target)


def warnings(acts: Sequence[Act]) -> list[str]:
    """Return what may hinder an act or revert it, each once. Touches nothing."""
    return list(dict.fromkeys(text for act in acts for text in cautions(act.fault, act.target)))
