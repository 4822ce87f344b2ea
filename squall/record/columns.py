"""Samples as columns: what a log holds once it is read. Values alone: figures are ``squall.measure``'s.

The only module of the record that imports numpy: what writes logs never does, so prober and load stay small.
"""

import math
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, fields
from functools import cached_property
from pathlib import Path
from typing import Any, Self, overload

import numpy as np
import numpy.typing as npt

from squall.errors import Misuse
from squall.record.samples import (
    COLUMNS,
    DROPPED,
    MARK,
    ODD,
    TEXTS,
    Sample,
    columns_of,
    odd,
    payloads,
    table_end,
    words,
)

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]
Whole = npt.NDArray[np.int64]
Codes = npt.NDArray[np.int32]

_ALL = (*COLUMNS, MARK)
_DTYPES = {"d": "<f8", "H": "<u2", "B": "u1"}


@dataclass(frozen=True, eq=False)
class Words:
    """A column of words that repeat: an index into ``table`` for each row."""

    index: Codes
    table: tuple[str, ...]

    @classmethod
    def of(cls, words: Iterable[str]) -> Self:
        """Return the column of those words."""
        table: dict[str, int] = {}
        index = np.fromiter((table.setdefault(word, len(table)) for word in words), np.int32)
        return cls(index, tuple(table))

    def equal(self, word: str) -> Bools:
        """Say of each row whether it is that word."""
        if word not in self.table:
            return np.zeros(len(self.index), np.bool_)
        same: Bools = self.index == self.table.index(word)
        return same

    def counts(self) -> Counter[str]:
        """Return how many rows each word has, in the order in which words first came."""
        found = np.bincount(self.index, minlength=len(self.table)).tolist()
        return Counter({word: count for word, count in zip(self.table, found, strict=True) if count})

    def taken(self, chosen: "Bools | slice | Whole") -> "Words":
        """Return those rows of it."""
        return Words(self.index[chosen], self.table)


@dataclass(frozen=True, eq=False)
class Samples(Sequence[Sample]):
    """Requests or probes in the order in which they were meant to be sent; read as rows, they are ``Sample``.

    Times are CLOCK_MONOTONIC seconds; ``sent`` and ``done`` are NaN where a request never left, or no end was seen.
    """

    intended: Floats
    sent: Floats
    done: Floats
    status: Codes
    ok: Bools
    name: Words
    lane: Words
    instance: Words
    error: Words
    mark: Words

    @classmethod
    def of(cls, rows: Iterable[Sample]) -> Self:
        """Return the columns of those rows."""
        ordered = sorted(rows, key=lambda sample: sample.intended)
        columns = list(zip(*ordered, strict=True)) if ordered else [()] * len(_ALL)
        made = [
            Words.of(column) if name in TEXTS else np.array(column, _dtype(name, code))
            for (name, code), column in zip(_ALL, columns, strict=True)
        ]
        return cls(*made)  # type: ignore[arg-type]

    @cached_property
    def known(self) -> Bools:
        """Whose end was seen; the others may have gone either way."""
        return ~np.isnan(self.done)

    @cached_property
    def failed(self) -> Bools:
        """Who is known to have failed."""
        return self.known & ~self.ok

    @cached_property
    def dropped(self) -> Bools:
        """Who never left the generator, for a reason of its own."""
        return self.error.equal(DROPPED)

    def between(self, start: float, end: float) -> "Samples":
        """Return those meant in ``[start, end)``."""
        low, high = np.searchsorted(self.intended, (start, end))
        return self.chosen(slice(int(low), int(high)))

    def chosen(self, which: "Bools | slice | Whole") -> "Samples":
        """Return those rows, in their order."""
        return Samples(
            self.intended[which], self.sent[which], self.done[which], self.status[which], self.ok[which],
            self.name.taken(which), self.lane.taken(which), self.instance.taken(which), self.error.taken(which),
            self.mark.taken(which),
        )  # fmt: skip

    def __len__(self) -> int:
        return len(self.intended)

    @overload
    def __getitem__(self, index: int) -> Sample: ...
    @overload
    def __getitem__(self, index: slice) -> "Samples": ...
    def __getitem__(self, index: int | slice) -> "Sample | Samples":
        if isinstance(index, slice):
            return self.chosen(index)
        return next(iter(self.chosen(slice(index, index + 1 or None))))

    def __iter__(self) -> Iterator[Sample]:
        parts = [getattr(self, each.name) for each in fields(self)]
        lists = [
            [part.table[index] for index in part.index.tolist()] if isinstance(part, Words) else part.tolist()
            for part in parts
        ]
        return map(Sample._make, zip(*lists, strict=True))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Samples) and repr(list(self)) == repr(list(other))

    __hash__ = None  # type: ignore[assignment]


