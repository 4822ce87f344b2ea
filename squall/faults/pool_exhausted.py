"""``the connection pool of "api" is exhausted for 20s``: its database connections wait, and requests for them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar, Protocol, cast, runtime_checkable

from squall.errors import HarnessFailed, Misuse
from squall.faults.fault import Reversal, Target
from squall.instances import EVERY, Ending, Evidence, Impact, Instance, Share
from squall.interval import Interval
from squall.platforms.capability import Gauges, Platform, StoreHandle, Stores
from squall.safety.undo_log import Undo
from squall.system.gauge import Gauge, Unread
from squall.waiting import poll

HARM = "locks"
# What the service must export of its pool, under these names in the system file.
FREE, WAITING = "pool free", "pool waiting"
EXHAUSTED_WITHIN = 10.0
READ_WITHIN = 0.8
LOOK_EVERY = 0.1


@runtime_checkable
class GaugesAndStores(Gauges, Stores, Protocol):
    """A way into the database, and what instances export of their pools."""

    def gauges(self, service: str) -> Mapping[str, Gauge]:
        """Return the gauges that the system file names of a service."""
        ...


@dataclass(frozen=True, slots=True)
class PoolExhausted:
    """All tables that the application may read are locked for a time, so that its own connections wait, each and all.

    The system must have one PostgreSQL database. The effect, at each instance of the service, is its gauge ``pool
    free`` at 0 and ``pool waiting`` above 0, beside the waiting sessions as the server counts them; no traffic, no
    effect. Undone as a locked table is.
    """

    service: str
    lasts: float
    share: Share = EVERY
    needs: ClassVar[type] = GaugesAndStores
    reversal: ClassVar[Reversal] = Reversal.REVERSIBLE
    impact: ClassVar[Impact] = Impact.CALLS

    def describe(self) -> str:
        return f"the connection pool of {self.service} exhausted for {self.lasts:g}s (its tables locked)"

    def check(self, platform: Platform) -> None:
        self._gauges(platform)
        _database(platform)

    def plan(self, target: Target) -> Sequence[Undo]:
        return [_database(target.platform).undo(HARM, target.run, False)]

    def prepare(self, target: Target) -> None:
        _database(target.platform).attend(target.run)

    def inject(self, target: Target) -> Sequence[Evidence]:
        """Lock all, and wait until each instance shows an exhausted pool."""
        database = _database(target.platform)
        locked = database.harm(HARM, target.run, lasts=self.lasts)
        if not locked.proven:
            return [Evidence(each.name, False, locked.how, locked.onset) for each in target.instances]
        found: dict[str, Evidence] = {}
        said = dict[str, str]()

        def all_exhausted() -> bool:
            for each in target.instances:
                if each.name not in found and self._exhausted(target, each, said):
                    at_server = f"{database.look(HARM, target.run).get('wait', 0)} sessions wait for the lock"
                    how = f"{said[each.name]}; {at_server} (pg_blocking_pids)"
                    onset = Interval(locked.onset.low, target.clock.now())
                    found[each.name] = Evidence(each.name, True, how, onset)
            return len(found) == len(target.instances)

        poll(all_exhausted, within=EXHAUSTED_WITHIN, every=LOOK_EVERY, clock=target.clock)
        late = Interval(locked.onset.low, target.clock.now())
        return [
            found.get(each.name) or Evidence(each.name, False, said.get(each.name, "not read"), late)
            for each in target.instances
        ]

    def end(self, target: Target) -> Sequence[Ending]:
        """Give the locks back: by then the worker has, for it keeps the time itself."""
        return [_database(target.platform).end(HARM, target.run)]

    def _exhausted(self, target: Target, instance: Instance, said: dict[str, str]) -> bool:
        """Say whether an instance shows it now; what it shows goes into ``said``."""
        free, waiting = self._gauges(target.platform)
        platform = cast("Gauges", target.platform)
        try:
            pages = {path: platform.metrics(instance, path, READ_WITHIN) for path in {free.path, waiting.path}}
            values = free.value(pages[free.path]), waiting.value(pages[waiting.path])
        except (HarnessFailed, Unread) as error:
            said[instance.name] = str(error)
            return False
        said[instance.name] = f"{FREE} {values[0]:g}, {WAITING} {values[1]:g}"
        return values[0] <= 0 < values[1]

    def _gauges(self, platform: Platform) -> tuple[Gauge, Gauge]:
        named = cast("GaugesAndStores", platform).gauges(self.service)
        if missing := [f'"{name}"' for name in (FREE, WAITING) if name not in named]:
            place = f"services.{self.service}.gauges"
            raise Misuse(f'exhausting the pool of "{self.service}": {place} has no {" and no ".join(missing)}')
        return named[FREE], named[WAITING]


def _database(platform: Platform) -> StoreHandle:
    there = [store for store in cast("Stores", platform).stores().values() if store.endpoint.kind == "postgres"]
    if len(there) != 1:
        names = ", ".join(store.endpoint.service for store in there) or "none"
        raise Misuse(
            f"exhausting a pool: platforms.{platform.name}.stores must name one PostgreSQL database (it names: {names})"
        )
    return there[0]
