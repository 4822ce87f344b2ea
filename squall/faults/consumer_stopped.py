"""``"worker" stops taking from the queue "jobs" for 30s``: what is brought stays, and the backlog grows."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, cast

from squall.errors import Misuse
from squall.faults.at_store import store_of
from squall.faults.fault import Reversal, Target
from squall.faults.freeze import Freeze
from squall.faults.store_restarted import HostAndStores
from squall.instances import EVERY, Ending, Evidence, Share
from squall.interval import Interval
from squall.platforms.capability import Host, Platform, StoreHandle, Stores
from squall.safety.undo_log import Undo
from squall.waiting import poll

ORDER = Freeze.__name__
GROWN_WITHIN = 10.0
LOOK_EVERY = 0.2


@dataclass(frozen=True, slots=True)
class ConsumerStopped:
    """All instances of a queue's consumer are frozen for a time, as by one that hangs; and then go on where they were.

    The queue is named by the store that holds it in system.yaml: a list of Valkey's, or a table of PostgreSQL's. The
    effect is the state T of each consumer, and a backlog that is longer than it was: a queue that nobody brings
    anything to, or that somebody else takes from as fast, is immune. Undone as ``Freeze`` is.
    """

    service: str
    queue: str
    lasts: float
    share: Share = EVERY
    needs: ClassVar[type] = HostAndStores
    reversal: ClassVar[Reversal] = Reversal.REVERSIBLE

    def describe(self) -> str:
        return f"{self.service} stops taking from the queue {self.queue} for {self.lasts:g}s (frozen)"

    def check(self, platform: Platform) -> None:
        self._store(platform)

    def plan(self, target: Target) -> Sequence[Undo]:
        return cast("Host", target.platform).plan_agents(target.instances, target.run)

    def prepare(self, target: Target) -> None:
        cast("Host", target.platform).start_agents(target.instances, target.run)
        self._store(target.platform).attend(target.run)

    def inject(self, target: Target) -> Sequence[Evidence]:
        """Freeze them, and wait for the backlog to grow."""
        store = self._store(target.platform)
        before = store.backlog(self.queue, target.run)
        frozen = cast("Host", target.platform).harm(ORDER, target.instances, lasts=self.lasts)
        if not all(each.proven for each in frozen):
            return frozen
        onset = Interval(frozen[0].onset.low, max(each.onset.high for each in frozen))
        return [*frozen, self._grown(target, store, before, onset)]

    def end(self, target: Target) -> Sequence[Ending]:
        """Let them go on: by then the agent has, for it keeps the time itself."""
        return cast("Host", target.platform).end(ORDER, target.instances)

    def _grown(self, target: Target, store: StoreHandle, before: int, onset: Interval) -> Evidence:
        now = poll(
            lambda: store.backlog(self.queue, target.run),
            within=onset.high + min(GROWN_WITHIN, self.lasts) - target.clock.now(),
            every=LOOK_EVERY,
            clock=target.clock,
            done=lambda now: now > before,
        )
        took = target.clock.now() - onset.high
        how = f"the backlog of {self.queue} was {before}, and {now} after {took:.1f} s"
        return Evidence(f"the queue {self.queue}", now > before, how, onset)

    def _store(self, platform: Platform) -> StoreHandle:
        queues = {name: service for service, store in cast("Stores", platform).stores().items()
                  for name in store.endpoint.queues}  # fmt: skip
        if self.queue not in queues:
            known = ", ".join(sorted(queues)) or "none"
            raise Misuse(f'there is no queue "{self.queue}" in platforms.{platform.name}.stores (known: {known})')
        return store_of(platform, queues[self.queue])
