"""Choosing whom a fault harms: how many of a service's instances, and which, from a recorded seed."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from random import Random

from squall.errors import NoTargets
from squall.interval import Interval


@dataclass(frozen=True, slots=True)
class Instance:
    """One running copy of a service (a pod, a process, a container).

    ``incarnation`` changes whenever the copy is made anew: pod uid and container id, or pid and start time.
    ``owned`` says whether something brings it back when it goes; ``restarted`` is how long ago it last did, in
    seconds (None: never); ``backing_off`` says that the platform is waiting before it starts it again.
    """

    service: str
    name: str
    incarnation: str
    node: str
    ready: bool
    owned: bool = True
    restarted: float | None = None
    backing_off: bool = False


@dataclass(frozen=True, slots=True)
class Evidence:
    """Proof that a harm bit, read at the target: ``onset`` lies between the harm being sent and the first proof."""

    target: str
    proven: bool
    how: str
    onset: Interval


class Ended(StrEnum):
    """How a harm that lasts came to its end at a target.

    ``TARGET_GONE``: the target was replaced, and the harm went with it: the system's own doing. ``BY_OTHERS``: the
    target is there, and someone else took the harm from it.
    """

    AS_STATED = "as stated"
    TARGET_GONE = "target gone"
    BY_OTHERS = "by others"


@dataclass(frozen=True, slots=True)
class Ending:
    """The end of a harm at one target: ``when`` lies between its being ordered and the proof that it is over."""

    target: str
    ended: Ended
    how: str
    when: Interval


@dataclass(frozen=True, slots=True)
class Share:
    """How many instances: a count, or every one (``count`` is None)."""

    count: int | None = 1

    def __str__(self) -> str:
        return "every" if self.count is None else str(self.count)

    def pick(self, service: str, instances: Sequence[Instance], rng: Random) -> tuple[Instance, ...]:
        """Choose at random, ordered by name; the same seed and names give the same choice.

        Raises:
            NoTargets: nothing matches, or fewer than asked.
        """
        if not instances:
            raise NoTargets(f"choosing whom to harm: {service} has no instance")
        ordered = sorted(instances, key=lambda instance: instance.name)
        if self.count is None:
            return tuple(ordered)
        if len(ordered) < self.count:
            raise NoTargets(f"choosing whom to harm: {self.count} of {service} asked for, {len(ordered)} there")
        return tuple(sorted(rng.sample(ordered, self.count), key=lambda instance: instance.name))


ONE = Share(1)
EVERY = Share(None)
NOBODY = Share(0)
