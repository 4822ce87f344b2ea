"""The process that outlives the harness: when that dies, or stands still for too long, it undoes what stands.

A convenience: it undoes within a second what would otherwise stand until leases run out or someone calls
``squall undo``. If it dies too, those are still there.
"""

import os
import select
import signal
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from squall.clock import SYSTEM
from squall.errors import HarnessFailed, SquallError
from squall.process.child import Child
from squall.process.identity import start_time
from squall.record.event import Event
from squall.record.folder import RunFolder
from squall.safety.undo_log import UndoLog

BEAT = 1.0
# As long as an agent's lease: by then nothing that needs the harness stands any more.
SILENCE = 15.0


@contextmanager
def guarded(folder: Path) -> Iterator[None]:
    """Have a guard beside this process while the block runs. A guard that cannot be had, or dies, changes nothing."""
    words = [sys.executable, "-m", "squall.run.guard", str(folder), str(os.getpid()), str(start_time(os.getpid()))]
    child, over = Child("guard", words, lambda kind, what: None, {}), threading.Event()

    def beat() -> None:
        with suppress(HarnessFailed):
            child.send({})
            while not over.wait(BEAT):
                child.send({})

    thread = threading.Thread(target=beat, name="guard", daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
        child.stop(timeout=BEAT)


def main(words: Sequence[str]) -> int:
    """Wait for the harness's end, or its silence, then undo. Exit code 1: something still stands."""
    folder, pid, began = RunFolder(Path(words[0])), int(words[1]), words[2]
    why = _watched(pid, began, SILENCE)
    import squall.platforms.undos  # noqa: F401 - registers how each kind is undone, and takes half a second

    standing = 0
    for undo, outcome in UndoLog(folder.undo).replay():
        failed = isinstance(outcome, SquallError)
        standing += failed
        what = {"state": "standing" if failed else "undone", "about": undo.about, "proof": str(outcome), "by": why}
        folder.append(Event(SYSTEM.now(), "undo", undo.kind, what))
        if failed:
            folder.append(Event(SYSTEM.now(), "leftover", undo.kind, {"text": f"{undo.about}: {outcome}"}))
    return 1 if standing else 0


def _watched(pid: int, began: str, silence: float) -> str:
    """Return why the harness is no longer there; one that is silent for so long (s) is killed first."""
    try:
        harness = os.pidfd_open(pid)
    except ProcessLookupError:
        return "guard: the harness was gone"
    if start_time(pid) != began:
        return "guard: the harness was gone"
    while True:
        ready, _, _ = select.select([0, harness], [], [], silence)
        if harness in ready or (ready and not os.read(0, 65536)):
            # Its pipes close a moment before it is gone; until then it is not to be undone under its hands.
            select.select([harness], [], [], silence)
            return "guard: the harness died"
        if not ready:
            with suppress(ProcessLookupError):
                signal.pidfd_send_signal(harness, signal.SIGKILL)
            select.select([harness], [], [])
            return f"guard: the harness said nothing for {silence:g} s and was ended"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
