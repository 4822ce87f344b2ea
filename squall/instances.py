"""Choosing whom a fault harms: how many of a service's instances, and which, from a recorded seed."""

import math
from collections.abc import Collection, Sequence
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
    seconds (None: never); ``backing_off`` says that the platform is waiting before it starts it again. ``zone`` is
    the zone of its node, ``ended`` why its last incarnation did, in the platform's word; empty if it does not say.
    ``container`` is the one of a pod that is harmed.
    """

    service: str
    name: str
    incarnation: str
    node: str
    ready: bool
    owned: bool = True
    restarted: float | None = None
    backing_off: bool = False
    zone: str = ""
    ended: str = ""
    container: str = ""


@dataclass(frozen=True, slots=True)
class Evidence:
    """Proof that a harm bit, read at the target: ``onset`` lies between the harm being sent and the first proof.

    ``instances`` are the incarnations that are affected, for a target that is none itself: a node, a Service.
    """

    target: str
    proven: bool
    how: str
    onset: Interval
    instances: tuple[str, ...] = ()


class Reach(StrEnum):
    """What a fault is aimed at: instances of a service, the nodes that they are on, or all of the system."""

    INSTANCES = "instances"
    NODES = "nodes"
    SYSTEM = "system"


class Impact(StrEnum):
    """What a fault harms, and so what a service that heals must show.

    ``INSTANCES``: their processes; who was harmed must have become another incarnation. ``CALLS``: what is asked of
    them or by them; they stay what they are, and users alone show it. ``REPLICAS``: how many there are to be; squall
    keeps it so, and nothing but the fault's end brings them back. ``NOBODY``: none of it by itself.
    """

    INSTANCES = "instances"
    CALLS = "calls"
    REPLICAS = "replicas"
    NOBODY = "nobody"


@dataclass(frozen=True, slots=True)
class Address:
    """Where a service is reached from inside the platform: an IP address and a port."""

    ip: str
    port: int


class Trouble(StrEnum):
    """Why an instance, or a service, does not do its work, in the platform's own words."""

    CRASH_LOOP = "crash loop"
    UNSCHEDULABLE = "unschedulable"
    IMAGE = "image cannot be pulled"
    CONFIGURATION = "configuration cannot be used"
    OUT_OF_MEMORY = "out of memory"
    NOT_READY = "not ready"
    NO_ENDPOINTS = "no endpoints"


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
    """The end of a harm at one target: ``when`` lies between its being ordered and the proof that it is over.

    ``harmed`` is how many calls it met, for one that is in the way of calls.
    """

    target: str
    ended: Ended
    how: str
    when: Interval
    harmed: int | None = None


class Within(StrEnum):
    """A place that instances can have in common."""

    NODE = "node"
    ZONE = "zone"

    def of(self, instance: Instance) -> str:
        """Return the name of an instance's place of this kind; empty if it is not known."""
        return instance.node if self is Within.NODE else instance.zone


@dataclass(frozen=True, slots=True)
class Share:
    """How many instances: a count, a share of them in per cent, or every one (``count`` and ``percent`` are None).

    ``within``: all of them on one node or in one zone, which is chosen among those that hold enough.
    """

    count: int | None = 1
    percent: float | None = None
    within: Within | None = None

    def __post_init__(self) -> None:
        """Refuse what has two meanings."""
        if self.percent is not None and (self.count is not None or self.within is not None):
            raise ValueError("a share in per cent is of all instances: it has no count and no place")

    def __str__(self) -> str:
        number = "all" if self.count is None else str(self.count)
        return number if self.percent is None else f"{self.percent:g}%"

    def of(self, service: str) -> str:
        """Say how many of whom: ``2 of api on one node``."""
        place = "" if self.within is None else f" {'on' if self.within is Within.NODE else 'in'} one {self.within}"
        return f"{self} of {service}{place}"

    def pick(
        self, service: str, instances: Sequence[Instance], rng: Random, spared: Collection[str] = ()
    ) -> tuple[Instance, ...]:
        """Choose at random, ordered by name; the same seed and names give the same choice.

        A share in per cent is rounded up: 30% of 4 are 2, and never nobody. Those whose names are ``spared`` are taken
        only if the others are not enough.

        Raises:
            NoTargets: nothing matches, or fewer than asked.
        """
        if not instances:
            raise NoTargets(f"choosing whom to harm: {service} has no instance")
        ordered = sorted(instances, key=lambda instance: instance.name)
        if self.within is not None:
            ordered = self._neighbours(service, self.within, ordered, rng)
        count = self._count(len(ordered))
        if count is None:
            return tuple(ordered)
        if len(ordered) < count:
            raise NoTargets(f"choosing whom to harm: {count} of {service} asked for, {len(ordered)} there")
        others = [instance for instance in ordered if instance.name not in spared]
        chosen = rng.sample(others if len(others) >= count else ordered, count)
        return tuple(sorted(chosen, key=lambda instance: instance.name))

    def pick_nodes(
        self, service: str, instances: Sequence[Instance], allowed: Collection[str], rng: Random
    ) -> tuple[Instance, ...]:
        """Choose nodes that have instances of a service, and return all its instances on them, by name.

        Raises:
            NoTargets: no such node may be harmed, or fewer than asked.
        """
        nodes = sorted({instance.node for instance in instances} & set(allowed))
        if not nodes:
            raise NoTargets(f"choosing whom to harm: {service} has no instance on a node that may be harmed")
        if len(nodes) < (self.count or 0):
            raise NoTargets(f"choosing whom to harm: {self.count} nodes of {service} asked for, {len(nodes)} there")
        chosen = nodes if self.count is None else rng.sample(nodes, self.count)
        return tuple(sorted((i for i in instances if i.node in chosen), key=lambda instance: instance.name))

    def _count(self, there: int) -> int | None:
        if self.percent is None:
            return self.count
        return math.ceil(round(there * self.percent / 100, 6))

    def _neighbours(self, service: str, within: Within, ordered: Sequence[Instance], rng: Random) -> list[Instance]:
        """Return the instances of one place that holds enough of them."""
        if unknown := [instance.name for instance in ordered if not within.of(instance)]:
            raise NoTargets(f"choosing whom to harm: the {within} of {unknown[0]} is not known")
        places: dict[str, list[Instance]] = {}
        for instance in ordered:
            places.setdefault(within.of(instance), []).append(instance)
        enough = [name for name in sorted(places) if len(places[name]) >= (self.count or 1)]
        if not enough:
            most = max(len(found) for found in places.values())
            raise NoTargets(f"choosing whom to harm: {self.of(service)} asked for, {most} there at the most")
        return places[rng.choice(enough)]


ONE = Share(1)
EVERY = Share(None)
NOBODY = Share(0)
