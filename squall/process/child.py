"""Squall's own processes: their start and end as the harness sees it, and the harness as they see it.

A child has a session of its own, so a terminal's Ctrl-C reaches only the harness. It ends when its standard
input closes, so it outlives the harness by no more than a moment, however that ended. It speaks JSON lines on
its standard output. Nothing here knows what a child is for.
"""

import gc
import json
import os
import resource
import signal
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO, TYPE_CHECKING, NoReturn, TypeAlias

from squall.errors import HarnessFailed, Misuse

if TYPE_CHECKING:  # pydantic costs a child a tenth of a second and 20 MB
    from pydantic import JsonValue as Json

What: TypeAlias = "Mapping[str, Json]"
Hear = Callable[[str, What], None]

_MISUSE = "misuse"
_LINES = 20


class Child:
    """A process of squall's own. ``hear(kind, what)`` is called in a thread of the child's for each line it says."""

    def __init__(self, name: str, command: Sequence[str], hear: Hear, environment: Mapping[str, str],
                 folder: Path | None = None) -> None:  # fmt: skip
        self.name = name
        self._hear = hear
        self._said: dict[str, What] = {}
        self._change = threading.Condition()
        self._errors: deque[str] = deque(maxlen=_LINES)
        self._asked = False
        self._killed = False
        try:
            self._process = subprocess.Popen(
                command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                start_new_session=True, cwd=folder, env={**os.environ, **environment},
            )  # fmt: skip
        except OSError as error:
            raise HarnessFailed(f"starting {name}: {error.strerror}") from error
        self._stdin, stdout, stderr = _pipes(self._process)
        self._readers = (
            threading.Thread(target=self._listen, args=(stdout,), name=f"{name}-out", daemon=True),
            threading.Thread(target=self._keep, args=(stderr,), name=f"{name}-err", daemon=True),
        )
        for reader in self._readers:
            reader.start()

    @property
    def pid(self) -> int:
        """The process's number; also that of its session and group."""
        return self._process.pid

    @property
    def alive(self) -> bool:
        """Whether it still runs."""
        return self._process.poll() is None

    def failure(self) -> str | None:
        """Say how it failed, with the last lines of its standard error; None while all is well."""
        if self.alive or (self._asked and not self._killed and self._process.returncode in (0, -signal.SIGTERM)):
            return None
        how = "did not end when asked and was killed" if self._killed else _exit(self._process.returncode)
        self._readers[1].join(timeout=1)
        return ": ".join((f"{self.name} {how}", *(["\n  ".join(self._errors)] if self._errors else [])))

    def expect(self, kind: str, within: float) -> What:
        """Wait for the first message of a kind.

        Raises:
            Misuse: the child refuses what it was given.
            HarnessFailed: it ended first, or the time is over.
        """
        with self._change:
            self._change.wait_for(lambda: {kind, _MISUSE, ""} & self._said.keys(), within)
            if _MISUSE in self._said:
                raise Misuse(str(self._said[_MISUSE]["text"]))
            if kind in self._said:
                return self._said[kind]
        if not self._ended():
            raise HarnessFailed(f'{self.name} did not say "{kind}" within {within:g} s')
        raise HarnessFailed(self.failure() or f'{self.name} ended without saying "{kind}"')

    def send(self, what: What) -> None:
        """Send one line.

        Raises:
            HarnessFailed: it has ended.
        """
        try:
            self._stdin.write(json.dumps(what).encode() + b"\n")
            self._stdin.flush()
        except (OSError, ValueError) as error:
            raise HarnessFailed(self.failure() or f"{self.name} no longer listens") from error

    def stop(self, timeout: float) -> None:
        """Ask it to end, wait, and kill what is left of its group. All that it said has been heard on return."""
        self._asked = self._asked or self.alive
        if self.alive:
            self._process.terminate()
        try:
            self._process.wait(timeout)
        except subprocess.TimeoutExpired:
            self._killed = True
            os.killpg(self.pid, signal.SIGKILL)
            self._process.wait()
        for reader in self._readers:
            reader.join(timeout=1)
        with suppress(BrokenPipeError):
            self._stdin.close()

    def leave(self) -> None:
        """Let it go on by itself: it is neither waited for nor ended any more, whatever becomes of this process."""
        with suppress(BrokenPipeError):
            self._stdin.close()

    def _listen(self, stdout: IO[bytes]) -> None:
        try:
            with stdout:
                for line in stdout:
                    self._take(line)
        finally:
            self._note("", {})

    def _take(self, line: bytes) -> None:
        if (said := _parse(line)) is None:
            self._errors.append(line.decode(errors="replace").rstrip())
            return
        kind, what = said
        if kind != _MISUSE:
            self._hear(kind, what)
        self._note(kind, what)

    def _note(self, kind: str, what: What) -> None:
        with self._change:
            self._said.setdefault(kind, what)
            self._change.notify_all()

    def _keep(self, stderr: IO[bytes]) -> None:
        with stderr:
            for line in stderr:
                self._errors.append(line.decode(errors="replace").rstrip())

    def _ended(self) -> bool:
        if "" not in self._said:
            return not self.alive
        try:
            self._process.wait(timeout=1)
        except subprocess.TimeoutExpired:
            return False
        return True


