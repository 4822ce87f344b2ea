"""Harms to the machines that nodes of kind are: stopped, frozen, or lost (stopped, and the Node object deleted).

Nothing in a machine that is stopped can start it: it is undone by the run, by its guard, or by ``squall undo``.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import ClassVar

from squall.clock import SYSTEM
from squall.errors import HarnessFailed, InjectionFailed, NotUndone
from squall.instances import Ended, Ending, Evidence
from squall.interval import Interval
from squall.platforms.kind.conntrack import drop_gone
from squall.platforms.kind.machine import PAUSED, RUNNING, STOPPED, Machine
from squall.platforms.kubernetes.access.rights import RightScope, rights
from squall.platforms.kubernetes.api.arguments import OfRun
from squall.platforms.kubernetes.api.client import Api, ApiFailed
from squall.platforms.kubernetes.api.cluster_undo import Args, cluster_undo, undoes_in_cluster
from squall.platforms.kubernetes.api.object_ref import NODE, ObjectRef
from squall.platforms.kubernetes.api.paths import NODES
from squall.platforms.kubernetes.harms.context import HarmContext
from squall.platforms.kubernetes.harms.registry import does
from squall.platforms.kubernetes.objects.nodes import heartbeat, is_ready, kept, refuse_control_plane, renewed_every
from squall.safety.arguments import Name
from squall.safety.undo_log import Undo

MACHINE = "kind.machine"
_SEEN = (
    *rights("", ("nodes",), ("get",), RightScope.CLUSTER),
    *rights("coordination.k8s.io", ("leases",), ("get",), RightScope.CLUSTER),
)
_FORGOTTEN = rights("", ("nodes",), ("create", "delete"), RightScope.CLUSTER)
READY_WITHIN = 120.0
LOOK_EVERY = 0.1


class Blow(StrEnum):
    """What is done to a machine."""

    STOP = "stop"
    FREEZE = "freeze"
    LOSS = "loss"


@dataclass(frozen=True, slots=True)
class MachineHarm:
    """The machines of nodes are struck; the effect is their state, and that their heartbeat is over."""

    context: HarmContext
    nodes: Sequence[str]
    blow: ClassVar[Blow]

    def warnings(self) -> Sequence[str]:
        return ["a machine that stands still cannot undo it: if the harness and its guard both die, squall undo does"]

    def undo(self, run: str) -> Sequence[Undo]:
        """Return the undo of each machine's harm; what its Node object holds is in the mark on its own disk."""
        api = self.context.api
        return [
            cluster_undo(api, MACHINE, f"the {self.blow} of {node} of {api.context}", run=run, node=node)
            for node in self.nodes
        ]

    def prepare(self, run: str) -> None:
        """Need nothing."""

    def harm(self, run: str, lasts: float) -> Sequence[Evidence]:
        """Mark and strike each machine, then wait until each has missed a heartbeat."""
        self.context.owned()
        for node in self.nodes:
            self._refuse(node)
        # What is on a node is read while it is known: the platform may forget both.
        on = {node: self.context.workloads.incarnations_on(node) for node in self.nodes}
        struck = [(node, *self._struck(node, run)) for node in self.nodes]
        return [replace(self._proof(node, onset, last), instances=on[node]) for node, onset, last in struck]

    def end(self, run: str) -> Sequence[Ending]:
        return [self._brought_back(node, run) for node in self.nodes]

    def ended(self, run: str) -> Sequence[Ending]:
        now = Interval.exact(self.context.clock.now())
        back = [node for node in self.nodes if Machine(node).state() == RUNNING or holder(Machine(node)) != run]
        return [Ending(f"node {node}", Ended.BY_OTHERS, f"someone brought {node} back", now) for node in back]

    def _refuse(self, node: str) -> None:
        machine = Machine(node)
        if (found := self.context.api.find(ObjectRef(NODE, node).path)) is None:
            raise InjectionFailed(f"{self.blow} of {node}: there is no such node")
        refuse_control_plane(found)
        if (role := machine.role()) != "worker":
            raise InjectionFailed(f"{self.blow} of {node}: to kind it is {role or 'nothing'}, not a worker")
        if (state := machine.state()) != RUNNING:
            raise InjectionFailed(f"{self.blow} of {node}: it is {state} already, and stays so")
        if held := holder(machine):
            raise InjectionFailed(f"{self.blow} of {node}: the run {held} holds it")

    def _struck(self, node: str, run: str) -> tuple[Interval, str]:
        machine, last = Machine(node), heartbeat(self.context.api, node)
        machine.mark(json.dumps({"run": run, "object": kept(self.context.api.get(ObjectRef(NODE, node).path))}))
        before = self.context.clock.now()
        (machine.pause if self.blow is Blow.FREEZE else machine.stop)()
        state = machine.state()
        onset = Interval(before, self.context.clock.now())
        if state not in {PAUSED, STOPPED}:
            raise InjectionFailed(f"{self.blow} of {node}: it is {state}")
        if self.blow is Blow.LOSS:
            path = ObjectRef(NODE, node).path
            self.context.api.delete(path, str(self.context.api.get(path)["metadata"]["uid"]))
        return onset, last

    def _proof(self, node: str, onset: Interval, last: str) -> Evidence:
        api, who, state = self.context.api, f"node {node}", Machine(node).state()
        if self.blow is Blow.LOSS:
            gone = api.find(ObjectRef(NODE, node).path) is None
            how = f"{node} is {state}, and its Node object {'is gone' if gone else 'is still there'}"
            return Evidence(who, gone, how, onset)
        # A heartbeat may have been under way; from then on two are missed.
        every = renewed_every(api, node)
        self.context.clock.sleep(every)
        last = heartbeat(api, node)
        self.context.clock.sleep(1.5 * every)
        if heartbeat(api, node) != last:
            return Evidence(who, False, f"{node} is {state}, and its heartbeat goes on", onset)
        return Evidence(who, True, f"{node} is {state}, and its heartbeat (every {every:g} s) ended at {last}", onset)

    def _brought_back(self, node: str, run: str) -> Ending:
        before, machine = self.context.clock.now(), Machine(node)
        if (was := machine.state()) == RUNNING or holder(machine) != run:
            how, ended = f"{node} was {was}: someone brought it back", Ended.BY_OTHERS
        else:
            try:
                bring_back(self.context.api, machine)
                # A machine that was off has no pod yet; in one that was frozen they are what they were.
                dropped = _drop_gone(self.context.api, node) if was == STOPPED else ""
            except ApiFailed as error:
                raise HarnessFailed(f"bringing {node} back: {error}") from error
            how, ended = "; ".join(filter(None, (f"{node} is {machine.state()}", dropped))), Ended.AS_STATED
        return Ending(f"node {node}", ended, how, Interval(before, self.context.clock.now()))


