"""How the agent finds a process; having supervisord stop and start processes, and the proof that they went."""

import select
import threading
from collections.abc import Mapping, Sequence
from contextlib import ExitStack, suppress
from pathlib import Path

from pydantic import JsonValue as Json

from squall.agent.held import Aim, again
from squall.agent.processes import Process as Held
from squall.agent.wire import Refused
from squall.clock import Clock
from squall.errors import HarnessFailed, InjectionFailed
from squall.interval import Interval
from squall.platforms.processes.programs import Process, door_socket
from squall.platforms.processes.sight import incarnation_of
from squall.platforms.processes.state import State
from squall.platforms.processes.supervisord import Supervisord
from squall.target import Evidence, Instance

PROC = Path("/proc")
LOOK_EVERY = 0.02


def target(instance: Instance, process: Process, state: Path) -> Mapping[str, Json]:
    """Return how the agent finds a process, and the door in front of it.

    Raises:
        InjectionFailed: it does not run.
    """
    if not instance.incarnation:
        raise InjectionFailed(f"harming {instance.name}: it does not run")
    pid, started = (int(part) for part in instance.incarnation.split("/"))
    if not process.door:
        return {"pid": pid, "started": started}
    door = str(door_socket(state, process.name))
    return {"pid": pid, "started": started, "at": process.port, "door": door, "door port": process.door}


def delete(state: State, instances: Sequence[Instance], within: float, clock: Clock) -> Sequence[Evidence]:
    """Have supervisord stop each (SIGTERM, and SIGKILL after its grace), and start it again once it is gone.

    The onset lies between the order and supervisord's answer: the signal has been sent by then. It is proven only by
    the process being gone within ``within`` seconds for all; one that takes longer is started again later.
    """
    supervisord = Supervisord(state.socket)
    with ExitStack() as held:
        held.callback(supervisord.close)
        aims, orders = {}, {}
        for each in _current(supervisord, instances):
            if (aim := _aim(each, held)) is not None:
                before = clock.now()
                supervisord.stop(each.name)
                aims[each.name], orders[each.name] = aim, Interval(before, clock.now())
        for name in aims:
            threading.Thread(target=_again, args=(state, name, clock), name=f"start {name}", daemon=True).start()
        deadline = clock.now() + within
        return [_deleted(each, aims.get(each.name), orders.get(each.name), deadline, clock) for each in instances]


def _current(supervisord: Supervisord, instances: Sequence[Instance]) -> list[Instance]:
    said = supervisord.processes()
    there = [each for each in instances if each.incarnation and each.name in said]
    return [each for each in there if incarnation_of(said[each.name].pid) == each.incarnation]


def _aim(instance: Instance, held: ExitStack) -> Aim | None:
    """Hold a process fast, if it still is the one that was chosen."""
    pid, began = (int(part) for part in instance.incarnation.split("/"))
    try:
        return again(Held(pid, began), PROC, held)
    except Refused:
        return None


def _deleted(instance: Instance, aim: Aim | None, order: Interval | None, deadline: float, clock: Clock) -> Evidence:
    who = f"process {instance.incarnation.partition('/')[0]}"
    if aim is None or order is None:
        return Evidence(instance.name, False, f"{who} was gone before it was stopped", Interval.exact(clock.now()))
    ended, _, _ = select.select([aim.pidfd], [], [], max(0.0, deadline - clock.now()))
    took = clock.now() - order.high
    if not ended:
        return Evidence(instance.name, False, f"{who} is still there {took:.1f} s after supervisord told it", order)
    return Evidence(instance.name, True, f"{who} is gone {took:.2f} s after supervisord told it (pidfd)", order)


def _again(state: State, name: str, clock: Clock) -> None:
    """Start a process once supervisord has noticed its end (before that it takes the start for a mistake).

    It ends with supervisord at the latest.
    """
    supervisord = Supervisord(state.socket)
    with suppress(HarnessFailed):
        while supervisord.processes()[name].state == "STOPPING":
            clock.sleep(LOOK_EVERY)
        supervisord.start(name)
    supervisord.close()
