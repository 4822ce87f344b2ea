"""The undo log: what to do to take a harm back, written down and on disk before the harm is done.

An entry is data; ``replay`` finds the registered function for its kind. A function undoes only what is still
ours, reads the result back and returns the proof. It may be called twice: what is undone stays a success.

Each line is signed (``squall.safety.signing``). What somebody else wrote, or nobody can read, is reported and left: it
undoes nothing by itself, and keeps nothing else from being undone.
"""

import fcntl
import json
import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from squall import project
from squall.errors import NotNoted, NotReached, NotUndone, SquallError
from squall.safety.arguments import Arguments, problem
from squall.safety.signing import is_ours, signature
from squall.writing.private import append_line
from squall.writing.redact import redacted


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
_REGISTERED: dict[str, tuple[Undoing, type[Arguments]]] = {}


def undoes(kind: str, form: type[Arguments] = Arguments) -> Callable[[Undoing], Undoing]:
    """Register the function that undoes a kind: it takes ``args`` and returns what it read back.

    It is called only with arguments of that ``form``. The function raises NotUndone when the thing is still active.
    """

    def register(function: Undoing) -> Undoing:
        _REGISTERED[kind] = function, form
        return function

    return register


def registered() -> Mapping[str, type[Arguments]]:
    """Return the kinds that can be undone here, and the form of the arguments of each."""
    return {kind: form for kind, (_, form) in _REGISTERED.items()}


@dataclass(frozen=True, slots=True)
class LogLine:
    """A whole line of the log: an entry that is opened (with its ``undo``), or the note that it is undone (without)."""

    number: int
    entry: int
    undo: Undo | None
    ours: bool


@dataclass(frozen=True, slots=True)
class Contents:
    """What a log holds: open entries of ours and of others, by number, the latest first; and what cannot be read."""

    open: Mapping[int, Undo]
    foreign: Mapping[int, Undo]
    unreadable: Sequence[int]


class UndoLog:
    """The undo log of one run: each entry is on disk (fsync) before ``open`` returns."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def open(self, undo: Undo) -> int:
        """Write an entry down and return its number."""
        with self._locked():
            number = 1 + max((line.entry for line in self._lines()[0]), default=0)
            self._append({"entry": number, "state": "open", **asdict(undo), "about": redacted(undo.about)})
        return number

    def close(self, number: int, proof: str) -> None:
        """Note that an entry is undone, and what was read back."""
        with self._locked():
            self._append({"entry": number, "state": "undone", "proof": redacted(proof)})

    def open_entries(self) -> Mapping[int, Undo]:
        """Return the entries of ours that are not undone yet, the latest first: harms are undone in reverse."""
        return self.contents().open

    def contents(self) -> Contents:
        """Read the log; a note that is not ours closes nothing of ours."""
        lines, unreadable = self._lines()
        ours = [line for line in lines if line.ours]
        foreign = [line for line in lines if line.undo is None or not line.ours]
        return Contents(_open(ours), _open(foreign), unreadable)

    def replay(self, above: int = 0, trust: bool = False) -> Iterator[tuple[Undo, str | SquallError]]:
        """Undo all open entries with a number above ``above``; yield each with its proof, or why it is still open.

        With ``trust`` the entries of others are undone like ours. Without it they are only reported, last of all.
        """
        contents = self.contents()
        chosen = [*contents.open.items(), *(contents.foreign.items() if trust else ())]
        for number, undo in sorted(chosen, key=lambda each: each[0], reverse=True):
            if number > above:
                yield undo, self._undone(number, undo, foreign=number not in contents.open)
        if above:
            return
        if not trust:
            yield from ((undo, _not_ours(undo, self._path)) for undo in contents.foreign.values())
        for number in contents.unreadable:
            about = f"line {number} of {self._path}"
            yield Undo("", about), NotUndone(f"reading {self._path}:{number}: not an entry of an undo log")

    def _undone(self, number: int, undo: Undo, *, foreign: bool) -> str | SquallError:
        try:
            proof = perform(undo, foreign=foreign)
            self.close(number, proof)
        except SquallError as error:
            return error
        except OSError as error:
            return NotNoted(f"noting that {undo.about} is undone: {error}")
        return proof

    def _lines(self) -> tuple[Sequence[LogLine], Sequence[int]]:
        """Return the whole lines, and the numbers of those that are no entries."""
        try:
            # The part after the last newline is torn: its harm was never done, for open() had not returned.
            lines = self._path.read_bytes().split(b"\n")[:-1]
        except FileNotFoundError:
            return (), ()
        read = [_read(number, line, self._path) for number, line in enumerate(lines, start=1)]
        return [line for line in read if isinstance(line, LogLine)], [line for line in read if isinstance(line, int)]

    def _append(self, line: Mapping[str, object]) -> None:
        new = not self._path.exists()
        signed = {**line, "signature": signature(line, self._path)}
        append_line(self._path, json.dumps(signed).encode() + b"\n", on_disk=True)
        if new:
            _keep_name(self._path)

    @contextmanager
    def _locked(self) -> Iterator[None]:
        """Keep other writers out (the guard, ``squall undo``): what one cuts off as torn another may be writing."""
        lock = os.open(self._path.parent, os.O_RDONLY)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield
        finally:
            os.close(lock)


_UNDO: TypeAdapter[Undo] = TypeAdapter(Undo)


def _read(number: int, text: bytes, place: Path) -> LogLine | int:
    """Return a line's meaning, or its number if it has none."""
    try:
        line = json.loads(text, parse_constant=_refuse)
        signed = line.pop("signature", None)
        entry, state = line["entry"], line["state"]
        if type(entry) is not int or state not in {"open", "undone"}:
            return number
        fields = {key: line[key] for key in ("kind", "about", "args")} if state == "open" else {}
        undo = _UNDO.validate_python(fields) if state == "open" else None
        return LogLine(number, entry, undo, is_ours(line, signed, place))
    except (ValueError, TypeError, LookupError, AttributeError, RecursionError, ValidationError):
        return number