@does("NodeStop", "to see that the heartbeat of a node that was stopped ends", besides=_SEEN)
@dataclass(frozen=True, slots=True)
class NodeStopHarm(MachineHarm):
    """Nodes stop as by a power cut."""

    blow: ClassVar[Blow] = Blow.STOP


@does("NodeFreeze", "to see that the heartbeat of a node that was frozen ends", besides=_SEEN)
@dataclass(frozen=True, slots=True)
class NodeFreezeHarm(MachineHarm):
    """Nodes are frozen."""

    blow: ClassVar[Blow] = Blow.FREEZE


@does(
    "NodeLoss", "to delete the object of a node that was stopped, and to make it again", besides=(*_SEEN, *_FORGOTTEN)
)
@dataclass(frozen=True, slots=True)
class NodeLossHarm(MachineHarm):
    """Nodes are stopped, and their Node objects deleted."""

    blow: ClassVar[Blow] = Blow.LOSS


def holder(machine: Machine) -> str:
    """Return the run that holds a machine; empty if none does."""
    return str(json.loads(machine.marked() or "{}").get("run") or "")


def bring_back(api: Api, machine: Machine) -> None:
    """Make the Node object again if it is gone, then let the machine run.

    The object comes first: the kubelet then finds it with the address range that its pods' network was made for.
    """
    node = json.loads(machine.marked())["object"]
    if api.find(ObjectRef(NODE, machine.name).path) is None:
        api.create(NODES, node)
    if machine.state() == PAUSED:
        machine.go_on()
    elif machine.state() == STOPPED:
        machine.start()


class MachineArguments(OfRun):
    """A node of kind."""

    node: Name


@undoes_in_cluster(MACHINE, "bringing {node} back", MachineArguments)
def restore(api: Api, args: Args) -> str:
    """Bring the machine back if the run holds it, wait until the node is ready, and take the mark away."""
    machine = Machine(args["node"])
    if (held := holder(machine)) != args["run"]:
        return f"{machine.name} is held by {held or 'nobody'}: left alone"
    bring_back(api, machine)
    ready = _await_ready(api, machine.name)
    dropped = _drop_gone(api, machine.name)
    machine.unmark()
    if machine.marked():
        raise NotUndone(f"bringing {machine.name} back: its mark is still there")
    said = (f"{machine.name} is {machine.state()}; its node was ready after {ready:.1f} s", dropped)
    return "; ".join(filter(None, said))


def _drop_gone(api: Api, node: str) -> str:
    """Have the cluster's nodes forget connections to pods that were lost with a node; return what was done.

    Others' connections would be led to them, and the next run's users would fail for what this one has done.
    """
    found = api.find(ObjectRef(NODE, node).path)
    return drop_gone(node, "" if found is None else str(found.get("spec", {}).get("podCIDR") or ""))


def _await_ready(api: Api, name: str) -> float:
    began, path = SYSTEM.now(), ObjectRef(NODE, name).path
    # What is said of a node that stood still is old: one heartbeat is waited for before it is believed.
    last = heartbeat(api, name)
    while True:
        node = api.find(path)
        if node is not None and is_ready(node) and heartbeat(api, name) != last:
            return SYSTEM.now() - began
        if SYSTEM.now() - began > READY_WITHIN:
            raise NotUndone(f"bringing {name} back: its node is not ready after {READY_WITHIN:g} s")
        SYSTEM.sleep(LOOK_EVERY)
