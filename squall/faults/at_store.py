"""What faults have in common that the worker of a store carries out: it is started, ordered, and told to end.

No fault is defined here: each has its own file, with the name of its harm and what is ordered.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar, cast

from pydantic import JsonValue as Json

from squall.errors import Misuse
from squall.faults.fault import Reversal, Target
from squall.instances import EVERY, Ending, Evidence, Impact, Share
from squall.platforms.capability import Platform, StoreHandle, Stores
from squall.safety.undo_log import Undo
from squall.system.stores import StoreKind

NAMES: Mapping[StoreKind, str] = {"postgres": "a PostgreSQL database", "valkey": "a Valkey or Redis cache"}


@dataclass(frozen=True, slots=True)
class AtStore:
    """A harm to a store; ``lasts`` in seconds, 0 if it is done in an instant."""

    service: str
    lasts: float = 0.0
    share: Share = EVERY
    needs: ClassVar[type] = Stores
    reversal: ClassVar[Reversal] = Reversal.REVERSIBLE
    impact: ClassVar[Impact] = Impact.CALLS
    # What it is a harm to, and what the worker calls it.
    of: ClassVar[StoreKind]
    harm: ClassVar[str]
    # Whether its undo must know what was there before, and whether there is none.
    remembers: ClassVar[bool] = False
    leaves_nothing: ClassVar[bool] = False

    def order(self) -> Mapping[str, Json]:
        """Return what the worker is told besides for how long."""
        return {}

    def check(self, platform: Platform) -> None:
        store_of(platform, self.service, self.of, self.reversal.costs_data)

    def plan(self, target: Target) -> Sequence[Undo]:
        store = self.store(target)
        return [] if self.leaves_nothing else [store.undo(self.harm, target.run, self.remembers)]

    def prepare(self, target: Target) -> None:
        self.store(target).attend(target.run)

    def inject(self, target: Target) -> Sequence[Evidence]:
        more: Mapping[str, Json] = {"lasts": self.lasts} if self.lasts else {}
        return [self.store(target).harm(self.harm, target.run, **more, **self.order())]

    def end(self, target: Target) -> Sequence[Ending]:
        """End it: by then the worker has, for it keeps the time itself."""
        return [self.store(target).end(self.harm, target.run)]

    def store(self, target: Target) -> StoreHandle:
        return store_of(target.platform, self.service, self.of, self.reversal.costs_data)


def store_of(platform: Platform, service: str, kind: StoreKind | None = None, costs_data: bool = False) -> StoreHandle:
    """Return a store, of that kind if one is given.

    Raises:
        Misuse: the system file does not say how it is reached, it is of another kind, or its data may not be lost.
    """
    there = cast("Stores", platform).stores()
    if (store := there.get(service)) is None:
        known = ", ".join(sorted(there)) or "none"
        raise Misuse(
            f'harming "{service}": platforms.{platform.name}.stores does not say how it is reached (known: {known})'
        )
    if kind is not None and store.endpoint.kind != kind:
        raise Misuse(f'harming "{service}": it is {NAMES[store.endpoint.kind]}, and this is done to {NAMES[kind]}')
    if costs_data and not store.endpoint.disposable:
        raise Misuse(
            f'harming "{service}": this costs its data, and platforms.{platform.name}.stores.{service} does not say '
            "disposable: true"
        )
    return store