def _refuse(constant: str) -> float:
    raise ValueError(f"{constant} is no number of JSON")


def _open(lines: Iterable[LogLine]) -> Mapping[int, Undo]:
    found: dict[int, Undo] = {}
    for line in lines:
        if line.undo is not None:
            found[line.entry] = line.undo
        else:
            found.pop(line.entry, None)
    return dict(sorted(found.items(), reverse=True))


def _not_ours(undo: Undo, place: Path) -> NotUndone:
    return NotUndone(
        f"undoing {undo.about}: left alone, for this entry of {place} was not written by you on this machine, "
        "or the folder was moved; read it, and if you trust it: squall undo --trust RUN"
    )


def _keep_name(path: Path) -> None:
    """Put a new file's name on disk: fsync of the file alone keeps its content and may lose its name."""
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def perform(undo: Undo, *, foreign: bool = False) -> str:
    """Undo one entry and return the proof; ``foreign``: somebody else wrote it, and the user trusts it.

    Raises:
        NotReached: what it takes did not answer; it may do later.
        NotUndone: it is still active, or its arguments mean more than its kind may do, or nobody here knows how to undo
            its kind, or its undo crashed.
    """
    try:
        function, form = _function(undo)
        _refuse_arguments(undo, problem(form, undo.args, foreign))
        return function(undo.args)
    except SquallError:
        raise
    except OSError as error:
        raise NotReached(f"undoing {undo.about}: {type(error).__name__}: {error}") from error
    except Exception as error:
        # An undo that crashes must not keep the others from being undone.
        raise NotUndone(f"undoing {undo.about}: {type(error).__name__}: {error}") from error


def _refuse_arguments(undo: Undo, reason: str) -> None:
    if reason:
        raise NotUndone(f"undoing {undo.about}: left alone, for its arguments are refused: {reason}")


def _function(undo: Undo) -> tuple[Undoing, type[Arguments]]:
    """Return the function of a kind; that of a project's own fault is called by its module, a dot and a word."""
    if undo.kind not in _REGISTERED:
        project.module(undo.kind.rpartition(".")[0] or undo.kind)
    if (found := _REGISTERED.get(undo.kind)) is None:
        raise NotUndone(f"undoing {undo.about}: no undo of the kind {undo.kind!r} is known here")
    return found
