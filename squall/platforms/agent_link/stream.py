"""A stream to one agent, from the harness's side: orders, answers, the clock, and being there again after a cut.

How the stream is opened is given: an exec into a pod, a child's pipes. What orders mean is the agent's.
"""

import subprocess
import threading
from collections import deque
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

from squall.agent.scope.scope import boot_id
from squall.agent.wire import VERSION, Lines, Refused, packed, unpacked
from squall.clock import Clock
from squall.errors import HarnessFailed
from squall.interval import Interval
from squall.platforms.agent_link.clock_offset import ClockExchange, ahead, placed

Answer = Mapping[str, Any]
Opening = Callable[[], "subprocess.Popen[bytes]"]

ANSWER_WITHIN = 10.0
# Exchanges that count for the clock: the last few, for clocks drift.
EXCHANGES = 4
END_WITHIN = 1.0


class AgentStream:
    """Orders go out numbered; after a cut the same number is sent again, and the agent does nothing twice."""

    def __init__(self, about: str, run: str, opening: Opening, clock: Clock) -> None:
        self.about = about
        self._run, self._opening, self._clock = run, opening, clock
        self._exchanges: deque[ClockExchange] = deque(maxlen=EXCHANGES)
        self._news = threading.Condition()
        self._answers: dict[int, tuple[float, Answer]] = {}
        self._sent: dict[int, tuple[float, bytes]] = {}
        self._seq, self._opened = 0, 0
        self._closed = False
        self._process: subprocess.Popen[bytes] | None = None
        self._same_boot = False

    def hello(self, within: float = ANSWER_WITHIN) -> None:
        """Open the stream and compare clocks. Raises HarnessFailed: no agent of this run and this version answers."""
        for _ in range(EXCHANGES):
            answer = self.ask("hello", within, version=VERSION)
            if "refused" in answer:
                raise HarnessFailed(f"greeting {self.about}: {answer['refused']}")
            if answer.get("version") != VERSION:
                theirs = answer.get("version", 1)
                raise HarnessFailed(
                    f"greeting {self.about}: it speaks version {theirs} of squall's orders, and this squall version "
                    f"{VERSION}: the agent must be of the same release (its image is agent in system.yaml)"
                )
        self._same_boot = answer["boot"] == boot_id()

    def ask(self, do: str, within: float = ANSWER_WITHIN, **more: object) -> Answer:
        """Send an order and return its answer."""
        return self.answer(self.post(do, **more), within)

    def post(self, do: str, **more: object) -> int:
        """Send an order and return its number."""
        with self._news:
            self._seq += 1
            line = packed({"run": self._run, "seq": self._seq, "do": do, **more})
            self._sent[self._seq] = (self._clock.now(), line)
            self._write(line)
            return self._seq

    def answer(self, seq: int, within: float = ANSWER_WITHIN) -> Answer:
        """Wait for an answer. Raises HarnessFailed if none comes."""
        deadline = self._clock.now() + within
        with self._news:
            while seq not in self._answers:
                if (left := deadline - self._clock.now()) <= 0 or self._closed:
                    raise HarnessFailed(f"asking {self.about}: no answer within {within:.0f} s")
                if self._process is None:
                    self._again(seq, left)
                else:
                    self._news.wait(left)
            came, answer = self._answers.pop(seq)
            left_at, _ = self._sent.pop(seq)
            if "now" in answer:
                self._exchanges.append(ClockExchange(left_at, float(answer["now"]), came))
        return answer

    def here(self, moment: float) -> Interval:
        """Return a moment of the agent's clock on ours."""
        with self._news:
            return placed(moment, ahead(tuple(self._exchanges), self._same_boot))

    def close(self) -> None:
        """End the stream; the agent stays, until its lease runs out."""
        with self._news:
            self._closed = True
            process, self._process = self._process, None
            self._news.notify_all()
        if process is not None:
            _end(process)

    def _again(self, seq: int, left: float) -> None:
        # A refused or cut stream would otherwise be opened in a tight loop.
        if self._opened > 1:
            self._news.wait(min(left, 0.2))
        if self._process is None and not self._closed:
            self._write(self._sent[seq][1])

    def _write(self, line: bytes) -> None:
        process = self._process or self._open()
        try:
            if process.stdin:
                process.stdin.write(line)
                process.stdin.flush()
        except OSError:
            # The reader sees the end too; ``answer`` then opens anew and sends the same line.
            self._process = None

    def _open(self) -> "subprocess.Popen[bytes]":
        process = self._opening()
        self._process, self._opened = process, self._opened + 1
        threading.Thread(target=self._read, args=(process,), name=f"stream {self.about}", daemon=True).start()
        return process

    def _read(self, process: "subprocess.Popen[bytes]") -> None:
        lines = Lines()
        while process.stdout and (piece := process.stdout.raw.read(65536)):  # type: ignore[attr-defined]
            came = self._clock.now()
            for line in lines.add(piece):
                self._take(came, line)
        with self._news:
            if self._process is process:
                self._process = None
            self._news.notify_all()
        _end(process)
        if process.stdout:
            process.stdout.close()

    def _take(self, came: float, line: bytes) -> None:
        try:
            answer = unpacked(line)
        except Refused:
            return
        with self._news:
            if answer.get("seq") in self._sent:
                self._answers[answer["seq"]] = (came, answer)
                self._news.notify_all()


def _end(process: "subprocess.Popen[bytes]") -> None:
    """End a stream from this side: at the end of its input a relay ends, and with it what carries the stream."""
    if process.stdin:
        with suppress(OSError):
            process.stdin.close()
    try:
        process.wait(END_WITHIN)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
