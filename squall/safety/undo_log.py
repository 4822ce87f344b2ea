"""The undo log: what to do to take a harm back, written down and on disk before the harm is done.

An entry is data; ``replay`` finds the registered function for its kind. A function undoes only what is still
ours, reads the result back and returns the proof. It may be called twice: what is undone stays a success.
"""

import json
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

from squall import project
from squall.errors import NotUndone, SquallError


@dataclass(frozen=True, slots=True)
class Undo:
    """One thing to take back.

    ``kind`` names the registered function; ``args`` are its JSON arguments, all it needs to find the thing
    from another process (kubeconfig context, namespace, name, uid, or pid and start time); ``about`` is for
    people.
    """

    kind: str
    about: str
    args: Mapping[str, Any] = field(default_factory=dict)


Undoing = Callable[[Mapping[str, Any]], str]
_REGISTERED: dict[str, Undoing] = {}


def undoes(kind: str) -> Callable[[Undoing], Undoing]:
    """Register the function that undoes a kind: it takes ``args`` and returns what it read back.

    The function raises NotUndone when the thing still stands.
    """

    def register(function: Undoing) -> Undoing:
        _REGISTERED[kind] = function
        return function

    return register


class UndoLog:
    """The undo log of one run: each entry is on disk (fsync) before ``open`` returns."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def open(self, undo: Undo) -> int:
        """Write an entry down and return its number."""
        number = 1 + max((entry for entry, _ in self._states()), default=0)
        self._append({"entry": number, "state": "open", **asdict(undo)})
        return number

    def close(self, number: int, proof: str) -> None:
        """Note that an entry is undone, and what was read back."""
        self._append({"entry": number, "state": "undone", "proof": proof})

    def standing(self) -> dict[int, Undo]:
        """Return the entries that are not undone yet, the latest first: harms are undone in reverse."""
        entries: dict[int, Undo] = {}
        for number, line in self._states():
            if line["state"] == "open":
                entries[number] = Undo(line["kind"], line["about"], line["args"])
            else:
                entries.pop(number, None)
        return dict(sorted(entries.items(), reverse=True))

    def replay(self, above: int = 0) -> Iterator[tuple[Undo, str | SquallError]]:
        """Undo all that stands and has a number above ``above``; yield each with its proof, or why it still stands."""
        for number, undo in self.standing().items():
            if number <= above:
                continue
            try:
                proof = perform(undo)
                self.close(number, proof)
            except SquallError as error:
                yield undo, error
            except OSError as error:
                yield undo, NotUndone(f"noting that {undo.about} is undone: {error}")
            else:
                yield undo, proof

    def _states(self) -> Sequence[tuple[int, dict[str, Any]]]:
        try:
            lines = self._path.read_bytes().split(b"\n")
        except FileNotFoundError:
            return ()
        # The part after the last newline is torn: its harm was never done, for open() had not returned.
        states = []
        for number, line in enumerate(lines[:-1], start=1):
            try:
                entry = json.loads(line)
                states.append((int(entry["entry"]), entry))
            except (ValueError, TypeError, LookupError) as error:
                raise NotUndone(f"reading {self._path}:{number}: not an entry of an undo log") from error
        return states

    def _append(self, line: Mapping[str, object]) -> None:
        new = not self._path.exists()
        with self._path.open("a+b") as file:
            file.truncate(_whole(file))
            file.write(json.dumps(line).encode() + b"\n")
            file.flush()
            os.fsync(file.fileno())
        if new:
            _keep_name(self._path)


def _whole(file: BinaryIO) -> int:
    """Return where the whole lines of a file end: a torn one would swallow the line that is written after it."""
    file.seek(0)
    return file.read().rfind(b"\n") + 1


def _keep_name(path: Path) -> None:
    """Put a new file's name on disk: fsync of the file alone keeps its content and may lose its name."""
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def perform(undo: Undo) -> str:
    """Undo one entry and return the proof.

    Raises:
        NotUndone: it still stands, or nobody here knows how to undo its kind, or its undo crashed.
    """
    try:
        return _function(undo)(undo.args)
    except SquallError:
        raise
    except Exception as error:
        # An undo that crashes must not keep the others from being undone.
        raise NotUndone(f"undoing {undo.about}: {type(error).__name__}: {error}") from error


def _function(undo: Undo) -> Undoing:
    """Return the function of a kind; that of a project's own fault is called by its module, a dot and a word."""
    if undo.kind not in _REGISTERED:
        project.module(undo.kind.rpartition(".")[0] or undo.kind)
    if (function := _REGISTERED.get(undo.kind)) is None:
        raise NotUndone(f"undoing {undo.about}: no undo of the kind {undo.kind!r} is known here")
    return function
