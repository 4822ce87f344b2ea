"""Having supervisord stop and start processes, the proof that they went, and that all are started again."""

import select
import threading
from collections.abc import Iterable, Mapping, Sequence
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any

from squall.agent.scope.pidfds import PinnedProcess, pin_again
from squall.agent.scope.processes import Process as Held
from squall.agent.wire import Refused
from squall.clock import SYSTEM, Clock
from squall.errors import HarnessFailed, NotUndone
from squall.instances import Evidence, Instance
from squall.interval import Interval
from squall.platforms.processes.status import incarnation_of
from squall.platforms.processes.supervisord import Supervisord
from squall.platforms.this_machine.arguments import OfProcesses
from squall.platforms.this_machine.instance_folder import InstanceFolder
from squall.safety.undo_log import Undo, undoes

DELETION = "local.deletion"
PROC = Path("/proc")
# What supervisord calls a process that does not run and that it does not start by itself.
ENDED = frozenset({"STOPPED", "EXITED", "FATAL"})


def deletion_undo(state: InstanceFolder, instances: Iterable[Instance]) -> Undo:
    """Return the entry for processes that are going to be stopped, and started by the harness unless it dies first."""
    names = sorted(each.name for each in instances)
    return Undo(DELETION, f"the deletion of {', '.join(names)}", {"folder": str(state.path), "names": names})


@undoes(DELETION, OfProcesses)
def start_again(args: Mapping[str, Any], clock: Clock = SYSTEM) -> str:
    """Start each that is stopped, when it has stopped; what runs is left alone."""
    state, names = InstanceFolder.named(args["folder"]), [str(name) for name in args["names"]]
    known = state.noted("supervisord")
    if known is None or not known.lives():
        return "nothing of it runs any more"
    supervisord = Supervisord(state.socket)
    try:
        started = [name for name in names if _started(supervisord, name, clock)]
    except HarnessFailed as error:
        raise NotUndone(f"starting {', '.join(names)} again: {error}") from error
    finally:
        supervisord.close()
    return f"{', '.join(started)} was started again" if started else f"{', '.join(names)} had been started again"


def _started(supervisord: Supervisord, name: str, clock: Clock) -> bool:
    """Start it if it is stopped, or once it is; say whether that was needed."""
    if supervisord.await_stopped(name, clock) not in ENDED:
        return False
    supervisord.start(name)
    return True


def delete(state: InstanceFolder, instances: Sequence[Instance], within: float, clock: Clock) -> Sequence[Evidence]:
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


def _aim(instance: Instance, held: ExitStack) -> PinnedProcess | None:
    """Hold a process fast, if it still is the one that was chosen."""
    pid, began = (int(part) for part in instance.incarnation.split("/"))
    try:
        return pin_again(Held(pid, began), PROC, held)
    except Refused:
        return None


def _deleted(
    instance: Instance, aim: PinnedProcess | None, order: Interval | None, deadline: float, clock: Clock
) -> Evidence:
    who = f"process {instance.incarnation.partition('/')[0]}"
    if aim is None or order is None:
        return Evidence(instance.name, False, f"{who} was gone before it was stopped", Interval.exact(clock.now()))
    ended, _, _ = select.select([aim.pidfd], [], [], max(0.0, deadline - clock.now()))
    took = clock.now() - order.high
    if not ended:
        return Evidence(instance.name, False, f"{who} is still there {took:.1f} s after supervisord stopped it", order)
    return Evidence(instance.name, True, f"{who} is gone {took:.2f} s after supervisord stopped it (pidfd)", order)


def _again(state: InstanceFolder, name: str, clock: Clock) -> None:
    """Start a process once supervisord has noticed its end (before that it takes the start for a mistake).

    It ends with supervisord at the latest. If the harness dies first, the undo does it.
    """
    supervisord = Supervisord(state.socket)
    with suppress(HarnessFailed):
        _started(supervisord, name, clock)
    supervisord.close()
