"""The agent as a real process, on this machine's own /proc, for the children of this process."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from squall.agent.scope.processes import start

ROOT = Path(__file__).parents[2]
PROC = Path("/proc")


@dataclass
class Running:
    folder: Path
    children: list[subprocess.Popen[bytes]] = field(default_factory=list)
    relay: subprocess.Popen[bytes] | None = None
    seq: int = 0

    @property
    def journal(self) -> Path:
        return self.folder / "journal" / "r.jsonl"

    def serve(self, lease: float = 15.0) -> subprocess.Popen[bytes]:
        """Start an agent, and a relay to it."""
        words = ["serve", "--run", "r", "--family", str(os.getpid()), "--lease", str(lease)]
        agent = self._start([*words, "--journal", str(self.folder / "journal")], stderr=subprocess.PIPE)
        self.relay = self._start(["relay"], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        return agent

    def child(self, code: str, prefix: Sequence[str] = ()) -> tuple[subprocess.Popen[bytes], dict[str, int]]:
        """Start a target that says a line when it is ready; return it, and how an order names it."""
        words = [*prefix, sys.executable, "-S", "-u", "-c", code]
        child = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.children.append(child)
        assert child.stdout
        assert child.stdout.readline()
        began = start(PROC, child.pid)
        assert began is not None
        return child, {"pid": child.pid, "started": began}

    def ask(self, do: str, seq: int = 0, **more: object) -> Any:
        """Give an order and return its answer."""
        self.post(do, seq, **more)
        return self.answer()

    def answer(self) -> Any:
        """Wait for the next answer."""
        assert self.relay
        assert self.relay.stdout
        return json.loads(self.relay.stdout.readline())

    def post(self, do: str, seq: int = 0, **more: object) -> None:
        """Give an order, numbered on unless ``seq`` is given, and do not wait."""
        assert self.relay
        assert self.relay.stdin
        self.seq = seq or self.seq + 1
        self.relay.stdin.write(json.dumps({"run": "r", "seq": self.seq, "do": do, **more}).encode() + b"\n")
        self.relay.stdin.flush()

    def close(self) -> None:
        """End all that was started."""
        for child in self.children:
            child.kill()
            child.wait()
            for stream in (child.stdin, child.stdout, child.stderr):
                if stream:
                    stream.close()

    def _start(self, words: list[str], **streams: Any) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-S", "-m", "squall.agent", *words, "--socket", str(self.folder / "s")]
        child = subprocess.Popen(command, cwd=ROOT, **streams)
        self.children.append(child)
        return child


def eventually(holds: Callable[[], bool], within: float = 60.0) -> None:
    """Look again and again at another process, for a bounded time."""
    deadline = time.monotonic() + within
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.01)
