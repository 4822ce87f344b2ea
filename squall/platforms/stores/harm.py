"""The contract of a harm that a worker does at a store, and what it reports of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from pydantic import JsonValue as Json

from squall.errors import SquallError
from squall.instances import Ended

Order = Mapping[str, Json]


class Impossible(SquallError):
    """The harm could not be done; nothing of it is active."""


@dataclass(frozen=True, slots=True)
class Effect:
    """What a harm did: ``sent`` is the moment before it left, ``seen`` that of the proof (CLOCK_MONOTONIC)."""

    proven: bool
    how: str
    sent: float
    seen: float


@dataclass(frozen=True, slots=True)
class Over:
    """How a harm that lasts ended: ``sent`` is the moment before its end, ``seen`` that of the proof."""

    ended: Ended
    how: str
    sent: float
    seen: float


class StoreHarm(Protocol):
    """A way to harm a store. One file each; ``harms.py`` beside it lists them."""

    def before(self) -> Order:
        """Return what an undo needs to know of the store as it is; written down before the harm."""
        ...

    def begin(self, order: Order) -> Effect:
        """Do it and read its effect. Raises Impossible."""
        ...

    def undo(self, before: Order) -> str:
        """Undo what is left of this run, from any process, and return what was read back.

        Raises NotUndone if it is still active.
        """
        ...


@runtime_checkable
class LastingStoreHarm(StoreHarm, Protocol):
    """A harm that is active until it is ended."""

    def keep(self) -> float:
        """See that it is still active, and return after how many seconds it wants to be called again."""
        ...

    def end(self) -> Over:
        """End it and read that it is over. Raises NotUndone."""
        ...


@runtime_checkable
class Looking(Protocol):
    """A harm that can read its effect while it is active."""

    def look(self) -> Order:
        """Return what there is of it at this moment."""
        ...


def seconds(order: Order, key: str, otherwise: float = 0.0) -> float:
    """Return a duration of an order."""
    return float(str(order.get(key, otherwise)))
