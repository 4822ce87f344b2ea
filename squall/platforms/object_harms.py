"""Harms that a platform does to its own objects: what is ordered, and what carries it out. No platform code, no fault.

A platform finds what carries a fault out by the fault's name, and returns an ``ObjectHarm`` that is aimed and not yet
done. What is active is read from the platform itself, never remembered, so any process can go on where another ended.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol, runtime_checkable

from squall.instances import Ending, Evidence
from squall.safety.undo_log import Undo


@dataclass(frozen=True, slots=True)
class ObjectOrder:
    """A fault as a platform is told of it: the name of its class, and whom it is aimed at.

    ``details`` are the fault's own fields by name (``{"count": 8}``): what carries it out has fields of these names.
    """

    fault: str
    service: str = ""
    nodes: Sequence[str] = ()
    details: Mapping[str, Any] = field(default_factory=dict)


class ObjectHarm(Protocol):
    """One harm to objects of the platform."""

    def warnings(self) -> Sequence[str]:
        """Return what may get in its way or revert it, one line each. Reads only."""
        ...

    def undo(self, run: str) -> Sequence[Undo]:
        """Return what is written down before it is prepared. Reads only."""
        ...

    def prepare(self, run: str) -> None:
        """Put in place what the harm and its proof need, without harming."""
        ...

    def harm(self, run: str, lasts: float) -> Sequence[Evidence]:
        """Do it and read its effect at each object; ``lasts`` in seconds, 0: until squall reverts it.

        Raises:
            InjectionFailed: nothing was written, because it is so already or someone else changed it.
        """
        ...

    def end(self, run: str) -> Sequence[Ending]:
        """End it as the scenario states, and read that it is over; what someone else changed is left alone.

        Raises:
            HarnessFailed: it cannot be ended, or that cannot be told.
        """
        ...

    def ended(self, run: str) -> Sequence[Ending]:
        """Return an ending for each object at which it is no longer active, though squall has not ended it."""
        ...


@runtime_checkable
class Nodes(Protocol):
    """Knows the nodes that instances run on."""

    def workers(self) -> Collection[str]:
        """Return the nodes that may be harmed: never one of the control plane."""
        ...


@runtime_checkable
class ObjectHarms(Nodes, Protocol):
    """Can harm its own objects, such as nodes, workloads and Services."""

    def object_harms(self) -> Collection[str]:
        """Return the faults that it carries out, by the names of their classes."""
        ...

    def object_harm(self, order: ObjectOrder) -> ObjectHarm:
        """Return what carries a fault of ``object_harms`` out, aimed as ordered.

        Raises:
            Misuse: the system file says too little for it.
        """
        ...
