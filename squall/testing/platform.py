"""A platform that is simulated in virtual time: every path of a run, in milliseconds and always the same.

For tests of squall, and of faults and claims that others add. It keeps the contract of the real platforms
(tests/contract), and knows nothing that they could not know.
"""

import heapq
import itertools
import math
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from functools import partial

from pydantic import JsonValue as Json

from squall.agent.harms.registry import HARMS
from squall.errors import HarnessFailed, InjectionFailed
from squall.instances import Address, Ending, Evidence, Instance
from squall.interval import Interval
from squall.platforms.capability import Sink, StoreHandle, Tell
from squall.platforms.stores.endpoint import Loopback, StoreEndpoint
from squall.record.calls import CallCounts, SecondOfCalls
from squall.record.event import InstanceChanged, InstanceListed, InstancesListed, State
from squall.safety.arguments import Arguments
from squall.safety.undo_log import Undo, undoes
from squall.system.stores import StoreKind
from squall.testing.harms import Fate, SimulatedHarms, Simulation, reverted
from squall.testing.store import SimulatedStore
from squall.testing.traffic import Answer, SimulatedTraffic
from squall.testing.weakness import Weakness

__all__ = ["SimulatedPlatform", "SimulatedTraffic", "VirtualClock", "Weakness"]

STORES: Mapping[str, StoreKind] = {"postgres": "postgres", "redis": "valkey"}


class VirtualClock:
    """Time that passes only when somebody sleeps; what is due then happens in order."""

    def __init__(self, start: float = 1000.0) -> None:
        self._now = start
        self._due: list[tuple[float, int, Callable[[], None]]] = []
        self._order = itertools.count()

    def now(self) -> float:
        """Return the virtual moment in seconds."""
        return self._now

    def at(self, moment: float, act: Callable[[], None]) -> None:
        """Let something happen then."""
        heapq.heappush(self._due, (moment, next(self._order), act))

    def sleep(self, seconds: float) -> None:
        """Let time pass, and what is due in it happen."""
        end = self._now + max(0.0, seconds)
        while self._due and self._due[0][0] <= end:
            self._now, _, act = heapq.heappop(self._due)
            act()
        self._now = end


