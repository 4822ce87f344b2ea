"""The API server of a kind cluster, frozen by its process: the one harm that touches a control plane, and only kind's.

Whatever else is undone through the API server cannot be undone while it stands still. So this is undone without it:
by the run, its guard or ``squall undo`` through the node's container, and by a timer in the node, started before. For
as long as it stands still nothing of the platform is seen, and the record says so.
"""

import time
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass

from squall.clock import SYSTEM, Clock
from squall.errors import HarnessFailed, InjectionFailed, NotUndone
from squall.instances import Ended, Ending, Evidence
from squall.interval import Interval
from squall.platforms.kind.machine import Machine, control_planes
from squall.platforms.kind.node_undo import node_undo, undoes_on_node
from squall.platforms.kubernetes.api.client import Api, ApiFailed
from squall.platforms.kubernetes.api.cluster_undo import Args
from squall.platforms.kubernetes.api.paths import NODES
from squall.platforms.kubernetes.harms.context import HarmContext
from squall.platforms.kubernetes.harms.registry import does
from squall.platforms.kubernetes.objects.nodes import of_control_plane
from squall.safety.undo_log import Undo

API_SERVER = "kind.api_server"
WHO = "the API server"
PROCESS = "kube-apiserver"
HELD = "/run/squall-api-server"
# The timer's pid, which is its session's and its group's number, too.
TIMER = f"{HELD}-timer"
# A call that takes longer hangs; before the harm one of the same kind took milliseconds.
ANSWERS_WITHIN = 1.0
# The timer in the node is the last resort: it comes this long after the harness should have ended the harm.
LATER = 5.0
READY_WITHIN = 60.0
LOOK_EVERY = 0.1
HEALTH = "/livez"
# Prints the state of the one process and who holds it: R, S, T (stopped); nothing for a process that is not there.
LOOK = f'pid=$(pgrep -x {PROCESS}) && cut -d" " -f3 /proc/$pid/stat; cat {HELD} 2>/dev/null || true'
# In this order: who holds it is on the node before the timer runs, and the timer before the process stands still.
# When it fires, another process may have the number.
_TIMER = (
    f'echo $$ > {TIMER}; sleep "$0"; '
    f'test "$(cut -d" " -f22 /proc/$1/stat)" = "$2" && kill -CONT "$1"; rm -f {HELD} {TIMER}'
)
FREEZE = (
    f'pid=$(pgrep -x {PROCESS}) || exit 1; start=$(cut -d" " -f22 /proc/$pid/stat); '
    f'rm -f {TIMER}; printf %s "$1" > {HELD}; '
    f'setsid sh -c \'{_TIMER}\' "$2" "$pid" "$start" >/dev/null 2>&1 </dev/null & '
    f'until test -s {TIMER}; do sleep 0.01; done; kill -STOP "$pid"'
)
# A timer that went on would end the next freeze before its time.
THAW = (
    f'timer=$(cat {TIMER} 2>/dev/null) && kill -s TERM -- "-$timer" 2>/dev/null; rm -f {TIMER}; '
    f"kill -CONT $(pgrep -x {PROCESS}) && rm -f {HELD}"
)


@dataclass(frozen=True, slots=True)
class Seen:
    """The process's state as the kernel has it (empty: there is none), and the run that holds it (empty: none)."""

    state: str
    holder: str

    @property
    def stopped(self) -> bool:
        """Whether it stands still."""
        return self.state == "T"


def seen(node: Machine) -> Seen:
    """Look into a node. Raises HarnessFailed."""
    state, _, holder = node.call("sh", "-c", LOOK).partition("\n")
    return Seen(state.strip(), holder.strip())


