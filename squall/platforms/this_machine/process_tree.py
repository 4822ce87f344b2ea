"""The processes of one platform instance, found in /proc, and their end. Never by name. Standard library only.

The watchdog is the first of a session of its own, and whatever it starts stays in that session or descends from what
is in it. A pid that passed to a stranger is known by its start time.
"""

import os
import select
import signal
import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from squall.platforms.this_machine.instance_folder import InstanceFolder, NotedProcess

# Stopped as by Ctrl-C, then killed: PostgreSQL gives back its shared memory only when it can end in order.
ASKED_FOR = 3.0
KILLED_WITHIN = 5.0
LOOK_EVERY = 0.02


@dataclass(frozen=True, slots=True)
class ProcessEntry:
    """A process in /proc: ``start`` in clock ticks since boot."""

    pid: int
    parent: int
    session: int
    start: int


def all_processes(proc: Path = Path("/proc")) -> dict[int, ProcessEntry]:
    """Return all processes that live (a zombie does not)."""
    found = (_seen(folder) for folder in proc.iterdir() if folder.name.isdigit())
    return {each.pid: each for each in found if each is not None}


def members(watchdog: NotedProcess, all_of_them: Mapping[int, ProcessEntry]) -> list[ProcessEntry]:
    """Return the processes of the watchdog's session and their descendants, without the watchdog itself.

    None of them is older than the watchdog. If the watchdog's number has passed to another process, there are none.
    """
    boot, _, ticks = watchdog.started.rpartition("/")
    leader = all_of_them.get(watchdog.pid)
    if boot != _boot() or (leader is not None and leader.start != int(ticks)):
        return []
    ours = {pid for pid, seen in all_of_them.items() if seen.session == watchdog.pid or seen.parent == watchdog.pid}
    while new := {pid for pid, seen in all_of_them.items() if seen.parent in ours} - ours:
        ours |= new
    ours -= {watchdog.pid, os.getpid()}
    return [all_of_them[pid] for pid in sorted(ours) if all_of_them[pid].start >= int(ticks)]


def end_tree(
    state: InstanceFolder, watchdog: NotedProcess, reap: Callable[[], None] = lambda: None
) -> list[ProcessEntry]:
    """End all members, and return those that live all the same.

    supervisord goes first and without a word, so that it starts nothing anew.
    """
    supervisord = state.noted("supervisord")
    if supervisord is not None and supervisord.lives():
        _signal([(supervisord.pid, int(supervisord.started.rpartition("/")[2]))], signal.SIGKILL)
    left = members(watchdog, all_processes())
    for number, within in ((signal.SIGINT, ASKED_FOR), (signal.SIGKILL, KILLED_WITHIN)):
        deadline = time.monotonic() + within
        signalled = set[int]()
        while left and time.monotonic() < deadline:
            new = [each for each in left if each.pid not in signalled]
            _signal(((each.pid, each.start) for each in new), number)
            signalled |= {each.pid for each in new}
            time.sleep(LOOK_EVERY)
            reap()
            left = members(watchdog, all_processes())
    return left


def kill_session(leader: NotedProcess) -> list[int]:
    """Kill a session's leader and all of its session and descendants, and return who they are; nobody: all are gone."""
    everyone = all_processes()
    left = [(each.pid, each.start) for each in members(leader, everyone)]
    if leader.lives() and (own := everyone.get(leader.pid)) is not None:
        left.append((own.pid, own.start))
    _signal(left, signal.SIGKILL)
    return [pid for pid, _ in left]


def wait_until_gone(known: NotedProcess, within: float) -> bool:
    """Wait until a process is gone, and say whether it is."""
    with suppress(ProcessLookupError):
        pidfd = os.pidfd_open(known.pid)
        try:
            if known.lives():
                select.select([pidfd], [], [], within)
        finally:
            os.close(pidfd)
    return not known.lives()


def send_signal(known: NotedProcess, number: signal.Signals) -> None:
    """Send a signal to a process, if it still is that one."""
    _signal([(known.pid, int(known.started.rpartition("/")[2]))], number)


def _signal(whom: Iterable[tuple[int, int]], number: signal.Signals) -> None:
    for pid, start in whom:
        with suppress(ProcessLookupError):
            pidfd = os.pidfd_open(pid)
            try:
                now = _seen(Path(f"/proc/{pid}"))
                if now is not None and now.start == start:
                    signal.pidfd_send_signal(pidfd, number)
                    # One that is frozen would not hear it.
                    signal.pidfd_send_signal(pidfd, signal.SIGCONT)
            finally:
                os.close(pidfd)


def _seen(folder: Path) -> ProcessEntry | None:
    try:
        fields = (folder / "stat").read_text(errors="replace").rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return None
    return (
        None
        if fields[0] in {"Z", "X"}
        else ProcessEntry(int(folder.name), int(fields[1]), int(fields[3]), int(fields[19]))
    )


def _boot() -> str:
    return Path("/proc/sys/kernel/random/boot_id").read_text().strip()
