"""``"postgres" is restarted``: it stops in its own order, and is started again by whoever keeps it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar, Protocol, cast, runtime_checkable

from squall.errors import InjectionFailed
from squall.faults.at_store import store_of
from squall.faults.fault import Reversal, Target
from squall.instances import EVERY, Evidence, Share
from squall.platforms.capability import Host, Platform, StoreHandle, Stores
from squall.safety.undo_log import Undo
from squall.system.stores import StoreKind
from squall.waiting import poll

# At SIGTERM PostgreSQL waits for its clients, who keep their connections.
SIGNALS: Mapping[StoreKind, str] = {"postgres": "INT", "valkey": "TERM"}
# A container that ends a second time within ten minutes is started again after 10 s.
BACK_WITHIN = 30.0
LOOK_EVERY = 0.2


@runtime_checkable
class HostAndStores(Host, Stores, Protocol):
    """An agent beside the store's instances, and a way into it."""


@dataclass(frozen=True, slots=True)
class StoreRestarted:
    """The main process of a database or a cache is asked to stop, and its keeper starts it again.

    The effect is the process that is gone, and another start in the server's own words, within 30s. Nothing is undone.
    A cache loses with its process what it does not keep on disk, so it must be marked disposable.
    """

    service: str
    share: Share = EVERY
    lasts: float = 0.0
    needs: ClassVar[type] = HostAndStores
    reversal: ClassVar[Reversal] = Reversal.PASSING

    def describe(self) -> str:
        return f"{self.service} restarted"

    def check(self, platform: Platform) -> None:
        store = store_of(platform, self.service)
        # PostgreSQL that stops in its order has all of it on disk.
        store_of(platform, self.service, costs_data=store.endpoint.kind == "valkey")

    def plan(self, target: Target) -> Sequence[Undo]:
        return cast("Host", target.platform).plan_agents(target.instances, target.run)

    def prepare(self, target: Target) -> None:
        cast("Host", target.platform).start_agents(target.instances, target.run)
        store_of(target.platform, self.service).attend(target.run)

    def inject(self, target: Target) -> Sequence[Evidence]:
        """Stop it, and wait until the server says that it was started later."""
        store = store_of(target.platform, self.service)
        before = store.started(target.run)
        order = {"signal": SIGNALS[store.endpoint.kind]}
        (proof, *more) = cast("Host", target.platform).harm(StoreRestarted.__name__, target.instances, **order)
        if not proof.proven or more:
            return [proof, *more]
        return [self._started_again(target, store, before, proof)]

    def _started_again(self, target: Target, store: StoreHandle, before: str, gone: Evidence) -> Evidence:
        try:
            now = poll(
                lambda: store.started(target.run),
                within=BACK_WITHIN,
                every=LOOK_EVERY,
                clock=target.clock,
                done=lambda now: now != before,
                passing=(InjectionFailed,),
            )
            how = f"its start is {now} now, and was {before}"
        except InjectionFailed as error:
            now, how = before, str(error)
        if now == before:
            return Evidence(gone.target, False, f"{gone.how}; after {BACK_WITHIN:g}s {how}", gone.onset)
        return Evidence(gone.target, True, f"{gone.how}; {how}", gone.onset)
