"""What strikes a run at one of its steps: its harness ends, alone or with others; or a part that it leans on does.

Nothing here looks at what came of it. A blow to something else than the run is over by itself, whatever becomes of it.
"""

import os
import resource
import signal
import subprocess
from collections.abc import Iterable, Sequence
from contextlib import suppress
from enum import StrEnum
from pathlib import Path

from squall.platforms.this_machine.instance_folder import NotedProcess
from squall.platforms.this_machine.process_tree import all_processes, members
from tests.crash.marked import MARK, marked, words
from tests.crash.points import Point

# A process that was forgotten ends by itself.
LONGEST = 300
# Bytes that still find room on a disk that is full.
PART_OF_A_LINE = 20


class Blow(StrEnum):
    """Whom it strikes."""

    # The guard stays, and undoes; on local the watchdog of the processes ends them at the same time.
    HARNESS = "harness"
    # Those that held something for it end it by themselves. On local the system goes on, so that it can be looked at.
    BOTH = "harness and guard"
    # Nobody on this machine is left who knows of it.
    ALL = "all of squall"
    # Those that hold a harm: agents and the workers of stores. The run goes on, as after all that follow.
    AGENT = "agent"
    # From there on nothing of squall's has room for another byte, its agents neither: what it writes is torn.
    DISK = "disk full"
    # Ctrl-C and SIGTERM come together, and again and again.
    SIGNALS = "two signals at once"
    # On kind alone: for half a minute nobody can ask the cluster, and nobody undo.
    API = "API server"
    NODE = "node of an agent"

    @property
    def every(self) -> int:
        """Return of how many points one is tried, unless it is said otherwise."""
        return {Blow.BOTH: 1, Blow.ALL: 2, Blow.HARNESS: 4, Blow.AGENT: 2}.get(self, 6)

    @property
    def ends_it(self) -> bool:
        """Whether the run is over with that; else it goes on to its end."""
        return self in {Blow.HARNESS, Blow.BOTH, Blow.ALL}

    def meets(self, platform: str, point: Point) -> bool:
        """Say whether there may be something for it to strike at a point of a run on a platform."""
        if self in {Blow.DISK, Blow.SIGNALS}:
            return True
        if self in {Blow.ALL, Blow.AGENT, Blow.HARNESS, Blow.BOTH} or platform == "kind":
            return self.ends_it or (point.harmed and not (point.undoing and self is Blow.AGENT))
        return False


def end_helpers() -> int:
    """End agents and workers of this run on this machine, and say how many there were."""
    found = [pid for pid in marked(os.environ[MARK]) if _holds(words(pid))]
    end(found)
    return len(found)


def fill_disk(run: Path, watchdog: NotedProcess | None) -> int:
    """Let no file of squall's processes grow beyond a part of the undo log's next line; return how many they are.

    Whatever is larger by then cannot grow at all. The system that is harmed has its disk to itself.
    """
    log = run / "undo.jsonl"
    room = (log.stat().st_size if log.exists() else 0) + PART_OF_A_LINE
    whom = [os.getpid(), *_all_but(watchdog, run.parent)]
    for pid in whom:
        with suppress(ProcessLookupError):
            _, hard = resource.prlimit(pid, resource.RLIMIT_FSIZE)
            resource.prlimit(pid, resource.RLIMIT_FSIZE, (room, hard))
    return len(whom)


def send_signals() -> int:
    """Have SIGINT and SIGTERM come to this process at one moment, and a storm of both follow from another one."""
    both = {signal.SIGINT, signal.SIGTERM}
    signal.pthread_sigmask(signal.SIG_BLOCK, both)
    for number in both:
        os.kill(os.getpid(), number)
    storm = f"for i in $(seq 200); do kill -INT {os.getpid()}; kill -TERM {os.getpid()}; sleep 0.005; done"
    subprocess.Popen(["sh", "-c", storm], start_new_session=True, env={"PATH": os.environ["PATH"]},
                     stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)  # fmt: skip
    return 1


def let_signals_come() -> None:
    """Let those that wait come now, both at once."""
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT, signal.SIGTERM})


def _holds(command: Sequence[str]) -> bool:
    return "squall.platforms.stores.worker" in command or ("squall.agent" in command and "serve" in command)


def end_harness(blow: Blow, runs: Path, watchdog: NotedProcess | None, pipe: int | None) -> None:
    """End this process by SIGKILL, after others of its run.

    The watchdog of the system's processes ends them when the pipe closes; unless the guard is to undo, somebody else
    holds that open then.
    """
    if blow is not Blow.HARNESS:
        if pipe is not None:
            _hand_over(pipe, runs)
        end(_guards() if blow is Blow.BOTH else _all_but(watchdog, runs))
    os.kill(os.getpid(), signal.SIGKILL)


def let_go(runs: Path) -> None:
    """End who holds the pipe."""
    if (runs / "holder").exists():
        end([int((runs / "holder").read_text())])


def end(pids: Iterable[int]) -> None:
    """Kill processes; those that are gone need nothing."""
    for pid in pids:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def _hand_over(pipe: int, runs: Path) -> None:
    """Leave a process behind that has nothing but one end of a pipe; its number is in ``runs/holder``."""
    if child := os.fork():
        (runs / "holder").write_text(str(child))
        return
    os.setsid()
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    signal.alarm(LONGEST)
    os.closerange(0, pipe)
    os.closerange(pipe + 1, 65536)
    while True:
        signal.pause()


def _guards() -> list[int]:
    return [pid for pid in marked(os.environ[MARK]) if "squall.run.guard" in words(pid)]


def _all_but(watchdog: NotedProcess | None, runs: Path) -> list[int]:
    """Return what squall itself has running, without the watchdog and what that keeps."""
    kept = {each.pid for each in members(watchdog, all_processes())} | {watchdog.pid} if watchdog is not None else set()
    holder = {int((runs / "holder").read_text())} if (runs / "holder").exists() else set()
    return [pid for pid in marked(os.environ[MARK]) if pid not in kept | holder | {os.getpid()}]
