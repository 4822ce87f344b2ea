"""Which harm to a cluster's objects carries which fault out, and the rights that it needs: each harm's file says so."""

import dataclasses
import importlib
import pkgutil
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import TypeVar

from squall.platforms.kubernetes.access.rights import Grant, Right
from squall.platforms.kubernetes.harms.context import HarmContext
from squall.platforms.object_harms import ObjectHarm, ObjectOrder

# Where the harms are that any cluster can do; a platform can have folders of its own besides.
EVERYWHERE = "squall.platforms.kubernetes.harms"


@dataclass(frozen=True, slots=True)
class ClusterHarm:
    """What carries one fault out: a dataclass whose fields, but for ``context``, are named as the order's are."""

    kind: type[ObjectHarm]
    grant: Grant

    @property
    def fields(self) -> set[str]:
        """What it is told of an order."""
        return {field.name for field in dataclasses.fields(self.kind)} - {"context"}  # type: ignore[arg-type]

    def aimed(self, context: HarmContext, order: ObjectOrder) -> ObjectHarm:
        """Return the harm, aimed as ordered. Raises Misuse: the system file says too little for it."""
        said = {"service": order.service, "nodes": order.nodes, **order.details}
        return self.kind(context=context, **{name: said[name] for name in self.fields})  # type: ignore[call-arg]


_Harm = TypeVar("_Harm", bound=ObjectHarm)
_BY_FAULT: dict[str, ClusterHarm] = {}


def does(
    fault: str, about: str, *, marks: Sequence[Right] = (), besides: Sequence[Right] = ()
) -> Callable[[type[_Harm]], type[_Harm]]:
    """Register the class that carries a fault out, by the name of the fault's class.

    ``about`` says what its rights are for. ``marks`` are those by which it changes the objects that bear its mark, and
    takes that back: who ends in the cluster what a run left has just these, too. ``besides`` are all others.
    """

    def register(kind: type[_Harm]) -> type[_Harm]:
        name = re.sub(r"(?<!^)(?=[A-Z])", "-", fault).lower()
        _BY_FAULT[fault] = ClusterHarm(kind, Grant(name, about, (*marks, *besides), tuple(marks)))
        return kind

    return register


@cache
def harms_in(*folders: str) -> Mapping[str, ClusterHarm]:
    """Return the harms of the files of some packages, by the fault that each carries out."""
    for folder in folders:
        for module in pkgutil.iter_modules(importlib.import_module(folder).__path__):
            importlib.import_module(f"{folder}.{module.name}")
    return {
        fault: harm for fault, harm in sorted(_BY_FAULT.items()) if harm.kind.__module__.rpartition(".")[0] in folders
    }
