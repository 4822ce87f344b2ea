"""The agent of a platform instance on this machine: a process of its own, with its journal in the instance's folder.

It outlives the harness by its lease at most, and then has undone what it held. One that fails is started again with
the next word to it, as a pod's container would be, and first undoes what its journal says is still active.
"""

import signal
import subprocess
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from pydantic import JsonValue as Json

from squall.agent.harms.proxied import WATCH_CALLS
from squall.agent.harms.registry import ORDERS
from squall.agent.service.recovery import recover
from squall.clock import Clock
from squall.errors import NotUndone
from squall.instances import Ending, Evidence, Instance
from squall.platforms.agent_link.orders import AgentOrders, AgentTarget
from squall.platforms.agent_link.stream import AgentStream
from squall.platforms.this_machine.arguments import OfInstance
from squall.platforms.this_machine.instance_folder import InstanceFolder
from squall.platforms.this_machine.process_tree import send_signal, wait_until_gone
from squall.process.python import module_command
from squall.record.calls import CallCounts
from squall.safety.undo_log import Undo, undoes

AGENT = "local.agent"
ENDS_WITHIN = 5.0


class Agent:
    """The agent of one run.

    ``place`` returns the words that tell the agent whom it may harm, and ``target`` how it finds an instance.
    """

    def __init__(
        self,
        state: InstanceFolder,
        clock: Clock,
        place: Callable[[], Sequence[str]],
        target: Callable[[Instance], Mapping[str, Json]],
    ) -> None:
        self._state, self._clock, self._place, self._target = state, clock, place, target
        self._orders = AgentOrders(clock)
        self._process: subprocess.Popen[bytes] | None = None

    def start(self, run: str) -> None:
        """Start it, if it is not there; also one that was undone."""
        if self._process is not None and self._process.poll() is None:
            return
        self._serve(run)
        self._orders.add(AGENT, AgentStream("the agent", run, lambda: self._relay(run), self._clock))

    def harm(self, name: str, instances: Sequence[Instance], order: Mapping[str, Json]) -> Sequence[Evidence]:
        return self._orders.harm(name, [AgentTarget(one, AGENT, self._target(one)) for one in instances], order)

    def end(self, name: str, instances: Sequence[Instance]) -> Sequence[Ending]:
        return self._orders.end(name, instances)

    def passed(self, instance: Instance) -> CallCounts | None:
        return self._orders.passed(WATCH_CALLS, instance)

    def close(self) -> None:
        """End it, and with it all that it holds."""
        self._orders.close()
        if self._process is not None:
            self._process.terminate()
            try:
                self._process.wait(ENDS_WITHIN)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
            self._process = None

    def _serve(self, run: str) -> None:
        words = ["serve", "--run", run, *self._place(), "--journal", str(_journal(self._state))]
        with self._state.log("agent").open("ab") as log:
            self._process = self._start(words, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        self._state.write_down("agent", self._process.pid)

    def _relay(self, run: str) -> "subprocess.Popen[bytes]":
        # One that ended in order was asked to, or nobody spoke to it; one that was undone is no longer noted.
        if self._process is not None and self._process.poll() and self._state.noted("agent") is not None:
            self._serve(run)
        return self._start(["relay"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)

    def _start(self, words: Sequence[str], **streams: Any) -> "subprocess.Popen[bytes]":
        command = module_command("squall.agent", *words, "--socket", self._state.path / "agent.sock")
        return subprocess.Popen(command, start_new_session=True, **streams)


def agent_undo(state: InstanceFolder) -> Undo:
    """Return the entry for the agent that is going to run, and all that it will hold."""
    return Undo(AGENT, f"the agent of {state.path}", {"folder": str(state.path)})


@undoes(AGENT, OfInstance)
def end_agent(args: Mapping[str, Any]) -> str:
    """End the agent, which then undoes what it holds; undo in its place what a dead one left."""
    state = InstanceFolder.named(args["folder"])
    agent, proofs = state.noted("agent"), []
    if agent is not None and agent.lives():
        send_signal(agent, signal.SIGTERM)
        if not wait_until_gone(agent, ENDS_WITHIN):
            send_signal(agent, signal.SIGKILL)
            wait_until_gone(agent, 1.0)
        proofs.append(f"the agent (process {agent.pid}) is gone")
    journals = _journal(state)
    proofs += recover(journals, journals / "none", ORDERS)
    if left := sorted(journals.glob("*.jsonl")):
        raise NotUndone(f"ending the agent of {state.path}: {left[0]} still holds what it did")
    state.forget("agent")
    return "; ".join([*proofs, "nothing is left in its journal"])


def _journal(state: InstanceFolder) -> Path:
    return state.path / "journal"