# Whether it answers is anyone's to ask; its process is stopped without it.
@does("ApiServerFreeze", "to ask whether the API server answers")
@dataclass(frozen=True, slots=True)
class ApiServerFreezeHarm:
    """The one API server of a kind cluster stands still for a time."""

    context: HarmContext

    def warnings(self) -> Sequence[str]:
        return ["while the API server stands still nothing else can be undone through it, and what is watched is late"]

    def undo(self, run: str) -> Sequence[Undo]:
        """Return the undo, which needs no API server."""
        api = self.context.api
        about = f"the freeze of the API server of {api.context}"
        return [node_undo(api, Machine(self._node()), API_SERVER, about, run=run)]

    def prepare(self, run: str) -> None:
        """Need nothing."""

    def harm(self, run: str, lasts: float) -> Sequence[Evidence]:
        """Stop its process, and call it."""
        self.context.owned()
        node, clock = Machine(self._node()), self.context.clock
        if (found := seen(node)).state in {"", "T"} or found.holder:
            why = f"the run {found.holder} holds it" if found.holder else f"its process is {found.state or 'not there'}"
            raise InjectionFailed(f"freezing {WHO}: {why}")
        self._refuse_another_cluster(node.name)
        usual = self._answer()
        before = clock.now()
        self.context.blindness.begin(before)
        node.call("sh", "-c", FREEZE, "freeze", run, f"{lasts + LATER:g}")
        stopped, onset = seen(node).stopped, Interval(before, clock.now())
        try:
            took = self._answer()
        except HarnessFailed as error:
            how = (
                f"its process is stopped; a call hangs for {ANSWERS_WITHIN:g} s ({usual * 1000:.0f} ms before): {error}"
            )
            return [Evidence(WHO, stopped, how, onset)]
        return [Evidence(WHO, False, f"it still answers, after {took * 1000:.0f} ms", onset)]

    def end(self, run: str) -> Sequence[Ending]:
        node, before = Machine(self._node()), self.context.clock.now()
        if not (found := seen(node)).stopped or found.holder != run:
            self.context.blindness.end()
            how = f"its process is {found.state or 'not there'}, held by {found.holder or 'nobody'}"
            return [Ending(WHO, Ended.BY_OTHERS, how, Interval(before, self.context.clock.now()))]
        node.call("sh", "-c", THAW)
        when, state = Interval(before, self.context.clock.now()), seen(node).state
        took = _answering(self.context.api, self.context.clock)
        self.context.blindness.end()
        return [Ending(WHO, Ended.AS_STATED, f"its process goes on ({state}), and answered after {took:.1f} s", when)]

    def ended(self, run: str) -> Sequence[Ending]:
        """Tell if someone else let it go on."""
        found, now = seen(Machine(self._node())), Interval.exact(self.context.clock.now())
        return [] if found.stopped else [Ending(WHO, Ended.BY_OTHERS, "someone let its process go on", now)]

    def _answer(self) -> float:
        """Return how long a call takes (s). Raises HarnessFailed: it hangs."""
        began = time.monotonic()
        try:
            self.context.api.page(HEALTH, ANSWERS_WITHIN)
        except ApiFailed as error:
            raise HarnessFailed(error.reason) from error
        return time.monotonic() - began

    def _refuse_another_cluster(self, node: str) -> None:
        """Raise InjectionFailed unless the container is the node by which this cluster is run."""
        nodes = [str(each["metadata"]["name"]) for each in self.context.api.items(NODES) if of_control_plane(each)]
        if nodes != [node]:
            raise InjectionFailed(f"freezing {WHO}: the container {node} is not the node {', '.join(nodes)}")

    def _node(self) -> str:
        """Return the node that it runs on, as its provider knows it: the API cannot be asked while it stands still."""
        if len(found := control_planes(self.context.api.context.removeprefix("kind-"))) != 1:
            raise InjectionFailed(f"freezing {WHO}: there are {len(found)} of it, and one alone would not be missed")
        return found[0]


@undoes_on_node(API_SERVER, "letting the API server on {node} go on")
def thaw(node: Machine, args: Args) -> str:
    """Let the API server go on if the run holds it, and wait until it answers."""
    found = seen(node)
    if found.holder != args["run"]:
        return f"{WHO} ({found.state or 'no process'}) is held by {found.holder or 'nobody'}: left alone"
    node.call("sh", "-c", THAW)
    after = seen(node)
    if after.stopped or after.holder:
        raise NotUndone(f"letting {WHO} go on: its process is {after.state}, held by {after.holder or 'nobody'}")
    # The node is the same: an API server that does not answer is this one, and not that of another cluster.
    with closing(Api(args["context"], args.get("kubeconfig"))) as api:
        took = _answering(api, SYSTEM)
    return f"{WHO} goes on ({after.state}) and answered after {took:.1f} s"


def _answering(api: Api, clock: Clock) -> float:
    """Return after how many seconds it answers. Raises HarnessFailed: it does not."""
    began = clock.now()
    while True:
        try:
            api.page(HEALTH, ANSWERS_WITHIN)
        except ApiFailed as error:
            if clock.now() > began + READY_WITHIN:
                raise HarnessFailed(f"{WHO} does not answer: {error.reason}") from error
            clock.sleep(LOOK_EVERY)
        else:
            return clock.now() - began