class Parent:
    """The harness as a child sees it. Takes standard output for itself: what others print goes to standard error."""

    def __init__(self) -> None:
        self._out = os.dup(1)
        os.dup2(2, 1)

    def say(self, kind: str, what: What) -> None:
        """Tell the harness; if it is gone, that shows at standard input."""
        with suppress(BrokenPipeError):
            os.write(self._out, json.dumps({"kind": kind, **what}).encode() + b"\n")

    def refuse(self, text: str) -> NoReturn:
        """Say in one line what is wrong with what was given, and end."""
        self.say(_MISUSE, {"text": text})
        sys.exit(4)


def messages(read: Callable[[], bytes]) -> Iterator[What]:
    """Yield what the harness sends; ends when the harness does. ``read`` returns no bytes at the end."""
    waiting = b""
    while data := read():
        *lines, waiting = (waiting + data).split(b"\n")
        for line in lines:
            yield json.loads(line)


def settle() -> None:
    """Make pauses of a process that keeps a schedule rare: few collections, and a place before all ordinary processes.

    Beside three busy processes on two cores that brings the p99 of lateness from 9 to 48 ms down to 1 to 2 ms
    (benchmarks). What the machine does not allow is left. Call it in the main thread.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 50, 1000)
    with suppress(OSError):
        os.nice(-5)
    with suppress(OSError, ValueError):
        # A process that then spins for a second without a pause gives its place back.
        signal.signal(signal.SIGXCPU, lambda _signal, _frame: _go_ordinary())
        resource.setrlimit(resource.RLIMIT_RTTIME, (1_000_000, resource.getrlimit(resource.RLIMIT_RTTIME)[1]))
        os.sched_setscheduler(0, os.SCHED_RR | os.SCHED_RESET_ON_FORK, os.sched_param(1))


def _go_ordinary() -> None:
    with suppress(OSError):
        os.sched_setscheduler(0, os.SCHED_OTHER | os.SCHED_RESET_ON_FORK, os.sched_param(0))


def _pipes(process: "subprocess.Popen[bytes]") -> tuple[IO[bytes], IO[bytes], IO[bytes]]:
    if process.stdin is None or process.stdout is None or process.stderr is None:
        raise HarnessFailed("starting a process: it has no pipes")
    return process.stdin, process.stdout, process.stderr


def _parse(line: bytes) -> tuple[str, What] | None:
    try:
        said = json.loads(line)
        return str(said.pop("kind")), said
    except (ValueError, AttributeError, KeyError, TypeError):
        return None


def _exit(code: int) -> str:
    return f"ended with exit code {code}" if code >= 0 else f"was ended by {signal.Signals(-code).name}"
