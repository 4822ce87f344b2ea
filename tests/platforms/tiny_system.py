"""The tiny system that the tests of the platform local run, and what they ask about processes."""

import os
import signal
import time
from collections.abc import Callable, Iterable
from pathlib import Path

from squall.platforms.this_machine.instance_folder import InstanceFolder, NotedProcess
from squall.platforms.this_machine.process_tree import all_processes, members
from squall.record.event import Event, RunVoided
from squall.system.local import Local
from squall.system.system import System

FOLDER = Path(__file__).parent / "tiny"


def tiny() -> System:
    return System.read(FOLDER / "system.yaml")


def section() -> Local:
    local = tiny().platforms.local
    assert local is not None
    return local


def until(true: Callable[[], object], within: float = 60.0) -> None:
    end = time.monotonic() + within
    while not true():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.02)


def noted(folder: Path, role: str) -> NotedProcess:
    known = InstanceFolder(folder).noted(role)
    assert known is not None
    return known


def alive(watchdog: NotedProcess) -> list[str]:
    """Return the commands of all that descends from a watchdog or is in its session."""
    return [Path(f"/proc/{each.pid}/cmdline").read_text() for each in members(watchdog, all_processes())]


def voided(events: Iterable[Event]) -> list[str]:
    """Return why events say that a run proves nothing; that a busy machine let nobody look for a time is no defect."""
    reasons = [event.reason for event in events if isinstance(event, RunVoided)]
    return [reason for reason in reasons if "were not looked at for" not in reason]


def signalled(known: NotedProcess, number: signal.Signals) -> None:
    assert known.lives()
    os.kill(known.pid, number)