def load(path: Path) -> Samples:
    """Return all whole samples of a file in the order in which they were meant to be sent; a missing file has none.

    Raises:
        Misuse: it cannot be read, or a block is none that squall writes.
    """
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        return Samples.of([])
    except OSError as error:
        raise Misuse(f"reading {path}: {error.strerror}") from error
    try:
        columns, table = _joined(payloads(data))
    except ODD as error:
        raise odd(path, error) from error
    times = columns["intended"]
    order = np.argsort(times, kind="stable") if np.any(np.diff(times) < 0) else slice(None)
    made = [Words(columns[name][order], table) if name in TEXTS else columns[name][order] for name, _ in _ALL]
    return Samples(*made)  # type: ignore[arg-type]


def _joined(blocks: Iterable[tuple[memoryview, int, int]]) -> tuple[dict[str, npt.NDArray[Any]], tuple[str, ...]]:
    """Return the columns of all blocks, one block after the other, and the one table of their words.

    A log may have a block for each sample: what is done for a block is slices alone.
    """
    table: dict[str, int] = {}
    places: dict[bytes, Codes] = {}
    own: list[Codes] = []
    marks: list[Codes] = []
    counts: list[int] = []
    pieces: dict[str, list[memoryview | bytes]] = {name: [] for name, _ in _ALL}
    for payload, count, _ in blocks:
        start = at = table_end(payload)
        if (key := bytes(payload[:start])) not in places:
            places[key] = np.array([table.setdefault(word, len(table)) for word in words(payload)[0]], np.int32)
        for name, code in columns_of(payload, count):
            pieces[name].append(payload[at : (at := at + count * np.dtype(_DTYPES[code]).itemsize)])
        if at != len(payload):
            raise ValueError("its columns are none")
        counts.append(count)
        own.append(places[key])
        if len(pieces["mark"]) < len(counts):
            pieces["mark"].append(bytes(2 * count))
            marks.append(np.array([table.setdefault("", len(table))], np.int32))
        else:
            marks.append(places[key])
    read = {name: np.frombuffer(b"".join(pieces[name]), _DTYPES[code]) for name, code in _ALL}
    if not np.isfinite(read["intended"]).all() or any(np.isinf(read[each]).any() for each in ("sent", "done")):
        raise ValueError("its columns are none")
    return {
        name: _placed(read[name], marks if name == MARK[0] else own, counts)
        if name in TEXTS
        else read[name].astype(_dtype(name, code), copy=False)
        for name, code in _ALL
    }, tuple(table)


def _placed(indexes: npt.NDArray[np.uint16], tables: Sequence[Codes], counts: Sequence[int]) -> Codes:
    """Return indexes into the tables of blocks as indexes into the one of all. Raises IndexError."""
    if not counts:
        return np.zeros(0, np.int32)
    sizes = np.array([len(each) for each in tables])
    if np.any(indexes >= np.repeat(sizes, counts)):
        raise IndexError("a word that its table does not have")
    found: Codes = np.concatenate(tables)[np.repeat(np.cumsum(sizes) - sizes, counts) + indexes]
    return found


def _dtype(name: str, code: str) -> str:
    return "?" if name == "ok" else _DTYPES[code].replace("<", "=")


def latency(samples: Samples) -> Floats:
    """Return seconds from the intended moment, as open-loop users feel it; infinite where no end was seen."""
    return np.where(samples.known, samples.done - samples.intended, math.inf)
