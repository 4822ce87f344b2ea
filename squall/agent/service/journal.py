"""What was ordered and what came of it, in a folder that outlives the agent: one file a run, each line on disk first.

An open file is locked by the agent that writes it, so a file that can be locked belongs to a dead agent.
"""

import errno
import fcntl
import os
import re
from collections.abc import Iterator
from pathlib import Path

from squall.agent.wire import Message, Refused, packed, unpacked


class Busy(Exception):
    """A living agent has the file open."""


class Journal:
    """The journal of one run, locked as long as it is open.

    It is read through the file that is open already: an agent that has no file descriptors left must still be able to
    read what it has to undo.

    Raises:
        Busy: a living agent has it open.
        OSError: it cannot be made, opened, read or written to.
    """

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self.path = path
        # Unbuffered: what a full disk refused must not be written later, by another line or when the file is closed.
        self._file = path.open("a+b", buffering=0)
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            self._file.close()
            raise Busy(str(path)) from error

    def open(self, seq: int, do: str, entry: Message) -> None:
        """Write down what is about to be done."""
        self._append({"seq": seq, "state": "open", "do": do, "entry": entry})

    def close(self, seq: int, answer: Message) -> None:
        """Write down what came of it, now that nothing of it is active."""
        self._append({"seq": seq, "state": "closed", "answer": answer})

    def open_entries(self) -> dict[int, tuple[str, Message]]:
        """Return what was begun and never closed, the latest first: its name and its entry."""
        entries: dict[int, tuple[str, Message]] = {}
        for line in self._read():
            if line["state"] == "open":
                entries[line["seq"]] = (line["do"], line["entry"])
            else:
                entries.pop(line["seq"], None)
        return dict(sorted(entries.items(), reverse=True))

    def answers(self) -> dict[int, Message]:
        """Return the answers of all that is closed, by number."""
        return {line["seq"]: line["answer"] for line in self._read() if line["state"] == "closed"}

    def unreadable(self) -> int:
        """Return how many lines say nothing that can be understood; 0 too if none can be read at all."""
        try:
            return sum(_entry(line) is None for line in self._lines())
        except OSError:
            return 0

    def end(self, remove: bool) -> None:
        """Unlock it, and remove the file if nothing that it says is left. Raises nothing."""
        try:
            if remove:
                self.path.unlink(missing_ok=True)
        except OSError:
            # Whoever comes next finds in it what is undone already, which changes nothing.
            pass
        finally:
            self._file.close()

    def _append(self, line: Message) -> None:
        whole = self._after_torn() + packed(line)
        if self._file.write(whole) != len(whole):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(self.path))
        os.fsync(self._file.fileno())

    def _after_torn(self) -> bytes:
        # A line that was cut off is ended first: it would swallow the next one.
        size = os.fstat(self._file.fileno()).st_size
        return b"\n" if size and os.pread(self._file.fileno(), 1, size - 1) != b"\n" else b""

    def _read(self) -> Iterator[Message]:
        return (line for line in map(_entry, self._lines()) if line is not None)

    def _lines(self) -> list[bytes]:
        number = self._file.fileno()
        size, pieces, at = os.fstat(number).st_size, [], 0
        while at < size and (piece := os.pread(number, size - at, at)):
            pieces.append(piece)
            at += len(piece)
        # What follows the last newline is torn: what it announces was never begun.
        return b"".join(pieces).split(b"\n")[:-1]


# How the agent's orders were called before version 2 of the wire: their journals are still undone.
FORMER = {
    "cpu": "LittleCpu",
    "disk": "FullDisk",
    "door": "WatchCalls",
    "errors": "ErrorsAnswered",
    "freeze": "Freeze",
    "kill": "Crash",
    "memory": "OutOfMemory",
    "partition": "Partition",
    "reset": "Resets",
    "resolution": "NameResolution",
    "silent": "Silence",
    "slow": "Slower",
    "stop": "StoreRestarted",
    "unreachable": "Unreachable",
}


def _renamed(line: Message) -> Message:
    """Return an entry of an earlier version in the words of this one."""
    if (do := FORMER.get(line["do"])) is None:
        return line
    entry = {"proxies" if key == "doors" else key: value for key, value in line["entry"].items()}
    return {**line, "do": do, "entry": entry}


def _entry(line: bytes) -> Message | None:
    try:
        entry = unpacked(line)
    except Refused:
        return None
    if not isinstance(entry.get("seq"), int):
        return None
    if entry.get("state") == "open":
        whole = isinstance(entry.get("do"), str) and isinstance(entry.get("entry"), dict)
        return _renamed(entry) if whole else None
    return entry if entry.get("state") == "closed" and isinstance(entry.get("answer"), dict) else None


def path_of(folder: Path, run: str) -> Path:
    """Return the file of a run."""
    return folder / (re.sub(r"[^A-Za-z0-9._-]", "_", run)[:200] + ".jsonl")


def abandoned(folder: Path, own: Path) -> Iterator[Journal | str]:
    """Yield the journals of other runs whose agents are dead, and for one that cannot be opened, why."""
    for path in sorted(set(folder.glob("*.jsonl")) - {own}):
        try:
            yield Journal(path)
        except Busy:
            continue
        except OSError as error:
            yield f"not undone: {path.name} cannot be opened: {error}"
