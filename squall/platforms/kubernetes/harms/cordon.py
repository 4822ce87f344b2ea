"""Nodes are cordoned: nothing new is scheduled on them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pydantic import JsonValue as Json

from squall.errors import InjectionFailed
from squall.instances import Evidence
from squall.interval import Interval
from squall.platforms.kubernetes.access.rights import NODES_MARKED, RightScope, rights
from squall.platforms.kubernetes.agents.pod import make_namespace, require
from squall.platforms.kubernetes.api.client import Object
from squall.platforms.kubernetes.api.labels import OURS, probe_name
from squall.platforms.kubernetes.api.object_ref import NODE, ObjectRef
from squall.platforms.kubernetes.harms.field_harm import FieldHarm
from squall.platforms.kubernetes.harms.refusal import NodeProbe
from squall.platforms.kubernetes.harms.registry import does
from squall.platforms.kubernetes.objects.nodes import refuse_control_plane, refuse_without_consent
from squall.platforms.kubernetes.undo import pod_undo
from squall.safety.undo_log import Undo


@does(
    "Cordon", "to cordon nodes, and to ask for one with a pod that is refused",
    marks=NODES_MARKED, besides=rights("", ("pods",), ("create", "get", "delete"), RightScope.AGENTS),
)  # fmt: skip
@dataclass(frozen=True, slots=True)
class CordonHarm(FieldHarm):
    """Nodes become unschedulable; the effect is that the scheduler refuses a pod that asks for the node."""

    nodes: Sequence[str]

    def __post_init__(self) -> None:
        require(self.context.image)

    def places(self) -> Sequence[ObjectRef]:
        return [ObjectRef(NODE, name) for name in self.nodes]

    def wrote(self, place: ObjectRef, found: Object) -> Mapping[str, Json]:
        """Set ``unschedulable``; one that somebody has cordoned stays as it is."""
        refuse_control_plane(found)
        if self.context.asks_nodes:
            refuse_without_consent(found)
        if found["spec"].get("unschedulable"):
            raise InjectionFailed(f"cordoning {place}: it is cordoned already, and stays so")
        return {"/spec/unschedulable": True}

    def seen(self, place: ObjectRef, written: Object) -> str:
        """Say nothing: the field alone is no proof, and ``effect`` asks the scheduler."""
        return ""

    def undo(self, run: str) -> Sequence[Undo]:
        """Return also the undo of the pods that ask."""
        api = self.context.api
        return [*(pod_undo(api, OURS, probe_name(run, node), run) for node in self.nodes), *FieldHarm.undo(self, run)]

    def prepare(self, run: str) -> None:
        """See that there is a place for the pods that ask."""
        make_namespace(self.context.api)

    def effect(self, place: ObjectRef, written: Object, before: float, run: str) -> Evidence:
        """Ask for the node with a pod, and wait until the scheduler refuses it."""
        if not written["spec"].get("unschedulable"):
            return Evidence(str(place), False, f"{place} is not unschedulable", Interval(before, self.now))
        refused, how = self._probe(run).refused(written, self.within)
        return Evidence(str(place), refused, f"{place} is unschedulable, and {how}", Interval(before, self.now))

    def _probe(self, run: str) -> NodeProbe:
        return NodeProbe(self.context.api, self.context.clock, run, self.context.image)

    @property
    def now(self) -> float:
        """The moment."""
        return self.context.clock.now()