class SimulatedPlatform(SimulatedHarms):
    """A service with replicas behind something that spreads requests in turn."""

    name = "simulated"
    context = "virtual"

    def __init__(self, service: str, clock: VirtualClock, weakness: Weakness | None = None) -> None:
        self._service, self._clock = service, clock
        self.weakness = weakness or Weakness()
        names = [f"{service}-{number}" for number in range(self.weakness.replicas)]
        nodes = [f"node-{1 + number % self.weakness.nodes}" for number in range(self.weakness.replicas)]
        pairs = zip(names, nodes, strict=True)
        self._instances = {name: Instance(service, name, f"{name}/1", node, ready=True) for name, node in pairs}
        self._down: dict[str, float] = {}
        # When those that came back by themselves did.
        self._restarted: dict[str, float] = {}
        self._run = ""
        self._watched: Sequence[str] = ()
        self._sink: Sink = lambda event: None
        self.kept = {name: self._store(name, kind) for name, kind in STORES.items()}
        # How many requests a second the load sends.
        self.arriving = 1.0
        self._overloaded = False
        self._read: dict[str, float] = {}
        self.calls: list[str] = []
        self.active: dict[str, Fate] = {}

    def answer(self, number: int) -> Answer:
        """Say how request ``number`` goes now: whether well, after how many seconds, and who answered."""
        now, weakness = self._clock.now(), self.weakness
        beyond = 1 - min(1.0, weakness.capacity / self.arriving)
        if weakness.stays_overloaded:
            self._overloaded |= beyond > 0
            beyond = max(beyond, 0.5 * self._overloaded)
        if int((number + 1) * beyond) > int(number * beyond):
            return False, weakness.latency, ""
        if weakness.errors and number % round(1 / weakness.errors) == 0:
            return False, weakness.latency, ""
        names = sorted(self._instances)
        up = [name for name in names if self._down.get(name, 0.0) <= now]
        chosen = names[number % len(names)]
        if chosen in up:
            return True, weakness.latency, chosen
        if up and weakness.retries:
            return True, weakness.latency * 2, up[number % len(up)]
        return False, 0.001, ""

    def check(self) -> None:
        self.calls.append("check")

    def plan_deploy(self, run: str) -> Sequence[Undo]:
        """Return nothing: there is nothing to start."""
        return ()

    def deploy(self, weaknesses: Sequence[str], tell: Tell) -> None:
        """Be up already."""
        self.calls.append("deploy")

    def users_url(self) -> str:
        """Return an address that nobody calls."""
        return "http://127.0.0.1:0"

    def instances(self, service: str) -> Sequence[Instance]:
        """Return the instances of the one service; a store has one."""
        if service in self.kept:
            start = self.kept[service].started(self._run)
            return (Instance(service, f"{service}-0", f"{service}-0/{start}", "node-2", ready=True),)
        return tuple(map(self._now, self._instances.values())) if service == self._service else ()

    def wanted(self, service: str) -> int:
        """Return the number of replicas; of a store there is one."""
        return self.weakness.replicas if service == self._service else int(service in self.kept)

    def workers(self) -> Collection[str]:
        """Return the nodes."""
        return sorted({each.node for each in self._instances.values()})

    def watch(self, services: Sequence[str], sink: Sink) -> "SimulatedPlatform":
        """Deliver events of those services when virtual time gets there."""
        self._sink, self._watched = sink, services
        for service in services:
            listed = (InstanceListed(i.name, i.incarnation, i.ready, i.node) for i in self.instances(service))
            sink(InstancesListed(self._clock.now(), service, instances=tuple(listed)))
        return self

    def stop(self) -> None:
        """Stop delivering."""
        self._sink = lambda event: None

    def baseline(self) -> Mapping[str, str]:
        """Return the one field there is."""
        return {f"{self._service} replicas": str(self.weakness.replicas)}

    def facts(self) -> tuple[Mapping[str, str], Mapping[str, str]]:
        """Return that nothing is real."""
        return {"simulation": "1"}, {}

    def claim_run(self, run: str) -> Undo:
        """Take a lease that nobody else wants; without it nothing is harmed."""
        self.calls.append("lease")
        self._run = run
        return Undo("simulated", "the lease", {})

    def close(self) -> None:
        """Hold nothing."""

    def harms(self) -> Collection[str]:
        """Return what agents can do here."""
        return tuple(HARMS)

    def plan_agents(self, instances: Sequence[Instance], run: str) -> Sequence[Undo]:
        """Return one undo for each instance."""
        return [Undo("simulated", f"the agent beside {instance.name}", {}) for instance in instances]

    def start_agents(self, instances: Sequence[Instance], run: str) -> None:
        """Put nothing in place."""
        self.calls.append("hold")

    def harm(self, name: str, instances: Sequence[Instance], **order: Json) -> Sequence[Evidence]:
        """Harm at once, unless the instances are immune: a kill, or anything that silences them for a time.

        One that is another by now is not harmed in its predecessor's place.
        """
        self.owned()
        self.calls.append(name)
        now = self._clock.now()
        onset = Interval(now, now + 0.002)
        if self.weakness.immune:
            return [Evidence(instance.name, False, "the process lives on", onset) for instance in instances]
        return [self._harmed(name, instance, order, onset) for instance in instances]

    def _harmed(self, name: str, instance: Instance, order: Mapping[str, Json], onset: Interval) -> Evidence:
        if instance.incarnation not in {now.incarnation for now in self.instances(instance.service)}:
            return Evidence(instance.name, False, "it is no longer what was chosen", onset)
        if instance.service in self.kept:
            self.kept[instance.service].start_again()
            self._all_silent(self.weakness.store_gap)
        elif "lasts" in order:
            self._hold_up()
            self._silence(instance, float(str(order["lasts"])))
        else:
            self.crash(instance, "OOMKilled" if name == "OutOfMemory" else "Error")
        return Evidence(instance.name, True, f"{name} has its effect", onset)

    def end(self, name: str, instances: Sequence[Instance]) -> Sequence[Ending]:
        """End it, and tell how it ended: as the weakness says."""
        self.calls.append(f"end {name}")
        now = Interval.exact(self._clock.now())
        for instance in instances:
            if self._down.get(instance.name, 0.0) > now.low and instance.incarnation == self._incarnation(instance):
                self._silence(instance, 0.0)
        return [Ending(instance.name, self.weakness.ended, f"{name} is over", now) for instance in instances]

    def count_calls(self, instances: Sequence[Instance]) -> Sequence[Evidence]:
        """Count the calls to instances, unless a mesh leads them elsewhere."""
        self.owned()
        self.calls.append("count calls")
        now, shut = Interval.exact(self._clock.now()), self.weakness.uncountable
        self._read = {}
        how = "a mesh leads elsewhere" if shut else "a call passed"
        return [Evidence(each.name, not shut, how, now) for each in instances]

    def passed(self, instance: Instance) -> CallCounts | None:
        """Tell of calls in proportion to the load's, by whole seconds."""
        if self.weakness.agents_gone:
            raise HarnessFailed(f"the agent beside {instance.name} is gone")
        now, since = float(int(self._clock.now())), self._read.get(instance.name)
        self._read[instance.name] = now
        if since is None:
            return None
        calls = round(self.arriving * self.weakness.calls)
        seconds = (SecondOfCalls(float(at), calls, calls, 0, 0) for at in range(math.ceil(since), int(now)))
        return CallCounts(since, now, tuple(seconds))

    def addresses(self, service: str) -> Sequence[Address]:
        """Return an address that nobody has (TEST-NET-1)."""
        return [Address("192.0.2.1", 1)]

    def plan_delete(self, instances: Sequence[Instance]) -> Sequence[Undo]:
        """Return nothing."""
        return ()

    def delete(self, instances: Sequence[Instance], within: float) -> Sequence[Evidence]:
        """Delete as killing does."""
        return self.harm("Crash", instances)

    def delete_by_force(self, instances: Sequence[Instance], within: float) -> Sequence[Evidence]:
        """Delete as ``delete`` does."""
        return self.delete(instances, within)

    def simulation(self) -> Simulation:
        """Return what harms to the platform's own objects are given: those hit all instances while they are active."""
        return self

    def now(self) -> float:
        """Return the virtual moment."""
        return self._clock.now()

    def strike(self, fate: Fate, nodes: Collection[str]) -> tuple[str, ...]:
        """Let all instances on those nodes meet their fate (no node: all), and return their incarnations."""
        there = [each for each in self._instances.values() if not nodes or each.node in nodes]
        if fate in {Fate.UNREACHED, Fate.STUCK}:
            self._down |= dict.fromkeys(self._instances, math.inf)
        elif fate is Fate.REMOVED:
            self._down |= dict.fromkeys(self._instances, math.inf)
            for each in there:
                self._clock.at(self._clock.now() + self.weakness.notices, partial(self._show, each, "gone"))
        elif fate is Fate.LOST:
            for each in there:
                self.crash(each)
        elif fate is Fate.REPLACED and self.weakness.comes_back:
            for number, each in enumerate(there, start=1):
                self._clock.at(
                    self._clock.now() + number * self.weakness.restart, partial(self._come_back, self._anew(each))
                )
        return tuple(each.incarnation for each in there)

    def free(self, fate: Fate) -> None:
        """End what was done to all instances; those that were removed start anew."""
        now, weakness = self._clock.now(), self.weakness
        if fate is Fate.REMOVED:
            back = now + weakness.restart if weakness.comes_back else math.inf
            self._down |= dict.fromkeys(self._instances, back)
            if weakness.comes_back:
                for each in self._instances.values():
                    self._clock.at(back, partial(self._come_back, self._anew(each)))
        elif fate is not Fate.LOST:
            self._down = dict.fromkeys(self._instances, now + weakness.lingers)

    def _anew(self, instance: Instance, word: str = "") -> Instance:
        return replace(instance, incarnation=f"{instance.name}/{self._clock.now():g}", ended=word)

    def stores(self) -> Mapping[str, StoreHandle]:
        """Return a database and a cache on which the service depends."""
        return dict(self.kept)

    def _hold_up(self) -> None:
        for store in self.kept.values():
            store.stopped = self._clock.now()

    def _store(self, name: str, kind: StoreKind) -> SimulatedStore:
        weak, queues = self.weakness, {f"{name} jobs": "jobs"}
        endpoint = StoreEndpoint(service=name, kind=kind, place=Loopback(port=0), disposable=True, queues=queues)
        how = weak.immune, weak.ended, weak.store_gap, weak.brought
        return SimulatedStore(endpoint, self._clock, self._all_silent, *how, owned=self.owned)

    def owned(self) -> None:
        """Raise InjectionFailed unless the run holds its lease."""
        if not self._run:
            raise InjectionFailed(f"harming {self._service}: this run does not hold its lease")

    def _now(self, instance: Instance) -> Instance:
        came = self._restarted.get(instance.name)
        return instance if came is None else replace(instance, restarted=self._clock.now() - came)

    def _incarnation(self, instance: Instance) -> str:
        known = self._instances.get(instance.name)
        return known.incarnation if known is not None else ""

    def _all_silent(self, length: float) -> None:
        for instance in list(self._instances.values()):
            self._silence(instance, length)

    def _silence(self, instance: Instance, lasts: float) -> None:
        now, weakness = self._clock.now(), self.weakness
        away = min(lasts + weakness.lingers, weakness.replaces)
        self._down[instance.name] = now + away
        self._clock.at(now + weakness.notices, partial(self._notice, instance))
        if weakness.replaces < lasts:
            self._clock.at(now + away, partial(self._come_back, self._anew(instance)))
        else:
            self._clock.at(now + away + weakness.notices, partial(self._notice, instance))

    def _notice(self, instance: Instance) -> None:
        """Show whether an incarnation answers, if it is there still and that is not known yet."""
        known = self._instances[instance.name]
        up = self._down.get(instance.name, 0.0) <= self._clock.now()
        if known.incarnation == instance.incarnation and known.ready != up:
            self._show(known, "ready" if up else "unready")

    def crash(self, instance: Instance, word: str = "Error") -> None:
        """Let an instance go down now, as if by itself; ``word`` is the platform's for it."""
        now, weakness = self._clock.now(), self.weakness
        self._down[instance.name] = now + weakness.restart if weakness.comes_back else math.inf
        self._clock.at(now + weakness.notices, partial(self._notice, instance))
        if weakness.comes_back:
            self._clock.at(now + weakness.restart, partial(self._come_back, self._anew(instance, word)))

    def _come_back(self, instance: Instance) -> None:
        self._restarted[instance.name] = self._clock.now()
        self._show(instance, "ready")

    def _show(self, instance: Instance, state: State) -> None:
        self._instances[instance.name] = replace(instance, ready=state == "ready")
        if self._service in self._watched:
            self._sink(InstanceChanged(self._clock.now(), self._service, instance.name, instance.incarnation, state))


class Simulated(Arguments):
    """A harm to objects of a simulation of this process; nothing for all else, which is gone with the process."""

    simulation: str = ""
    harm: str = ""


@undoes("simulated", Simulated)
def _undone(args: Mapping[str, object]) -> str:
    return reverted(str(args.get("simulation", "")), str(args.get("harm", "")))
