"""Squall's own processes as the harness sees them: their start, what they say, and their end. See ``parent``.

A child has a session of its own, so a terminal's Ctrl-C reaches only the harness. It ends when its standard
input closes, so it outlives the harness by no more than a moment, however that ended. It speaks JSON lines on
its standard output. Nothing here knows what a child is for.
"""

import json
import os
import signal
import subprocess
import threading
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO

from squall.errors import HarnessFailed, Misuse
from squall.process.message import MISUSE, What, parse

Hear = Callable[[str, What], None]

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
            self._change.wait_for(lambda: {kind, MISUSE, ""} & self._said.keys(), within)
            if MISUSE in self._said:
                raise Misuse(str(self._said[MISUSE]["text"]))
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
        if (said := parse(line)) is None:
            self._errors.append(line.decode(errors="replace").rstrip())
            return
        kind, what = said
        if kind != MISUSE:
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


def _pipes(process: "subprocess.Popen[bytes]") -> tuple[IO[bytes], IO[bytes], IO[bytes]]:
    if process.stdin is None or process.stdout is None or process.stderr is None:
        raise HarnessFailed("starting a process: it has no pipes")
    return process.stdin, process.stdout, process.stderr


def _exit(code: int) -> str:
    return f"ended with exit code {code}" if code >= 0 else f"was ended by {signal.Signals(-code).name}"
