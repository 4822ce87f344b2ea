"""What a killed run has left on this machine: in its system while that lives, and anywhere when all is undone."""

import json
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path

import squall.platforms.undos  # noqa: F401 - registers how each kind is undone
from squall.errors import HarnessFailed, SquallError
from squall.platforms.processes.undo import PROCESSES
from squall.platforms.this_machine.file_lease import LEASE
from squall.safety.undo_log import UndoLog
from tests.crash.cases import Case
from tests.crash.local_ground import Ground
from tests.crash.marked import MARK, environment, marked, words

# Others finish by themselves what they do by themselves: supervisord, a pause of the cache's.
READY_WITHIN = 30.0
LOOK_EVERY = 0.1


class LocalAudit:
    """Of one run of a case on local."""

    def __init__(self, case: Case) -> None:
        self._system = case.system()

    def before(self) -> None:
        """Note nothing: the run deploys its own system, and writes down how that was."""

    def outlived(self, log: UndoLog, runs: Path) -> Iterator[str]:
        """Undo all of a run but its deployment, and yield what of its system is not as it was before."""
        if not ((runs / "holder").exists() and (runs / "ground").exists()):
            return
        ground, before = Ground.read(self._system, runs / "ground")
        if not ground.up:
            return
        deployed = [number for number, undo in log.open_entries().items() if undo.kind in {PROCESSES, LEASE}]
        for undo, outcome in log.replay(above=max(deployed, default=0)):
            if isinstance(outcome, SquallError):
                yield f"{undo.about}: {outcome}"

        def differing() -> Sequence[str]:
            try:
                now = dict(ground.fields())
            except HarnessFailed as error:
                return [str(error)]
            return [f"{name} was {was!r}, is {now.get(name)!r}" for name, was in before.items() if now.get(name) != was]

        yield from eventually_none(differing)

    def goes_on(self) -> None:
        """Wait for nothing."""

    def left(self, runs: Path, run: str) -> Iterator[str]:
        """Yield each process and each folder of a run that is still there."""
        yield from processes(runs)
        yield from (f"the folder {folder}" for folder in _folders(runs) if folder.exists())


def processes(runs: Path) -> Sequence[str]:
    """Return the processes that a victim ever started, and that are still there after a while."""
    mark = environment(runs)[MARK]
    return eventually_none(lambda: [f"process {pid}: {' '.join(words(pid))}" for pid in marked(mark)])


def eventually_none(found: Callable[[], Sequence[str]]) -> Sequence[str]:
    """Return what is found once it is nothing, or what still is after a bounded time."""
    deadline = time.monotonic() + READY_WITHIN
    while (left := found()) and time.monotonic() < deadline:
        time.sleep(LOOK_EVERY)
    return left


def _folders(runs: Path) -> Iterator[Path]:
    for log in runs.glob("*/undo.jsonl"):
        for line in log.read_text().splitlines():
            with suppress(ValueError, KeyError):
                yield Path(json.loads(line)["args"]["folder"])
