"""The process that outlives the harness: when that dies, or is silent for too long, it undoes what is left.

A convenience: it undoes within a second what would otherwise stay until leases run out or someone calls
``squall undo``. If it dies too, those are still there. A harness that could not undo everything leaves the rest to its
guard, which tries on.
"""

import os
import select
import signal
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from squall.clock import SYSTEM, Heartbeat
from squall.errors import HarnessFailed, SquallError
from squall.process.background import background
from squall.process.child import Child
from squall.process.identity import release_folder, start_time
from squall.process.python import module_command
from squall.record.event import LeftoverFound, Outcome, UndoReplayed
from squall.record.folder import RunFolder
from squall.safety.replay import undo_all
from squall.safety.undo_log import Undo, UndoLog

BEAT = 1.0
# As long as an agent's lease: by then nothing that needs the harness is active any more.
SILENCE = 15.0
# How long (s) what cannot be reached is tried again: longer than a managed control plane is away when it is replaced.
PERSISTENCE = 600.0
# In the line of a harness that goes on, but not with this run.
_HAND_OVER = "hand over"


@contextmanager
def guarded(folder: Path) -> Iterator[None]:
    """Have a guard beside this process while the block runs, and after it until all is undone.

    A guard that cannot be had, or dies, changes nothing.
    """
    words = module_command("squall.run.guard", folder, os.getpid(), start_time(os.getpid()))
    child = Child("guard", words, lambda kind, what: None, {})

    def beat(over: threading.Event) -> None:
        with suppress(HarnessFailed):
            child.send({})
            while not over.wait(BEAT):
                child.send({})

    try:
        with background("guard", beat):
            yield
    finally:
        if UndoLog(folder / "undo.jsonl").open_entries():
            _hand_over(child, folder)
        else:
            child.stop(timeout=BEAT)


def _hand_over(child: Child, folder: Path) -> None:
    # From here on ``squall undo`` may help, too.
    release_folder(folder)
    with suppress(HarnessFailed):
        child.send({_HAND_OVER: True})
    child.leave()


def main(words: Sequence[str]) -> int:
    """Wait for the harness's end, or its silence, then undo. Exit code 1: something could not be undone."""
    folder, pid, began = RunFolder(Path(words[0])), int(words[1]), words[2]
    why = _watched(pid, began, SILENCE)
    import squall.platforms.undos  # noqa: F401 - registers how each kind is undone, and takes half a second

    def note(undo: Undo, outcome: str | SquallError) -> None:
        failed = isinstance(outcome, SquallError)
        state: Outcome = "not undone" if failed else "undone"
        folder.append(UndoReplayed(SYSTEM.now(), undo.kind, state, str(outcome), undo.about, why))
        if failed:
            folder.append(LeftoverFound(SYSTEM.now(), undo.kind, text=f"{undo.about}: {outcome}"))

    return 0 if undo_all(UndoLog(folder.undo), note, within=PERSISTENCE, until_noted=True) else 1


def _watched(pid: int, began: str, silence: float, clocks: Callable[[], Heartbeat] = Heartbeat.read) -> str:
    """Return why the harness is no longer there; one that is silent for so long (s) is killed first.

    So is one that slept with its machine for so long: its agents, its lease and others who wait for them counted on.
    """
    try:
        harness = os.pidfd_open(pid)
    except ProcessLookupError:
        return "guard: the harness was gone"
    if start_time(pid) != began:
        return "guard: the harness was gone"
    heard_at = clocks()
    while True:
        # A wait stands still with the machine, so none is long.
        ready, _, _ = select.select([0, harness], [], [], min(BEAT, silence))
        heard, now = os.read(0, 65536) if 0 in ready else None, clocks()
        if heard and _HAND_OVER.encode() in heard:
            return "guard: the harness could not undo it"
        if harness in ready or heard == b"":
            # Its pipes close a moment before it is gone; until then it is not to be undone under its hands.
            select.select([harness], [], [], silence)
            return "guard: the harness died"
        if (slept := now.slept_since(heard_at)) >= silence:
            _end(harness)
            return f"guard: the machine was suspended for {slept:.0f} s, and the harness was ended"
        if not ready and now.boottime - heard_at.boottime >= silence:
            _end(harness)
            return f"guard: the harness said nothing for {silence:g} s and was ended"
        if ready:
            heard_at = now


def _end(harness: int) -> None:
    with suppress(ProcessLookupError):
        signal.pidfd_send_signal(harness, signal.SIGKILL)
    select.select([harness], [], [])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
