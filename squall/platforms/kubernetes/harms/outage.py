"""Everything is down: no workload of a system keeps a pod, until they are brought back tier by tier."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from squall.clock import SYSTEM, Clock
from squall.errors import HarnessFailed, InjectionFailed, NotUndone
from squall.instances import Ended, Ending, Evidence
from squall.interval import Interval
from squall.platforms.kubernetes.access.rights import REPLICASETS, WORKLOADS
from squall.platforms.kubernetes.api.arguments import InNamespace
from squall.platforms.kubernetes.api.client import Api, ApiFailed
from squall.platforms.kubernetes.api.cluster_undo import Args, cluster_undo, undoes_in_cluster
from squall.platforms.kubernetes.api.object_ref import ObjectRef
from squall.platforms.kubernetes.harms.context import HarmContext
from squall.platforms.kubernetes.harms.registry import does
from squall.platforms.kubernetes.harms.scale import ScaleHarm
from squall.platforms.kubernetes.marks.apply import Lifted, lifted
from squall.platforms.kubernetes.objects.workloads import replicas, rolled_out
from squall.safety.arguments import Name
from squall.safety.undo_log import Undo

OUTAGE = "kubernetes.outage"
# A tier that is not ready by then does not keep the next from being brought back.
READY_WITHIN = 120.0
LOOK_EVERY = 0.1

Tiers = Sequence[Sequence[ObjectRef]]


@does("Outage", "to take all workloads down, and to bring them back", marks=(*WORKLOADS, *REPLICASETS))
@dataclass(frozen=True, slots=True)
class OutageHarm:
    """All workloads are scaled to 0; what is at 0 already stays so. The effect is that none of them keeps a pod."""

    context: HarmContext

    def warnings(self) -> Sequence[str]:
        return [line for service in self._services() for line in ScaleHarm(self.context, service, 0).warnings()]

    def places(self) -> Sequence[ObjectRef]:
        return [place for tier in self._places() for place in tier]

    def undo(self, run: str) -> Sequence[Undo]:
        """Return one undo, which keeps the order."""
        api, namespace = self.context.api, self.context.namespace
        tiers = [[[place.kind, place.name] for place in tier] for tier in self._places()]
        about = f"the outage of {namespace} of {api.context}"
        return [cluster_undo(api, OUTAGE, about, run=run, namespace=namespace, tiers=tiers)]

    def prepare(self, run: str) -> None:
        """Need nothing."""

    def harm(self, run: str, lasts: float) -> Sequence[Evidence]:
        """Scale all that runs to 0."""
        self.context.owned()
        running = [each for each in self._services() if replicas(self.context.workloads.read(each))]
        if not running:
            raise InjectionFailed(f"taking {self.context.namespace} down: it is down already")
        return [proof for each in running for proof in ScaleHarm(self.context, each, 0).harm(run, lasts)]

    def end(self, run: str) -> Sequence[Ending]:
        """Bring the tiers back in order, each ready before the next."""
        api, clock = self.context.api, self.context.clock
        try:
            return [
                Ending(str(place), told.ended, f"{told.proof}; {state}", when)
                for place, told, state, when in brought_back(api, self._places(), run, clock)
            ]
        except (ApiFailed, NotUndone, ValueError) as error:
            raise HarnessFailed(f"bringing {self.context.namespace} back: {error}") from error

    def ended(self, run: str) -> Sequence[Ending]:
        """Read which workloads someone has brought back."""
        return [ending for each in self._services() for ending in ScaleHarm(self.context, each, 0).ended(run)]

    def _services(self) -> Sequence[str]:
        return [service for tier in self.context.order for service in tier]

    def _places(self) -> Tiers:
        return [[self.context.workloads.place(service) for service in tier] for tier in self.context.order]


def brought_back(api: Api, tiers: Tiers, run: str, clock: Clock) -> Iterator[tuple[ObjectRef, Lifted, str, Interval]]:
    """Lift the harm of each workload, tier by tier, and yield what came of it and whether it got ready."""
    for number, tier in enumerate(tiers, start=1):
        told = []
        for place in tier:
            before = clock.now()
            told.append((place, lifted(api, place, run), Interval(before, clock.now())))
        ours = [place for place, each, _ in told if each.ended is not Ended.TARGET_GONE]
        state = f"tier {number} {_awaited(api, ours, clock)}"
        yield from ((place, each, state, when) for place, each, when in told)


def _awaited(api: Api, places: Sequence[ObjectRef], clock: Clock) -> str:
    began = clock.now()
    while missing := [place.name for place in places if not rolled_out(api.get(place.path))]:
        if clock.now() - began > READY_WITHIN:
            return f"was not ready after {READY_WITHIN:g} s ({', '.join(missing)}); the next went on all the same"
        clock.sleep(LOOK_EVERY)
    return f"ready after {clock.now() - began:.1f} s"


class OutageArguments(InNamespace):
    """The workloads of a system, by tiers: kind and name of each."""

    tiers: list[list[tuple[Literal["deployment", "statefulset"], Name]]]


@undoes_in_cluster(OUTAGE, "bringing {namespace} back", OutageArguments)
def restore(api: Api, args: Args) -> str:
    """Bring a system back as a run's outage found it, in order."""
    tiers = [[ObjectRef(kind, name, args["namespace"]) for kind, name in tier] for tier in args["tiers"]]
    done = brought_back(api, tiers, args["run"], SYSTEM)
    return "; ".join(f"{each.proof} ({state})" for _, each, state, _ in done)
