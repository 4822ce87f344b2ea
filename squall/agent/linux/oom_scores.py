"""Whom the kernel ends when memory runs out (``oom_score_adj``): one process of a target is made its first choice.

Values are written down before, and put back where they are still ours.
"""

import os
from collections.abc import Sequence
from contextlib import nullcontext, suppress
from dataclasses import dataclass
from pathlib import Path

from squall.agent.linux.syscalls import is_gone
from squall.agent.scope.processes import Process, start
from squall.agent.scope.scope import Scope
from squall.agent.wire import Message, Refused

FILE = "oom_score_adj"
FIRST, LATER, NEVER = 1000, 0, -1000


@dataclass(frozen=True, slots=True)
class Score:
    """One process, the value that was there and the one to write."""

    process: Process
    was: int
    wanted: int

    def entry(self) -> Message:
        """Return it for the journal."""
        return {"pid": self.process.pid, "started": self.process.started, "was": self.was, "wanted": self.wanted}

    @classmethod
    def of(cls, entry: Message) -> "Score":
        """Return what a journal says."""
        process = Process(int(entry["pid"]), int(entry["started"]))
        return cls(process, int(entry["was"]), int(entry["wanted"]))


def scores(target: Message, scope: Scope) -> list[Score]:
    """Return what is to be written so that a target's main process is chosen first; the main process comes first.

    The kernel adds ``adj / 1000`` of the limit to what a process has: 1000 is sure to win only where no other is
    above 0. Raises Refused: the main process is gone.
    """
    main, *others = scope.members(target)
    found = [Score(main, _read(scope.proc, main), FIRST)]
    for process in others:
        with suppress(Refused):
            if (was := _read(scope.proc, process)) > LATER:
                found.append(Score(process, was, LATER))
    return found


def write(proc: Path, each: Sequence[Score]) -> None:
    """Write what is wanted. Raises OSError."""
    for score in each:
        # Others may be beyond our rights; then the kernel may choose one of them, and the harm is not proven.
        with suppress(PermissionError) if score.wanted < score.was else nullcontext():
            _change(proc, score.process, score.was, score.wanted)


def restore(proc: Path, each: Sequence[Score]) -> str:
    """Put back what is still ours, and return what was read back. Raises OSError if it cannot be put back."""
    told = []
    failed = []
    for score in each:
        try:
            _change(proc, score.process, score.wanted, score.was)
            with suppress(Refused):
                told.append(f"process {score.process.pid}: {FILE} {_read(proc, score.process)}")
        except OSError as error:
            failed.append(str(error))
    if failed:
        raise OSError("; ".join(failed))
    return "; ".join(told) or "all its processes are gone"


def _change(proc: Path, process: Process, old: int, new: int) -> None:
    """Write a value if the process is still the same and has the old one."""
    if old == new:
        return
    try:
        # The open file belongs to this process: it never leads to a successor of its number.
        file = os.open(proc / str(process.pid) / FILE, os.O_RDWR)
    except OSError as error:
        if is_gone(error) or isinstance(error, PermissionError):
            return
        raise
    try:
        if start(proc, process.pid) == process.started and int(os.pread(file, 16, 0)) == old:
            os.pwrite(file, str(new).encode(), 0)
            if int(os.pread(file, 16, 0)) != new:
                raise OSError(f"{FILE} of process {process.pid} is not {new}")
    except ProcessLookupError:
        return
    finally:
        os.close(file)


def _read(proc: Path, process: Process) -> int:
    try:
        value = int((proc / str(process.pid) / FILE).read_text())
    except OSError as error:
        if not is_gone(error):
            raise
        raise Refused(f"process {process.pid} is gone") from error
    if start(proc, process.pid) != process.started:
        raise Refused(f"process {process.pid} is gone, and another has its number")
    return value
